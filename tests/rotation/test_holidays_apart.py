"""`holidays_apart`: the same holiday at most once in so many years, earlier plans included."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import FixedSeat
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.schedule.plan import Seat
from oncall.support.windows import WindowKind
from tests.rotation.checked_plans import checked_plan
from tests.rotation.teams import shifts_of, team_of


def test_no_engineer_has_the_same_holiday_twice_within_holidays_apart_years() -> None:
    roster = team_of(6, holidays="US", holidays_apart=2, rest_nights=1)
    last = Seat(shifts_of(roster, first_day=date(2025, 12, 25), days=1)[0].window, WindowKind.HOLIDAY, "primary", "ana")
    free = replace(
        roster, rules=replace(roster.rules, fixed=(FixedSeat(date(2026, 12, 25), "primary", "ana", "holiday"),))
    )
    shifts = shifts_of(roster, first_day=date(2026, 12, 21), days=14)
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(free, shifts, context=PlanningContext((last,)))
    assert "the rule is holidays_apart 2 (Christmas Day)" in refusal.value.reasons[0]
    plan = checked_plan(roster, 14, first_day=date(2026, 12, 21), context=PlanningContext((last,)))
    christmas = date(2026, 12, 25)
    on = {s.engineer for s in plan.seats if s.window.start.astimezone(plan.zone).date() == christmas}
    assert on
    assert "ana" not in on
