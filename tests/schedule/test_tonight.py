"""Tonight is part of the schedule: `tonight` and `who` name the same people at every minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.rosters.roster_file import roster_from_text
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.schedule import Schedule
from oncall.schedule.shifts import shifts_between
from oncall.schedule.tonight import tonight_of, tonight_view
from oncall.schedule.version_document import VersionRow, override_document, publication_document, schedule_from_rows
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import Window
from tests.cli.teams import SMALL_ROSTER


@settings(max_examples=30)
@given(minutes=st.integers(0, 26 * 24 * 60), share=st.floats(0, 0.999))
def test_tonight_and_who_agree_at_every_minute(minutes: int, share: float) -> None:
    schedule = _four_weeks()
    at_now = datetime(2027, 1, 4, tzinfo=UTC) + timedelta(minutes=minutes)
    night = tonight_of(schedule, at_now)
    view = tonight_view(schedule, at_now, night, [])
    minute = night.start + (night.end - night.start) * share
    held = {
        each["role"]: each["engineer"]
        for each in view["shifts"]
        if datetime.fromisoformat(each["start"]) <= minute < datetime.fromisoformat(each["end"])
    }
    assert held == {role: holder.engineer for role, holder in schedule.who(minute).roles.items()}


@cache
def _four_weeks() -> Schedule:
    """Three people in turn for four weeks, with an override of one night."""
    team = roster_from_text(SMALL_ROSTER, "tiny.yaml", packaged_policy())
    calendar = calendar_of(team.policy, team.holidays)
    shifts = shifts_between(calendar, first_day=date(2027, 1, 4), last_day=date(2027, 1, 31), rules=team.rules)
    people = cycle(engineer.id for engineer in team.engineers)
    seats = tuple(Seat(shift.window, shift.kind, role, next(people)) for shift in shifts for role in team.rules.roles)
    plan = Plan(team.team, team.zone, seats)
    made = datetime(2027, 1, 1, tzinfo=UTC)
    night = Window(datetime(2027, 1, 13, 2, tzinfo=UTC), datetime(2027, 1, 13, 9, tzinfo=UTC))
    rows = [
        VersionRow(1, made, "publish", "mei", "first", dict(publication_document(plan, team))),
        VersionRow(2, made, "override", "mei", "ill", dict(override_document(night, "primary", "chloe"))),
    ]
    return schedule_from_rows(rows, calendar)
