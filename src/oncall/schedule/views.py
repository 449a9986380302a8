"""The schedule as the API and `--json` show it: times in ISO 8601 with the policy zone's offset, people by id."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import Any

from oncall.schedule.schedule import Person, Schedule, Turn


def oncall_view(schedule: Schedule, at: datetime) -> dict[str, Any]:
    """Who is on call at `at`, in policy time and in each engineer's own (`until_local`).

    `missing` names the roles that a gap in the schedule leaves empty.
    """
    on_call, zone = schedule.who(at), schedule.calendar.zone
    return {
        "at": _iso(on_call.at, zone),
        "window": on_call.window.kind.value,
        "window_ends": _iso(on_call.window.end, zone),
        "timezone": zone.key,
        "roles": {
            role: {
                "engineer": duty.engineer,
                "until": _iso(duty.until, zone),
                **_known_as(schedule.people.get(duty.engineer), duty.until),
                **({"override": duty.override.reason} if duty.override is not None else {}),
            }
            for role, duty in on_call.roles.items()
        },
        "missing": list(on_call.missing),
    }


def _known_as(person: Person | None, until: datetime) -> dict[str, Any]:
    if person is None:
        return {}
    return {"name": person.name, "timezone": person.zone.key, "until_local": _iso(until, person.zone)}


def turn_view(turn: Turn, zone: tzinfo) -> dict[str, Any]:
    """One stretch of duty."""
    return {
        "start": _iso(turn.window.start, zone),
        "end": _iso(turn.window.end, zone),
        "kind": turn.kind.value,
        "role": turn.role,
        "engineer": turn.engineer,
        **({"override": turn.override.reason} if turn.override is not None else {}),
    }


def schedule_view(turns: Iterable[Turn], start: datetime, end: datetime, zone: tzinfo) -> dict[str, Any]:
    """The schedule between two instants."""
    return {"from": _iso(start, zone), "to": _iso(end, zone), "shifts": [turn_view(turn, zone) for turn in turns]}


def _iso(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat()
