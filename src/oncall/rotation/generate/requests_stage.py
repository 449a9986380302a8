"""The requests stage: finds the plan that meets the requests best, among equally fair plans."""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.model_base import PlanModel
from oncall.rotation.solve.pair_bounds import PairsOnlyPlan, plan_pairs_only
from oncall.rotation.solve.pair_meetings import RequestsGoal, add_meetings, requests_objective
from oncall.rotation.solve.search import Search, SearchResult, SearchStatus

EFFORT_NEAR = 3.0
"""Deterministic seconds to look for a plan near the plan of a coarser model."""
EFFORT, EFFORT_WITH_PAIRS = 20.0, 5.0
"""Deterministic seconds: enough to prove a large team's year; fewer with pairs, for which a proof is often far off."""


@dataclass(frozen=True, slots=True)
class RequestsResult:
    """The best seats found in time; None if none were found. is_best: it is proven that no plan is better.

    lower_bound: a lower bound on `RequestsGoal.cost_of` for equally fair plans; None if none is known.
    """

    seats: list[StaffedSeat] | None
    is_best: bool
    lower_bound: int | None = None


def meet_requests(problem: Problem, goal: RequestsGoal, bound: CountingBound, search: Search) -> RequestsResult:
    """Return the seats that meet the requests best, from one search with the goal's kind of model.

    The model may underestimate the cost of a plan, so that the caller must compute the true cost of the seats.
    """
    model = goal.model_type(problem, bound, goal.ranges, search)
    model.keep_cost(goal.cost)
    if goal.pairs:
        return _meet_with_pairs(problem, goal, model, search)
    objective = requests_objective(goal.request_costs, model.on_duty, {})
    if goal.lower_bound is not None:
        model.model.add(objective >= goal.lower_bound)
        near = _meet_near(problem, goal, model, objective, search)
        if near is not None:
            return RequestsResult(near, True, goal.lower_bound)
    model.model.minimize(objective)
    result = search.run(model.model, effort=EFFORT)
    if not result.has_solution:
        return RequestsResult(None, False)
    seats, is_best = model.seats(result), result.status is SearchStatus.OPTIMAL
    return RequestsResult(seats, is_best, _requests_cost(goal, seats) if is_best else None)


def _meet_near(
    problem: Problem, goal: RequestsGoal, model: PlanModel, objective: cp_model.LinearExprT, search: Search
) -> list[StaffedSeat] | None:
    """Return a plan that reaches the lower bound, or None.

    It is fast: half of the shifts are taken from a known plan.
    """
    clone = model.model.clone()
    assert goal.lower_bound is not None
    clone.add(objective <= goal.lower_bound)
    for duty, on_duty in model.on_duty.items():
        if duty.shift < len(problem.shifts) // 2:
            clone.add(on_duty == (duty in goal.near))
    result = search.run(clone, effort=EFFORT_NEAR)
    return model.seats(result) if result.has_solution else None


def _meet_with_pairs(problem: Problem, goal: RequestsGoal, model: PlanModel, search: Search) -> RequestsResult:
    """Look for a plan with the meetings that are best for the pairs alone; if it is not the best, search freely."""
    whole = model.model
    meetings = add_meetings(whole, problem, model.on_duty, goal.pairs)
    whole.minimize(requests_objective(goal.request_costs, model.on_duty, meetings))
    pairs_only = plan_pairs_only(problem, goal, search)
    around: list[StaffedSeat] | None = None
    # As a rule of the model, the coarser model's bound would slow the search down; so results are compared with it.
    least = goal.lower_bound
    if pairs_only is not None:
        of_paired = {duty: cost for duty, cost in goal.request_costs.items() if duty.engineer in goal.paired}
        whole.add(requests_objective(of_paired, model.on_duty, meetings) >= pairs_only.bound)
        with_meetings = whole.clone()
        for each in pairs_only.meetings:
            with_meetings.add(with_meetings.get_bool_var_from_proto_index(meetings[each].index) == 1)
        result = search.run(with_meetings, effort=EFFORT_WITH_PAIRS)
        around = model.seats(result) if result.has_solution else None
        least = _least_requests_cost(goal, pairs_only)
        if around is not None and _requests_cost(goal, around) == least:
            return RequestsResult(around, True, least)
    result = search.run(whole, effort=EFFORT_WITH_PAIRS, linearization=2)
    return _better(goal, around, model, result, least)


def _better(
    goal: RequestsGoal,
    around: list[StaffedSeat] | None,
    model: PlanModel,
    result: SearchResult,
    least: int | None,
) -> RequestsResult:
    """Return the better result: `around` (the seats with the pairs' own meetings), or that of the free search.

    least: a lower bound on the cost of the requests; None if none is known.
    """
    if not result.has_solution:
        return RequestsResult(around, False)
    seats = model.seats(result)
    if around is not None and _requests_cost(goal, around) < _requests_cost(goal, seats):
        return RequestsResult(around, False)
    cost = _requests_cost(goal, seats)
    is_best = result.status is SearchStatus.OPTIMAL or cost == least
    return RequestsResult(seats, is_best, cost if is_best else None)


def _requests_cost(goal: RequestsGoal, seats: list[StaffedSeat]) -> int:
    return goal.cost_of(Duty(seat.engineer, seat.shift) for seat in seats)


def _least_requests_cost(goal: RequestsGoal, pairs_only: PairsOnlyPlan) -> int:
    """Return a lower bound on the cost of any plan's requests: that of a coarser model, or the pairs' bound.

    The pairs' bound assumes that all other preferences are met.
    """
    others = (cost for duty, cost in goal.request_costs.items() if duty.engineer not in goal.paired)
    least = pairs_only.bound + sum(min(0, cost) for cost in others)
    return least if goal.lower_bound is None else max(least, goal.lower_bound)
