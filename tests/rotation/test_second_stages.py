"""The other solver examines every stage after the cost: requests, even totals, points and clumps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oncall.errors import OncallError
from oncall.rosters.roster import Handover, Points, Request, RequestDirection, Roster, SharesRule
from oncall.rotation.check.checker import examine
from oncall.rotation.check.second_opinion import SecondOpinion, StageOpinion, second_opinion
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.problem.requests import request_costs
from oncall.rotation.solve.even_points import points_value
from oncall.schedule.plan import Plan, Seat, Shift
from tests.rotation.teams import MONDAY, person, rosters, shifts_of, team, team_of

AVOID, PREFER = RequestDirection.AVOID, RequestDirection.PREFER


def dated(plan: Plan, days: int) -> Plan:
    return replace(plan, first_day=MONDAY, last_day=MONDAY + timedelta(days=days - 1))


def examined(plan: Plan, roster: Roster, *, limit: timedelta = timedelta(minutes=10)) -> SecondOpinion:
    return second_opinion(plan, roster, examine(plan, roster).cost, time_limit=limit)


def stage(opinion: SecondOpinion, name: str) -> StageOpinion:
    return next(each for each in opinion.stages if each.name == name)


def figures(opinion: StageOpinion) -> tuple[float, ...]:
    """Return the plan's own measure, the bound, and the least that was found."""
    assert opinion.bound is not None and opinion.best is not None
    return float(opinion.value), float(opinion.bound), float(opinion.best)


def small_team(*requests: tuple[Request, ...], **rules: Any) -> Roster:
    """Return three engineers of one role without any rest, so that every plan of a week can be listed."""
    wishes = [*requests, (), (), ()][:3]
    people = [
        person(name, roles=["primary"], requests=own) for name, own in zip(("ana", "ben", "cai"), wishes, strict=True)
    ]
    return team(*people, **{"rest_nights": 0, "weekends_apart": 1, "roles": ("primary",), **rules})


def every_plan(roster: Roster, shifts: Sequence[Shift]) -> Iterator[list[StaffedSeat]]:
    for choice in product(range(3), repeat=len(shifts)):
        yield [StaffedSeat(number, "primary", who) for number, who in enumerate(choice)]


def fairest(roster: Roster, measure: Callable[[Problem, list[StaffedSeat]], int]) -> list[tuple[int, Plan]]:
    """Return the plans of a week that cost least, sorted by a measure."""
    shifts = shifts_of(roster)
    problem = Problem.of(roster, shifts)
    every = list(every_plan(roster, shifts))
    cheapest = min(problem.cost_of(seats) for seats in every)
    fair = [seats for seats in every if problem.cost_of(seats) == cheapest]
    found = [(measure(problem, seats), plan_of(roster, problem, seats)) for seats in fair]
    return sorted(found, key=lambda each: each[0])


def plan_of(roster: Roster, problem: Problem, seats: Sequence[StaffedSeat]) -> Plan:
    names = [each.id for each in problem.engineers]
    held = [
        Seat(problem.shifts[seat.shift].window, problem.shifts[seat.shift].kind, seat.role, names[seat.engineer])
        for seat in seats
    ]
    return dated(Plan(roster.team, roster.policy.zone, tuple(held)), 7)


def weight_of_requests(problem: Problem, seats: Sequence[StaffedSeat]) -> int:
    taken = {Duty(seat.engineer, seat.shift) for seat in seats}
    return sum(cost for duty, cost in request_costs(problem).items() if duty in taken)


def test_a_plan_that_breaks_a_request_without_need_is_found_out() -> None:
    roster = small_team((Request(AVOID, weekday=0), Request(PREFER, weekday=2)), (Request(AVOID, kind="weekend"),))
    plans = fairest(roster, weight_of_requests)
    (least, good), (most, bad) = plans[0], plans[-1]
    assert least != most
    opinion = stage(examined(good, roster), "requests")
    assert figures(opinion) == (least, least, least)
    assert (opinion.is_optimal, opinion.is_beaten) == (True, False)
    opinion = stage(examined(bad, roster), "requests")
    assert figures(opinion) == (most, least, least)
    assert (opinion.is_optimal, opinion.is_beaten) == (False, True)


def test_a_plan_with_uneven_totals_is_found_out() -> None:
    roster = small_team()
    plans = fairest(roster, lambda problem, seats: problem.unevenness_of(seats))
    (least, good), (most, bad) = plans[0], plans[-1]
    assert least != most
    opinion = stage(examined(good, roster), "totals")
    assert figures(opinion) == (least, least, least)
    assert opinion.is_optimal
    opinion = stage(examined(bad, roster), "totals")
    assert figures(opinion) == (most, least, least)
    assert opinion.is_beaten


