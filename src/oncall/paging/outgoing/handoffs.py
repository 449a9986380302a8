"""Handoffs: the instants at which on-call passes from one shift to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.paging.domain.people import DESK, first_responder
from oncall.schedule.schedule import Schedule
from oncall.support.windows import WindowKind

GRACE = timedelta(hours=1)
"""How long after a handoff people may still be notified of it."""
INSTANT = timedelta(microseconds=1)
_LONGEST_WINDOW = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Handoff:
    """One handoff at `at` (aware UTC).

    to: the id of the person who gets pages first from then on, `desk`, or None for a gap.
    """

    at: datetime
    to: str | None


def last_handoff(schedule: Schedule, now: datetime) -> Handoff:
    """Return the latest handoff at or before `now` (aware UTC)."""
    window = schedule.window_at(now)
    if window.kind is WindowKind.BUSINESS:
        return Handoff(window.start, DESK)
    to = first_responder(schedule, schedule.who(now))
    begins = [one.window.start for one in schedule.assignments(now, now + INSTANT) if one.engineer == to]
    return Handoff(max([window.start, *begins]), to)


def next_handoff(schedule: Schedule, now: datetime) -> datetime:
    """Return the time of the first handoff after `now` (aware UTC) in the present schedule."""
    window = schedule.window_at(now)
    starts = [one.window.start for one in schedule.assignments(now, now + _LONGEST_WINDOW) if one.window.start > now]
    return min([window.end, *starts])


def coming_on(schedule: Schedule, handoff: Handoff) -> list[str]:
    """Return the ids of the engineers whose assignments begin at a handoff, in the order of the roles."""
    found = [one.engineer for one in schedule.assignments(handoff.at, handoff.at + INSTANT)
             if one.window.start == handoff.at]  # fmt: skip
    return list(dict.fromkeys(found))
