"""The schedule as the API and `--json` show it: times in ISO 8601 with the policy zone's offset, people by id."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from oncall.schedule.schedule import Assignment, Person, Schedule


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
        "manager": manager.id if (manager := schedule.manager_at(at)) is not None else None,
        "schedule_begins": _iso(min(p.span.start for p in schedule.publications), zone)
        if schedule.publications
        else None,
    }


def _known_as(person: Person | None, until: datetime) -> dict[str, Any]:
    if person is None:
        return {}
    return {"name": person.name, "timezone": person.zone.key, "until_local": _iso(until, person.zone)}


def turn_view(turn: Assignment, zone: tzinfo) -> dict[str, Any]:
    """One stretch of duty."""
    return {
        "start": _iso(turn.window.start, zone),
        "end": _iso(turn.window.end, zone),
        "kind": turn.kind.value,
        "role": turn.role,
        "engineer": turn.engineer,
        **({"override": turn.override.reason} if turn.override is not None else {}),
    }


def own_turn_view(turn: Assignment, schedule: Schedule) -> dict[str, Any]:
    """One stretch of duty, with the zones to show it in: the policy's and the engineer's own."""
    zone, person = schedule.calendar.zone, schedule.people.get(turn.engineer)
    own = person.zone if person is not None else zone
    return {
        **turn_view(turn, zone),
        "start_local": _iso(turn.window.start, own),
        "end_local": _iso(turn.window.end, own),
        "timezone": own.key,
        "policy_timezone": zone.key,
    }


def schedule_view(schedule: Schedule, start: datetime, end: datetime) -> dict[str, Any]:
    """The schedule between two instants."""
    zone = schedule.calendar.zone
    shifts = [own_turn_view(turn, schedule) for turn in schedule.turns(start, end)]
    return {"from": _iso(start, zone), "to": _iso(end, zone), "shifts": shifts}


def _iso(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat()
