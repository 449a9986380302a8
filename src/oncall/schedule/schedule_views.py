"""The schedule as the API and `--json` show it: times in ISO 8601 with the policy zone's offset, people by id."""

from __future__ import annotations

from datetime import datetime, tzinfo

from oncall.schedule.schedule import Assignment, RoleHolder, Schedule
from oncall.schedule.schedule_view_types import (
    AssignmentView,
    DutyView,
    LocalAssignmentView,
    OnCallView,
    ScheduleView,
)


def oncall_view(schedule: Schedule, at: datetime) -> OnCallView:
    """Return who is on call at `at` (aware UTC), in policy time and in each engineer's own (`until_local`)."""
    on_call, zone = schedule.who(at), schedule.calendar.zone
    begins = min((publication.span.start for publication in schedule.publications), default=None)
    manager = schedule.manager_at(at)
    return {
        "at": _iso(on_call.at, zone),
        "window": on_call.window.kind.value,
        "window_ends": _iso(on_call.window.end, zone),
        "timezone": zone.key,
        "roles": {role: _duty_view(duty, schedule) for role, duty in on_call.roles.items()},
        "missing": list(on_call.missing),
        "manager": manager.id if manager is not None else None,
        "schedule_begins": _iso(begins, zone) if begins is not None else None,
    }


def _duty_view(duty: RoleHolder, schedule: Schedule) -> DutyView:
    view: DutyView = {"engineer": duty.engineer, "until": _iso(duty.until, schedule.calendar.zone)}
    person = schedule.people.get(duty.engineer)
    if person is not None:
        view["name"] = person.name
        view["timezone"] = person.zone.key
        view["until_local"] = _iso(duty.until, person.zone)
    if duty.override is not None:
        view["override"] = duty.override.reason
    return view


def turn_view(turn: Assignment, zone: tzinfo) -> AssignmentView:
    """Return one assignment with its times in `zone`."""
    view: AssignmentView = {
        "start": _iso(turn.window.start, zone),
        "end": _iso(turn.window.end, zone),
        "kind": turn.kind.value,
        "role": turn.role,
        "engineer": turn.engineer,
    }
    if turn.override is not None:
        view["override"] = turn.override.reason
    return view


def own_turn_view(turn: Assignment, schedule: Schedule) -> LocalAssignmentView:
    """Return one assignment with the zones to show it in: the policy's and the engineer's own."""
    zone, person = schedule.calendar.zone, schedule.people.get(turn.engineer)
    own = person.zone if person is not None else zone
    return {
        **turn_view(turn, zone),
        "start_local": _iso(turn.window.start, own),
        "end_local": _iso(turn.window.end, own),
        "timezone": own.key,
        "policy_timezone": zone.key,
    }


def schedule_view(schedule: Schedule, start: datetime, end: datetime) -> ScheduleView:
    """Return the schedule between two instants (aware UTC)."""
    zone = schedule.calendar.zone
    shifts = [own_turn_view(turn, schedule) for turn in schedule.turns(start, end)]
    return {"from": _iso(start, zone), "to": _iso(end, zone), "shifts": shifts}


def _iso(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat()
