"""Another solver, with its own model, finds the same bound."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import assume, given, settings

from oncall.errors import OncallError
from oncall.rosters.relaxation import relaxation_named
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import FixedSeat, Roster
from oncall.rotation.check.checker import examine
from oncall.rotation.check.second_opinion import SecondOpinion, second_opinion
from oncall.rotation.check.used_relaxations import with_relaxations
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.schedule.plan import Plan, Seat
from tests.rotation.random_rosters import random_context, random_roster
from tests.rotation.teams import MONDAY, away, person, rosters, shifts_of, team, team_of


def planned(roster: Roster, *, days: int = 28) -> Plan:
    plan = fairest_plan(roster, shifts_of(roster, days=days))
    return replace(plan, first_day=MONDAY, last_day=MONDAY + timedelta(days=days - 1))


def asked(plan: Plan, roster: Roster) -> SecondOpinion:
    return second_opinion(plan, roster, examine(plan, roster).cost, time_limit=timedelta(minutes=10))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(rosters(sizes=(3, 7), days=14))
def test_both_solvers_agree_on_every_roster(roster: Roster) -> None:
    try:
        plan = planned(roster, days=14)
    except OncallError:
        assume(False)
    assert plan.fairness is not None
    opinion = asked(plan, roster)
    assert (opinion.cost, opinion.bound) == (plan.fairness.cost, plan.fairness.bound)
    assert opinion.is_optimal
    assert opinion.left_out == ()


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(4))
def test_both_agree_on_every_kind_of_plan_with_all_that_stands_around_it(chunk: int) -> None:
    compared = 0
    for number in range(50_000 + chunk * 30, 50_000 + (chunk + 1) * 30):
        draw = Random(number)
        roster = random_roster(draw, sizes=(4, 6), days=7)
        shifts = shifts_of(roster, days=7)
        around = random_context(draw, roster, shifts)
        try:
            plan = fairest_plan(roster, shifts, context=around)
        except OncallError:
            continue
        plan = replace(plan, first_day=MONDAY, last_day=shifts[-1].day)
        outside = [*around.published, *around.other_teams]
        cost = examine(plan, roster, history=around.published, elsewhere=around.other_teams).cost
        opinion = second_opinion(plan, roster, cost, time_limit=timedelta(minutes=10), outside=outside)
        assert plan.fairness is not None
        assert (opinion.cost, opinion.bound, opinion.left_out) == (plan.fairness.cost, plan.fairness.bound, ()), number
        compared += 1
    assert compared >= 15


def test_whoever_waits_is_told_how_long_it_has_taken() -> None:
    roster = team(*team_of(5).engineers, person("fay", fte=0.5))
    plan = planned(roster, days=84)
    told: list[timedelta] = []
    cost = examine(plan, roster).cost
    second_opinion(plan, roster, cost, time_limit=timedelta(minutes=10), outside=(), on_wait=told.append)
    assert told == sorted(told)
    assert told


def test_another_teams_shift_near_by_is_part_of_what_is_bounded() -> None:
    roster = replace(team_of(8), busy=("database.csv",))
    shifts = shifts_of(roster, days=28)
    busy = tuple(Seat(shift.window, shift.kind, "primary", "ana", "database") for shift in shifts[:12:3])
    plan = fairest_plan(roster, shifts, context=PlanningContext(other_teams=busy))
    plan = replace(plan, first_day=MONDAY, last_day=MONDAY + timedelta(days=27))
    cost = examine(plan, roster, elsewhere=busy).cost
    with_it = second_opinion(plan, roster, cost, time_limit=timedelta(minutes=10), outside=busy)
    without = second_opinion(plan, roster, cost, time_limit=timedelta(minutes=10))
    assert (with_it.is_optimal, with_it.left_out) == (True, ())
    assert without.left_out == ("the other teams' plans under busy",)
    assert without.bound <= with_it.bound


def test_a_plan_that_is_not_the_fairest_is_told_what_is() -> None:
    roster = team_of(8)
    plan = planned(roster)
    assert plan.fairness is not None
    # The same plan with the roles of each shift in the order of the roster: legal, and not fair.
    first = {each.window: min(s.engineer for s in plan.seats if s.window == each.window) for each in plan.seats}
    other = {each.window: max(s.engineer for s in plan.seats if s.window == each.window) for each in plan.seats}
    seats = tuple(
        replace(seat, engineer=first[seat.window] if seat.role == "primary" else other[seat.window])
        for seat in plan.seats
    )
    opinion = asked(replace(plan, seats=seats, fairness=None, status=None), roster)
    assert opinion.cost > opinion.bound == plan.fairness.cost
    assert opinion.best == plan.fairness.cost
    assert not opinion.is_optimal


def test_a_plan_without_air_is_bounded_beyond_counting() -> None:
    roster = team(*team_of(5).engineers, person("fay", fte=0.5))
    opinion = asked(planned(roster, days=84), roster)
    assert opinion.is_optimal


def test_agreed_exceptions_are_part_of_what_is_bounded() -> None:
    roster = team(person("ana"), person("ben", absences=away(date(2027, 1, 5), 3)), *team_of(6).engineers[2:])
    mark = relaxation_named("rest_nights=1@2027-01-04..2027-01-10")
    plan = with_relaxations(planned(relaxed(roster, [mark])), [mark])
    assert asked(plan, roster).is_optimal


@pytest.mark.slow
def test_seats_that_are_fixed_are_fixed_for_it_too() -> None:
    roster = team_of(6)
    seats = tuple(FixedSeat(MONDAY + timedelta(days=day), "primary", "ana") for day in (0, 3, 7, 10, 14, 17))
    fixed = replace(roster, rules=replace(roster.rules, fixed=seats))
    plan = planned(fixed)
    assert asked(plan, fixed).is_optimal


def test_what_it_does_not_know_is_named_and_its_bound_holds_all_the_same() -> None:
    roster = team_of(6)
    plan = planned(roster)
    opinion = asked(replace(plan, kept_until=date(2027, 1, 11)), replace(roster, busy=("other-team.json",)))
    assert opinion.left_out == ("the other teams' plans under busy",)
    assert opinion.is_optimal
