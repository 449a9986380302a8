"""Shifts before and after a plan and on other teams restrict the plan."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oncall.rosters.roster import WeekendStyle
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.schedule.plan import PlanStatus, Seat
from tests.rotation.checked_plans import checked_plan, refusal_reasons
from tests.rotation.teams import MONDAY, NAMES, shifts_of, team_of


def test_an_engineer_rests_around_a_shift_on_another_team() -> None:
    roster = team_of(8)
    shift = shifts_of(roster)[2]
    there = (Seat(shift.window, shift.kind, "lead", "ana"),)
    plan = checked_plan(roster, context=PlanningContext(other_teams=there))
    near = {MONDAY + timedelta(days=n) for n in range(5)}
    mine = {s.window.start.astimezone(plan.zone).date() for s in plan.seats if s.engineer == "ana"}
    assert not mine & near


@pytest.mark.slow
@pytest.mark.parametrize("style", WeekendStyle)
def test_rest_and_weekend_rules_hold_across_two_plans(style: WeekendStyle) -> None:
    daily = style is WeekendStyle.DAILY
    roster = team_of(9 if daily else 7, weekend=style, rest_nights=1 if daily else 2)
    before = checked_plan(roster)
    after = checked_plan(roster, first_day=MONDAY + timedelta(days=28), context=PlanningContext(before.seats))
    shifts = shifts_of(roster, first_day=MONDAY + timedelta(days=28), days=28)
    alone = [fairest_plan(roster, shifts, seed=seed) for seed in range(4)]
    assert any(check_plan(each, roster, history=before.seats) for each in alone)
    assert after.fairness is not None
    assert after.status is PlanStatus.OPTIMAL


def test_a_plan_between_two_published_plans_keeps_the_rules_with_both() -> None:
    roster = team_of(9, max_shifts_per_month=6)
    first = checked_plan(roster, 14)
    third = checked_plan(roster, 14, first_day=MONDAY + timedelta(days=28))
    checked_plan(
        roster, 14, first_day=MONDAY + timedelta(days=14), context=PlanningContext((*first.seats, *third.seats))
    )


def test_maxima_count_shifts_before_the_plan() -> None:
    roster = team_of(9, max_shifts_per_month=5)
    before = checked_plan(roster, 14)
    after = checked_plan(roster, 14, first_day=MONDAY + timedelta(days=14), context=PlanningContext(before.seats))
    for name in NAMES[:9]:
        days = [
            s.window.start.astimezone(after.zone).date() for s in (*before.seats, *after.seats) if s.engineer == name
        ]
        assert sum(day.month == 1 for day in days) <= 5


def test_the_reasons_name_outside_shifts_that_make_a_plan_impossible() -> None:
    roster = team_of(3, rest_nights=1, weekends_apart=1)
    sunday = shifts_of(roster, first_day=date(2027, 1, 1), days=1)[0]
    seats = tuple(Seat(sunday.window, sunday.kind, "primary", name) for name in ("ana", "ben"))
    reasons = refusal_reasons(roster, 1, PlanningContext(seats))
    assert "ana and ben are on Fri 2027-01-01 (weekend) outside this plan, and the rule is rest_nights 1" in reasons[0]
