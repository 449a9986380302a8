"""Preferred pairs share as many shifts as the same fairness allows; `requests_weight` weighs requests against that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import permutations, product
from random import Random

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import Absence, DaysOff, Request, RequestDirection, Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.generate.requests_stage import meet_requests
from oncall.rotation.problem.cost import counted_seats, fairness_of
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.requests import preferred_pairs, request_costs, request_matches
from oncall.rotation.problem.shares import shares_of
from oncall.rotation.solve.duty_model import DutyModel
from oncall.rotation.solve.pair_bounds import plan_pairs_only
from oncall.rotation.solve.pair_meetings import RequestsGoal
from oncall.rotation.solve.search import Search
from oncall.schedule.plan import Plan, PlanStatus, Seat, Shift
from tests.rotation.checked_plans import checked_plan
from tests.rotation.teams import MONDAY, NAMES, away, person, shifts_of, team, team_of

Pairs = tuple[tuple[str, str], ...]


def meetings(seats: Sequence[Seat], pairs: Pairs) -> int:
    teams: dict[object, set[str]] = {}
    for seat in seats:
        teams.setdefault(seat.window, set()).add(seat.engineer)
    return sum({one, other} <= people for people in teams.values() for one, other in pairs)


def requests_cost(roster: Roster, shifts: Sequence[Shift], seats: Sequence[Seat]) -> int:
    """Return the cost of the requests as the rules page defines it: each request its weight, each shared shift -1."""
    starts = {shift.window: shift for shift in shifts}
    broken = 0
    for seat in seats:
        for engineer in roster.engineers:
            for request in engineer.requests if engineer.id == seat.engineer else ():
                if request_matches(request, starts[seat.window]):
                    broken += 1 if request.direction is RequestDirection.AVOID else -1
    return roster.rules.requests_weight * broken - meetings(seats, roster.rules.prefer_together)


def every_plan(roster: Roster, shifts: Sequence[Shift]) -> list[tuple[Seat, ...]]:
    names = [engineer.id for engineer in roster.engineers]
    filled = [
        [
            tuple(Seat(s.window, s.kind, role, who) for role, who in zip(roster.rules.roles, people, strict=True))
            for people in permutations(names, len(roster.rules.roles))
        ]
        for s in shifts
    ]
    return [tuple(seat for team_of_one in chosen for seat in team_of_one) for chosen in product(*filled)]


def is_legal(roster: Roster, shifts: Sequence[Shift], seats: tuple[Seat, ...]) -> bool:
    plan = Plan(roster.team, roster.policy.zone, seats, first_day=shifts[0].day, last_day=shifts[-1].day)
    return check_plan(plan, roster) == []


def tiny(draw: Random) -> Roster:
    people = []
    for name in NAMES[: draw.choice([3, 4])]:
        day = MONDAY + timedelta(days=draw.randrange(4))
        requests = tuple(
            Request(draw.choice(list(RequestDirection)), day=MONDAY + timedelta(days=draw.randrange(4)))
            for _ in range(draw.choice([0, 1, 2]))
        )
        absences = (Absence(day, day, "away"),) if draw.random() < 0.15 else ()
        roles = draw.choice([("primary", "secondary")] * 5 + [("secondary",)])
        people.append(person(name, requests=requests, absences=absences, fte=draw.choice([1.0, 1.0, 0.5]), roles=roles))
    pairs = draw.choice([(("ana", "ben"),), (("ana", "ben"), ("ben", "cai")), (("ana", "cai"), ("ana", "ben"))])
    weight = draw.choice([0, 1, 1, 2, 5])
    return team(*people, rest_nights=0, weekends_apart=1, prefer_together=pairs, requests_weight=weight)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_no_equally_fair_plan_meets_requests_and_pairs_better_by_trying_all_plans(seed: int) -> None:
    roster = tiny(Random(seed))
    shifts = shifts_of(roster, days=4)[: 5 if len(roster.engineers) == 3 else 3]
    try:
        plan = fairest_plan(roster, shifts)
    except PlanInfeasible:
        assert not any(is_legal(roster, shifts, seats) for seats in every_plan(roster, shifts))
        return
    assert plan.fairness is not None
    shares = shares_of(roster, shifts)
    as_fair = [
        seats
        for seats in every_plan(roster, shifts)
        if fairness_of(counted_seats(seats), shares, bound=0).cost == plan.fairness.cost
    ]
    best = min(requests_cost(roster, shifts, seats) for seats in as_fair if is_legal(roster, shifts, seats))
    assert requests_cost(roster, shifts, plan.seats) == best
    assert plan.notes[0].endswith("no equally fair plan meets more")


@pytest.mark.slow
@pytest.mark.parametrize(("size", "days", "rest"), [(6, 56, 1), (8, 91, 2), (12, 182, 2)])
@pytest.mark.parametrize("pairs", [(("ana", "ben"),), (("ana", "ben"), ("ben", "cai"), ("dee", "eve"))])
def test_pairs_are_proven_to_share_as_many_shifts_as_possible(size: int, days: int, rest: int, pairs: Pairs) -> None:
    plan = fairest_plan(team_of(size, rest_nights=rest, prefer_together=pairs), shifts_of(team_of(size), days=days))
    assert plan.status is PlanStatus.OPTIMAL
    assert plan.notes[0].endswith(f"share {meetings(plan.seats, pairs)} shifts; no equally fair plan meets more")


@pytest.mark.slow
def test_the_bound_counts_the_shifts_that_the_others_cannot_take() -> None:
    pairs = tuple((NAMES[2 * n], NAMES[2 * n + 1]) for n in range(3))
    plan = fairest_plan(team_of(12, prefer_together=pairs), shifts_of(team_of(12), days=182))
    assert plan.notes[0].endswith(f"share {meetings(plan.seats, pairs)} shifts; no equally fair plan meets more")


def test_the_bound_counts_what_the_others_cannot_take_of_a_weekend_and_the_nights_after_it() -> None:
    # Each other engineer can take one of the weekend, Monday, Tuesday and Wednesday; only cai can take two.
    saturday = MONDAY + timedelta(days=5)
    free = {"cai": (5, 9), "dee": (5, 7), "eve": (7,), "fay": (8,), "gus": (8, 9), "hal": (7, 8, 9)}
    others = [
        person(name, absences=tuple(a for n in (5, 7, 8, 9) if n not in days for a in away(MONDAY + timedelta(days=n))))
        for name, days in free.items()
    ]
    avoid = tuple(Request(RequestDirection.AVOID, day=saturday + timedelta(days=n)) for n in (0, 2, 3, 4))
    pair = [person(name, requests=avoid) for name in ("ana", "ben")]
    roster = team(*pair, *others, prefer_together=(("ana", "ben"),), days_off=DaysOff.EVENINGS)
    shifts = shifts_of(roster, first_day=MONDAY + timedelta(days=4), days=6)
    problem, search = Problem.of(roster, shifts), Search()
    bound = DutyModel.counting_bound(problem, search)
    assert bound is not None
    goal = RequestsGoal(request_costs(problem), preferred_pairs(problem), 10**6, DutyModel, bound.ranges())
    found = plan_pairs_only(problem, goal, search)
    assert found is not None
    # One seat is left for ana or ben; both would cost 2 requests less a meeting.
    assert found.bound == 1


def test_engineers_in_pairs_still_have_their_requests_met() -> None:
    requests = tuple(Request(RequestDirection.AVOID, day=MONDAY + timedelta(days=n)) for n in (0, 7, 14, 21))
    asking = person("ana", requests=requests)
    roster = team(asking, *team_of(8).engineers[1:], prefer_together=(("ana", "ben"), ("ana", "cai")))
    plan = fairest_plan(roster, shifts_of(roster, days=56))
    assert plan.notes[0].startswith("requests: 4 of 4 requests to avoid a shift are kept")
    assert plan.notes[0].endswith("no equally fair plan meets more")


def shared_shifts_at(weight: int) -> int:
    """Return the shared shifts on two nights of two pairs, in one of which the engineers want different nights."""
    ana = person("ana", requests=(Request(RequestDirection.AVOID, day=MONDAY),))
    ben = person("ben", requests=(Request(RequestDirection.PREFER, day=MONDAY),))
    pairs = (("ana", "ben"), ("cai", "dee"))
    roster = team(*(ana, ben, *team_of(4).engineers[2:]), rest_nights=0, prefer_together=pairs, requests_weight=weight)
    plan = fairest_plan(roster, shifts_of(roster, days=2))
    return meetings(plan.seats, pairs)


def test_requests_weight_decides_between_requests_and_shared_shifts() -> None:
    assert [shared_shifts_at(weight) for weight in (0, 1, 3, 100)] == [2, 2, 0, 0]


def test_without_pairs_any_requests_weight_above_0_gives_the_same_plan() -> None:
    asking = person(
        "ana", requests=(Request(RequestDirection.AVOID, weekday=1), Request(RequestDirection.PREFER, weekday=3))
    )
    plans = []
    for weight in (1, 7, 1000):
        roster = team(asking, *team_of(7).engineers[1:], requests_weight=weight)
        plans.append(fairest_plan(roster, shifts_of(roster, days=28)))
    assert plans[0].seats == plans[1].seats == plans[2].seats


def test_a_never_together_pair_shares_no_shift() -> None:
    plan = checked_plan(team_of(6, rest_nights=1, never_together=(("ana", "ben"), ("cai", "dee"))))
    teams: dict[object, set[str]] = {}
    for seat in plan.seats:
        teams.setdefault(seat.window, set()).add(seat.engineer)
    assert not any({"ana", "ben"} <= pair or {"cai", "dee"} <= pair for pair in teams.values())


def test_the_plan_notes_how_many_shifts_a_preferred_pair_shares() -> None:
    plan = checked_plan(team_of(8, prefer_together=(("ana", "ben"),)))
    assert plan.notes[0] == (
        "requests: engineers who prefer to work together share 5 shifts; no equally fair plan meets more"
    )


def test_what_a_coarser_model_proves_about_pairs_is_the_proof_of_the_finer_one() -> None:
    asking = person("ana", requests=(Request(RequestDirection.AVOID, day=MONDAY),))
    roster = team(asking, *team_of(8).engineers[1:], prefer_together=(("ana", "ben"),))
    problem, search = Problem.of(roster, shifts_of(roster, days=28)), Search()
    bound = DutyModel.counting_bound(problem, search)
    assert bound is not None
    goal = RequestsGoal(request_costs(problem), preferred_pairs(problem), bound.cost, DutyModel, bound.ranges())
    coarse = meet_requests(problem, goal, bound, search)
    assert coarse.seats is not None
    assert coarse.lower_bound == goal.cost_of(Duty(seat.engineer, seat.shift) for seat in coarse.seats)
    fine = meet_requests(problem, replace(goal, lower_bound=coarse.lower_bound), bound, search)
    assert (fine.is_best, fine.lower_bound) == (True, coarse.lower_bound)
