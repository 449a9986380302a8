"""The schedule in the form of the API and `--json`: times in ISO 8601 with the UTC offset of the policy's zone."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from oncall.schedule.schedule import RoleHolder, Schedule
from oncall.schedule.timeline import Assignment
from oncall.support.windows import WindowKind

if TYPE_CHECKING:
    from oncall.schedule.gaps import Gap
    from oncall.schedule.schedule_view_types import (
        AssignmentView,
        DutyView,
        GapView,
        HistoryView,
        LocalAssignmentView,
        NamedView,
        OnCallView,
        ScheduleView,
        VersionListView,
        VersionView,
    )
    from oncall.schedule.versions import VersionNote


def oncall_view(schedule: Schedule, at: datetime) -> OnCallView:
    """Return who is on call at `at` (aware UTC).

    Times are in the policy's zone; `until_local` is in the engineer's own.
    """
    on_call, zone = schedule.who(at), schedule.calendar.zone
    begins = min((publication.span.start for publication in schedule.publications), default=None)
    manager = schedule.manager_at(at)
    view: OnCallView = {
        "at": _iso(on_call.at, zone),
        "window": str(on_call.window.kind),
        "window_ends": _iso(on_call.window.end, zone),
        "timezone": zone.key,
        "roles": {role: _holder_view(holder, schedule) for role, holder in on_call.roles.items()},
        "missing": list(on_call.missing),
        "manager": manager.id if manager is not None else None,
        "schedule_begins": _iso(begins, zone) if begins is not None else None,
    }
    if on_call.window.kind is WindowKind.BUSINESS:
        after_desk = schedule.responders(at).roles
        view["after_desk"] = {role: _named(holder.engineer, schedule) for role, holder in after_desk.items()}
    return view


def _named(engineer: str, schedule: Schedule) -> NamedView:
    person = schedule.people.get(engineer)
    return {"engineer": engineer, "name": person.name} if person is not None else {"engineer": engineer}


def _holder_view(holder: RoleHolder, schedule: Schedule) -> DutyView:
    view: DutyView = {"engineer": holder.engineer, "until": _iso(holder.until, schedule.calendar.zone)}
    person = schedule.people.get(holder.engineer)
    if person is not None:
        view["name"] = person.name
        view["timezone"] = person.zone.key
        view["until_local"] = _iso(holder.until, person.zone)
    if holder.override is not None:
        view["override"] = holder.override.reason
    return view


def assignment_view(assignment: Assignment, zone: tzinfo) -> AssignmentView:
    """Return one assignment with its times in `zone`."""
    view: AssignmentView = {
        "start": _iso(assignment.window.start, zone),
        "end": _iso(assignment.window.end, zone),
        "kind": str(assignment.kind),
        "role": assignment.role,
        "engineer": assignment.engineer,
    }
    if assignment.override is not None:
        view["override"] = assignment.override.reason
    return view


def own_assignment_view(assignment: Assignment, schedule: Schedule) -> LocalAssignmentView:
    """Return one assignment with its times in the policy's zone and in the engineer's own zone."""
    zone, person = schedule.calendar.zone, schedule.people.get(assignment.engineer)
    own = person.zone if person is not None else zone
    return {
        **assignment_view(assignment, zone),
        "start_local": _iso(assignment.window.start, own),
        "end_local": _iso(assignment.window.end, own),
        "timezone": own.key,
        "policy_timezone": zone.key,
    }


def schedule_view(schedule: Schedule, start: datetime, end: datetime, engineer: str | None = None) -> ScheduleView:
    """Return the schedule between two instants (aware UTC).

    engineer: if given, the result has only this engineer's assignments, and no gaps.
    """
    from oncall.schedule.gaps import gaps_between

    zone, latest = schedule.calendar.zone, schedule.latest
    shifts = [
        own_assignment_view(assignment, schedule)
        for assignment in schedule.assignments(start, end)
        if engineer in (None, assignment.engineer)
    ]
    ends = max((publication.span.end for publication in schedule.publications), default=None)
    gaps = [gap_view(gap, schedule) for gap in gaps_between(schedule, start, end)] if engineer is None else []
    return {
        "from": _iso(start, zone),
        "to": _iso(end, zone),
        "team": latest.team if latest is not None else "",
        "timezone": zone.key,
        "schedule_ends": _iso(ends, zone) if ends is not None else None,
        "shifts": shifts,
        "gaps": gaps,
    }


def gap_view(gap: Gap, schedule: Schedule) -> GapView:
    """Return one gap with its times in the policy's zone."""
    zone, start = schedule.calendar.zone, gap.window.start
    kind = str(schedule.calendar_at(start).window_at(start).kind)
    return {"start": _iso(start, zone), "end": _iso(gap.window.end, zone), "kind": kind, "role": gap.role}


def history_view(schedule: Schedule) -> HistoryView:
    """Return every version of the schedule, the oldest first."""
    return {"versions": [_version_view(note, schedule.calendar.zone) for note in schedule.log]}


def version_page(schedule: Schedule, limit: int, after: int) -> VersionListView:
    """Return at most `limit` versions with a higher number than `after`, the oldest first.

    `next` continues the list.
    """
    notes = [note for note in schedule.log if note.version > after]
    shown = notes[:limit]
    following = shown[-1].version if len(notes) > limit else None
    return {"versions": [_version_view(note, schedule.calendar.zone) for note in shown], "next": following}


def _version_view(note: VersionNote, zone: tzinfo) -> VersionView:
    view: VersionView = {
        "version": note.version,
        "at": _iso(note.at, zone),
        "kind": note.kind,
        "by": note.by,
        "reason": note.reason,
    }
    if note.undoes is not None:
        view["undoes"] = note.undoes
    if note.undone_by is not None:
        view["undone_by"] = note.undone_by
    return view


def _iso(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).isoformat()