@pytest.mark.parametrize("points", [Points((("weekend", Fraction(5, 2)),)), Points()])
def test_a_plan_with_uneven_points_is_found_out(points: Points) -> None:
    roster = small_team(points=points)

    def value(problem: Problem, seats: list[StaffedSeat]) -> int:
        assert problem.points is not None
        return points_value(problem, problem.points, seats)

    plans = fairest(roster, value)
    (least, good), (most, bad) = plans[0], plans[-1]
    assert least != most
    fine, spoiled = stage(examined(good, roster), "points"), stage(examined(bad, roster), "points")
    assert (fine.is_optimal, fine.is_beaten) == (True, False)
    assert (spoiled.is_optimal, spoiled.is_beaten) == (False, True)
    assert spoiled.best is not None
    assert float(spoiled.best) == pytest.approx(float(fine.value), abs=1e-4)
    assert "totals" not in [each.name for each in examined(good, roster).stages]


def test_points_with_very_many_sums_are_compared_exactly_and_no_plan_is_wrongly_beaten() -> None:
    people = [person("ana"), person("ben", fte=0.8), person("cai", roles=["primary"]), person("dee", fte=0.8)]
    rules: dict[str, Any] = {
        "points": Points(),
        "turn_weeks": 1,
        "handover": Handover(2, 720),
        "shares": SharesRule.BY_ROLE,
    }
    roster = team(*people, rest_nights=0, **rules)
    plan = replace(
        fairest_plan(roster, shifts_of(roster, first_day=date(2027, 11, 1), days=44)),
        first_day=date(2027, 11, 1),
        last_day=date(2027, 12, 14),
    )
    assert any("no plan as fair is more even" in note for note in plan.notes)
    opinion = examined(plan, roster)
    assert [each.name for each in opinion.stages] == ["points", "clumps"]
    assert all(each.is_optimal and not each.is_beaten for each in opinion.stages)
    value, bound, best = figures(opinion.stages[0])
    assert bound == pytest.approx(value)
    assert best == pytest.approx(value)


def test_a_plan_with_a_clump_is_found_out() -> None:
    roster = team_of(4, roles=("primary",), rest_nights=0, weekends_apart=1)
    shifts = shifts_of(roster, days=56)
    good = dated(fairest_plan(roster, shifts), 56)
    nights = [seat.window for seat in good.seats if seat.kind == "weeknight"]
    # Everyone keeps as many weeknights, and has them all in a row.
    names = sorted(seat.engineer for seat in good.seats if seat.kind == "weeknight")
    holder = dict(zip(nights, names, strict=True))
    seats = tuple(replace(seat, engineer=holder.get(seat.window, seat.engineer)) for seat in good.seats)
    bad = replace(good, seats=seats, clumps=None, fairness=None, status=None, notes=())
    fine, spoiled = stage(examined(good, roster), "clumps"), stage(examined(bad, roster), "clumps")
    assert figures(fine) == (0, 0, 0)
    assert fine.is_optimal
    assert (spoiled.is_optimal, spoiled.is_beaten) == (False, True)
    assert figures(spoiled) == (4, 0, 0)


def test_what_is_left_without_time_is_said() -> None:
    roster = team_of(8)
    plan = dated(fairest_plan(roster, shifts_of(roster, days=28)), 28)
    cost = examine(plan, roster).cost
    opinion = second_opinion(plan, roster, cost, time_limit=timedelta(microseconds=1))
    totals = stage(opinion, "totals")
    assert (totals.bound, totals.best, totals.is_optimal, totals.is_beaten) == (None, None, False, False)


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(rosters(sizes=(3, 6), days=28), st.sampled_from([None, None, Points(), Points((("weekend", Fraction(4)),))]))
def test_both_solvers_agree_on_the_later_stages_of_every_roster(roster: Roster, points: Points | None) -> None:
    roster = replace(roster, rules=replace(roster.rules, points=points))
    try:
        plan = dated(fairest_plan(roster, shifts_of(roster, days=28)), 28)
    except OncallError:
        assume(False)
    opinion = examined(plan, roster, limit=timedelta(seconds=20))
    notes = " ".join(plan.notes)
    for each in opinion.stages:
        assert each.bound is None or each.bound <= each.value + each.tolerance
        claimed = {
            "requests": "no equally fair plan meets more" in notes,
            "points": "no plan as fair is more even" in notes,
            "clumps": plan.clumps is not None and plan.clumps.is_proven,
        }
        if claimed.get(each.name):
            assert not each.is_beaten, each
    if plan.clumps is not None:
        clumps = stage(opinion, "clumps")
        assert round(1000 * clumps.value) == plan.clumps.distance
        assert clumps.best is None or round(1000 * clumps.best) >= plan.clumps.bound
