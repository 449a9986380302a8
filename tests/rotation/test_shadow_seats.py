"""Newcomers shadow shifts without covering them."""

from __future__ import annotations

from datetime import timedelta

from oncall.rosters.roster import SHADOW, Shadowing
from oncall.schedule.plan import PlanStatus
from tests.rotation.checked_plans import checked_plan
from tests.rotation.teams import MONDAY, person, team, team_of


def test_a_newcomer_shadows_about_as_often_as_others_are_on_call_and_has_no_seat() -> None:
    new = person("new", shadows=(Shadowing(MONDAY, MONDAY + timedelta(days=27)),))
    roster = team(*team_of(7).engineers, new)
    plan = checked_plan(roster, 56)
    shadowed = [seat for seat in plan.seats if seat.role == SHADOW]
    assert {seat.engineer for seat in shadowed} == {"new"}
    assert 4 <= len(shadowed) <= 6
    first_own = min(s.window.start for s in plan.seats if s.engineer == "new" and s.role != SHADOW)
    assert first_own.astimezone(plan.zone).date() > MONDAY + timedelta(days=27)
    assert plan.status is PlanStatus.OPTIMAL
