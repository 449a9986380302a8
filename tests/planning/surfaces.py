"""Compares every place that shows who is on call with `who` at one instant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from oncall.schedule.schedule import Schedule
from oncall.schedule.schedule_views import oncall_view, schedule_view
from oncall.schedule.shift_events import shift_events
from oncall.schedule.version_document import VersionRow, schedule_from_rows
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import Window, WindowKind
from tests.planning.conftest import MemorySchedule


def holders(schedule: Schedule, at: datetime) -> dict[str, str]:
    """Return who holds each role at an instant."""
    return {role: holder.engineer for role, holder in schedule.who(at).roles.items()}


def rows(store: MemorySchedule) -> list[VersionRow]:
    """Return the versions as a database returns them."""
    return [
        VersionRow(number, each.at, each.kind, each.by, each.reason, each.document)
        for number, each in enumerate(store.versions, start=1)
    ]


def check_surfaces(store: MemorySchedule, at: datetime, people: Iterable[str]) -> None:
    """Check that the API, the schedule, the feeds, the shifts and the pager name the same engineers at an instant."""
    schedule, step = store.schedule(), timedelta(minutes=1)
    on_call = schedule.who(at)
    expected = holders(schedule, at)
    assert {role: duty["engineer"] for role, duty in oncall_view(schedule, at)["roles"].items()} == expected
    if on_call.window.kind is WindowKind.BUSINESS:
        assert expected == {}
        return
    shown = schedule_view(schedule, at, at + step)
    instant = [shift for shift in shown["shifts"] if datetime.fromisoformat(shift["start"]) <= at]
    assert {shift["role"]: shift["engineer"] for shift in instant} == expected
    assert {event.role: event.engineer for event in shift_events(schedule) if at in event.window} == expected
    own = {a.role: name for name in people for a in schedule.assignments_of(name, at, at + step) if at in a.window}
    assert own == expected
    paged = schedule.responders(at)
    assert {role: holder.engineer for role, holder in paged.roles.items()} == expected
    quick = schedule_from_rows(rows(store), calendar_of(packaged_policy(), None), within=Window(at, at + step))
    assert holders(quick, at) == expected
