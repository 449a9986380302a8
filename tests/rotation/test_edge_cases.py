"""Unusual rosters and dates get a correct plan or a clear refusal: no traceback, no endless search."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from random import Random

import pytest

from oncall.errors import OncallError, PlanInfeasible
from oncall.rosters.roster import Roster, WeekendStyle
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.repair.repair import repair
from oncall.schedule.plan import PlanStatus
from oncall.support.holidays import public_holidays
from tests.rotation.checked_plans import checked_plan
from tests.rotation.random_rosters import random_roster
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of


@pytest.mark.parametrize("style", WeekendStyle)
@pytest.mark.parametrize(
    ("first_day", "days"),
    [
        (date(2026, 12, 21), 21),
        (date(2020, 12, 21), 21),
        (date(2028, 2, 21), 14),
        (date(2027, 3, 8), 14),
        (date(2027, 11, 1), 14),
    ],
    ids=["week 53 of 2026", "week 53 of 2020", "29 February", "the clock goes forward", "the clock goes back"],
)
def test_unusual_dates_are_planned(first_day: date, days: int, style: WeekendStyle) -> None:
    roster = replace(team_of(12, weekend=style, rest_nights=1, max_shifts_per_week=2), holidays=public_holidays("US"))
    assert checked_plan(roster, days, first_day=first_day).status is PlanStatus.OPTIMAL


def test_a_day_off_on_29_february_is_kept() -> None:
    leap = date(2028, 2, 29)
    roster = team(person("ana", absences=away(leap)), *team_of(7).engineers[1:])
    plan = checked_plan(roster, 14, first_day=date(2028, 2, 21))
    on = {seat.engineer for seat in plan.seats if seat.window.start.astimezone(plan.zone).date() == leap}
    assert "ana" not in on


@pytest.mark.parametrize("day", [25, 26, 27])
def test_an_engineer_who_joins_on_the_last_days_has_at_most_one_shift(day: int) -> None:
    joiner = person("new", joins=MONDAY + timedelta(days=day))
    plan = checked_plan(team(*team_of(7).engineers, joiner), 28)
    assert plan.status is PlanStatus.OPTIMAL
    assert sum(seat.engineer == "new" for seat in plan.seats) <= 1


@pytest.mark.parametrize(
    "roster",
    [
        team_of(0),
        team_of(1),
        team(*(person(name, absences=away(MONDAY, 28)) for name in ("ana", "ben", "cai"))),
        team(*(person(name, leaves=MONDAY - timedelta(days=1)) for name in ("ana", "ben", "cai"))),
        team(*(person(name, joins=date(2030, 1, 1)) for name in ("ana", "ben", "cai"))),
    ],
    ids=["no engineer", "one engineer", "everyone away", "everyone has left", "nobody has joined yet"],
)
def test_a_team_that_cannot_staff_its_shifts_gets_reasons(roster: Roster) -> None:
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=28))
    assert refusal.value.reasons


def test_a_team_of_as_many_engineers_as_roles_is_planned_without_rest_rules() -> None:
    assert checked_plan(team_of(2, rest_nights=0, weekends_apart=1), 14).status is PlanStatus.OPTIMAL


def test_a_repair_after_the_last_shift_is_refused() -> None:
    roster = team_of(7)
    plan = checked_plan(roster, 14)
    with pytest.raises(OncallError, match="there is nothing to repair"):
        repair(roster, shifts_of(roster, days=14), plan, first_open=date(2028, 1, 1))


# ---- repair


def test_a_repair_without_need_changes_nothing() -> None:
    roster = team_of(8)
    plan = checked_plan(roster)
    repaired = repair(roster, shifts_of(roster, days=28), plan, first_open=MONDAY + timedelta(days=7))
    assert (repaired.changes, repaired.fewest, repaired.cost_before) == (
        (),
        0,
        plan.fairness.cost if plan.fairness else None,
    )
    assert repaired.plan.seats == plan.seats


def test_a_repair_for_a_leaver_and_a_joiner_keeps_the_past() -> None:
    roster = team_of(8)
    plan = checked_plan(roster, 56)
    change = MONDAY + timedelta(days=28)
    people = (replace(roster.engineers[0], leaves=change - timedelta(days=1)), *roster.engineers[1:])
    later = replace(roster, engineers=(*people, person("new", joins=change)))
    repaired = repair(later, shifts_of(later, days=56), plan, first_open=change)
    assert check_plan(repaired.plan, later) == []
    assert [s for s in repaired.plan.seats if s.window.start.astimezone(plan.zone).date() < change] == [
        s for s in plan.seats if s.window.start.astimezone(plan.zone).date() < change
    ]
    lost = sum(s.engineer == "ana" and s.window.start.astimezone(plan.zone).date() >= change for s in plan.seats)
    assert repaired.fewest == lost
    assert next(iter(repaired.by_person())) == "ana"


def test_a_repair_staffs_the_shift_of_a_new_holiday() -> None:
    roster = team_of(8)
    plan = checked_plan(roster, 14, first_day=date(2027, 1, 11))
    later = replace(roster, holidays=public_holidays("US"))
    shifts = shifts_of(later, first_day=date(2027, 1, 11), days=14)
    repaired = repair(later, shifts, plan, first_open=date(2027, 1, 14))
    assert {change.window.start.date() for change in repaired.new_seats} == {date(2027, 1, 18)}
    assert check_plan(repaired.plan, later) == []


@pytest.mark.slow
def test_a_repair_with_more_changes_costs_no_more_than_its_option_says() -> None:
    roster = team_of(8)
    plan = checked_plan(roster, 56)
    ill = replace(roster.engineers[2], absences=away(MONDAY + timedelta(days=14), 14, reason="ill"))
    later = replace(roster, engineers=(*roster.engineers[:2], ill, *roster.engineers[3:]))
    shifts = shifts_of(later, days=56)
    repaired = repair(later, shifts, plan, first_open=MONDAY + timedelta(days=7))
    assert repaired.plan.fairness is not None
    for option in repaired.options:
        chosen = repair(later, shifts, plan, first_open=MONDAY + timedelta(days=7), more_changes=option.more_changes)
        assert chosen.plan.fairness is not None
        assert chosen.plan.fairness.cost <= option.cost < repaired.plan.fairness.cost
        assert len(chosen.changes) <= repaired.fewest + option.more_changes


def test_frozen_days_change_only_for_engineers_who_cannot_keep_their_seat() -> None:
    roster = team_of(8)
    plan = checked_plan(roster)
    first = plan.seats[0].engineer
    ill = tuple(replace(e, absences=away(MONDAY, 1)) if e.id == first else e for e in roster.engineers)
    later = replace(roster, engineers=ill)
    repaired = repair(later, shifts_of(later, days=28), plan, first_open=MONDAY, frozen_days=7, more_changes=6)
    near = [
        change for change in repaired.changes if change.window.start < plan.seats[0].window.start + timedelta(days=6)
    ]
    assert [change.before for change in near] == [first]


# ---- searches stopped at once, and contradictory rules


@pytest.mark.parametrize("seed", range(20))
def test_a_search_stopped_at_once_returns_a_plan_with_a_true_bound_or_a_refusal(seed: int) -> None:
    draw = Random(seed)
    days = draw.choice([7, 28, 91])
    roster = random_roster(draw, sizes=(1, 7), days=days)
    shifts = shifts_of(roster, days=days)
    try:
        plan = fairest_plan(roster, shifts, should_stop=lambda: True)
    except OncallError as refusal:
        assert str(refusal)
        return
    assert plan.fairness is not None
    assert plan.fairness.bound <= plan.fairness.cost
    assert (plan.status is PlanStatus.OPTIMAL) == (plan.fairness.bound == plan.fairness.cost)
    assert check_plan(replace(plan, first_day=MONDAY, last_day=shifts[-1].day), roster) == []


def test_never_together_wins_over_prefer_together() -> None:
    pair = (("ana", "ben"),)
    plan = checked_plan(team_of(8, never_together=pair, prefer_together=pair), 28)
    assert plan.status is PlanStatus.OPTIMAL
    assert "share 0 shifts; no equally fair plan meets more" in plan.notes[0]


def test_a_team_in_which_no_two_may_work_together_is_told_only_that_rule() -> None:
    roster = team_of(3, rest_nights=0, weekends_apart=1, never_together=tuple(combinations(("ana", "ben", "cai"), 2)))
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=1))
    assert list(refusal.value.reasons) == [
        "the week of Mon 2027-01-04: 1 shift, 2 roles each",
        "never_together ana and ben",
        "never_together ana and cai",
        "never_together ben and cai",
        "even with nobody away, these rules need 4 people for these dates; the roster has 3",
        "no relaxation makes a plan possible; change the people, their dates or the rules",
    ]
