"""The last stages of a repair: even totals or points, and few clumps, without one more change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import product
from random import Random

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import Points, Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.clumps import ClumpMeasure
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.cost import counted_seats, fairness_of
from oncall.rotation.problem.points import PointsMeasure
from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.problem.shares import shares_of
from oncall.rotation.repair.fewest_changes import fewest_changes
from oncall.rotation.repair.repair import repair
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.support.windows import WindowKind
from tests.rotation.repairs import FIRST, EveryPlan, drawn_case, with_requests
from tests.rotation.teams import NAMES, away, person, shifts_of, team


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_no_plan_with_as_few_changes_that_is_as_fair_has_more_even_totals(seed: int) -> None:
    case = with_requests(Random(seed), drawn_case(Random(seed)))
    shifts = case.shifts(case.roster)
    try:
        plan = fairest_plan(case.before, case.shifts(case.before))
        plan = replace(plan, first_day=FIRST, last_day=FIRST + timedelta(days=case.days - 1))
        found = repair(
            case.roster,
            shifts,
            plan,
            first_open=case.first_open,
            frozen_days=case.frozen_days,
            opened=case.opened,
            option_changes=(),
        )
    except PlanInfeasible:
        return
    shares = shares_of(case.roster, shifts)
    carried = [seat for seat in counted_seats(found.plan.seats) if seat.role in shares.roles]
    totals = [sum(seat.engineer == who for seat in carried) for who in shares.weights]
    uneven = sum((n - shares.of_all_kinds(who)) ** 2 for n, who in zip(totals, shares.weights, strict=True))
    assert uneven == EveryPlan(case, plan).most_even()[-1]


def weekends(roster: Roster) -> tuple[Shift, ...]:
    return tuple(each for each in shifts_of(roster, days=49) if each.kind is WindowKind.WEEKEND)


def distance(roster: Roster, shifts: tuple[Shift, ...], holders: tuple[str, ...]) -> Fraction:
    people = [engineer.id for engineer in roster.engineers]
    seats = [StaffedSeat(number, "primary", people.index(who)) for number, who in enumerate(holders)]
    return ClumpMeasure(Problem.of(roster, shifts)).distance(seats)


@pytest.mark.parametrize("settled", [0, 2])
def test_a_repair_has_the_fewest_clumps_that_so_few_changes_allow(settled: int) -> None:
    """Three people share seven weekends badly; one of them is away for two. Every plan is tried."""
    roster = team(*(person(name, roles=["primary"]) for name in NAMES[:3]), roles=("primary",), weekends_apart=1)
    shifts = weekends(roster)
    before = ("ana", "ana", "ben", "ben", "cai", "cai", "ana")
    seats = tuple(Seat(s.window, s.kind, "primary", who) for s, who in zip(shifts, before, strict=True))
    plan = Plan(roster.team, roster.policy.zone, seats, first_day=shifts[0].day, last_day=shifts[-1].day)
    off = away(shifts[5].day, 9)
    now = replace(roster, engineers=(*roster.engineers[:2], replace(roster.engineers[2], absences=off)))
    shares = shares_of(now, shifts)

    def judged(holders: tuple[str, ...]) -> tuple[int, int, Fraction]:
        made = [Seat(s.window, s.kind, "primary", who) for s, who in zip(shifts, holders, strict=True)]
        changes = sum(one != other for one, other in zip(before, holders, strict=True))
        return changes, fairness_of(counted_seats(made), shares, bound=0).cost, distance(now, shifts, holders)

    every = product(NAMES[:3], repeat=len(shifts) - settled)
    legal = ((*before[:settled], *rest) for rest in every)
    best = min(judged(each) for each in legal if "cai" not in each[5:])
    found = repair(now, shifts, plan, first_open=shifts[settled].day, option_changes=())
    assert judged(tuple(seat.engineer for seat in found.plan.seats)) == best


def test_a_cover_goes_to_the_engineer_with_the_fewest_points() -> None:
    """The open weeknight costs as little with any of them; only points tell who had the weekend."""
    names = NAMES[:3]
    points = Points((("weeknight", Fraction(1)), ("weekend", Fraction(4))))
    roster = team(
        *(person(name, roles=["primary"]) for name in names),
        roles=("primary",),
        points=points,
        rest_nights=0,
        weekends_apart=1,
    )
    shifts = shifts_of(roster, days=14)
    # Eight weeknights: ana and ben have three each, cai two. Ben and cai have a weekend each; ben falls ill.
    held = ["ana", "ben", "ben", "cai", "ben", "ben", "ana", "ana", "cai", "cai"]
    seats = tuple(Seat(s.window, s.kind, "primary", who) for s, who in zip(shifts, held, strict=True))
    plan = Plan(roster.team, roster.policy.zone, seats, first_day=shifts[0].day, last_day=shifts[-1].day)
    day = shifts[5].day
    now = replace(
        roster, engineers=tuple(replace(e, absences=away(day, 1)) if e.id == "ben" else e for e in roster.engineers)
    )
    measure = PointsMeasure.of(points, shifts, shares_of(now, shifts))

    def judged(holders: tuple[str, ...]) -> tuple[int, int, Fraction]:
        made = [Seat(s.window, s.kind, "primary", who) for s, who in zip(shifts, holders, strict=True)]
        counted = counted_seats(made)
        uneven = sum(((each.points - each.share) ** 2 for each in measure.totals(counted)), Fraction(0))
        changes = sum(one != other for one, other in zip(held, holders, strict=True))
        return changes, fairness_of(counted, shares_of(now, shifts), bound=0).cost, uneven

    legal = ((*held[:5], *rest) for rest in product(names, repeat=5))
    best = min(judged(each) for each in legal if each[5] != "ben")
    found = repair(now, shifts, plan, first_open=day, option_changes=())
    assert judged(tuple(seat.engineer for seat in found.plan.seats)) == best
    assert check_plan(found.plan, now) == []
    (change,) = fewest_changes(now, shifts, plan, PlanningContext(), first_open=day).changes
    assert (change.before, change.after) == ("ben", found.changes[0].after)
