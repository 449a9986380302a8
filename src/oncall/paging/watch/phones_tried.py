"""Finds engineers whose phone is needed soon, and whose number never had a confirmed message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from oncall.schedule.schedule import Schedule

AHEAD = timedelta(days=14)
"""How far ahead (policy time) a phone counts as needed soon."""


def needed_soon(schedule: Schedule, now: datetime) -> list[str]:
    """Return the ids, sorted, of the engineers on call within AHEAD of `now` and of the manager. now: aware UTC."""
    soon = {assignment.engineer for assignment in schedule.assignments(now, now + AHEAD)}
    manager = schedule.manager_at(now)
    return sorted(soon | ({manager.id} if manager is not None else set()))


def untried_phones(schedule: Schedule, reached: Mapping[str, datetime], now: datetime) -> list[str]:
    """Return the ids, sorted, of the people of `needed_soon` whose present number never had a confirmed message.

    reached: by person's id, when (policy time) a message to or from them was last confirmed.
    """
    return [person for person in needed_soon(schedule, now) if not _was_reached(person, schedule, reached)]


def _was_reached(person: str, schedule: Schedule, reached: Mapping[str, datetime]) -> bool:
    at, since = reached.get(person), schedule.phone_since(person)
    return at is not None and since is not None and at >= since
