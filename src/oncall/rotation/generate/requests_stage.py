"""The requests stage: the plan that meets the requests best, among the plans that are as fair as the fairest."""

from __future__ import annotations

from dataclasses import dataclass

from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.model_base import PlanModel
from oncall.rotation.solve.pair_bounds import PairsOnlyPlan, plan_pairs_only
from oncall.rotation.solve.pair_meetings import RequestsGoal, add_meetings, requests_objective
from oncall.rotation.solve.search import Search, SearchResult, SearchStatus
from oncall.rotation.solve.turn_model import TurnBound, TurnModel

TURNS_EFFORT = 1.0
"""Deterministic seconds for the requests of a plan with turns."""
EFFORT, EFFORT_WITH_PAIRS = 20.0, 5.0
"""Deterministic seconds: enough to prove a large team's year; fewer with pairs, whose proof is often far off."""


@dataclass(frozen=True, slots=True)
class RequestsResult:
    """The best seats found in time, or None. is_best: it is proven that no plan meets the requests better."""

    seats: list[StaffedSeat] | None
    is_best: bool


def meet_requests(problem: Problem, goal: RequestsGoal, bound: CountingBound, search: Search) -> RequestsResult:
    """Return the seats that meet the requests best, from one search with the goal's kind of model.

    The model may underestimate the cost of a plan, so the caller has to compute the cost of the seats.
    """
    model = goal.model_type(problem, bound, goal.ranges, search)
    model.model.add(model.cost <= goal.cost)
    if isinstance(model, TurnModel) and isinstance(bound, TurnBound) and not goal.pairs:
        return _meet_with_turns(goal, bound, model, search)
    if goal.pairs:
        return _meet_with_pairs(problem, goal, model, search)
    model.model.minimize(requests_objective(goal.request_costs, model.on_duty, {}))
    result = search.run(model.model, effort=EFFORT)
    if not result.has_solution:
        return RequestsResult(None, False)
    return RequestsResult(model.seats(result), result.status is SearchStatus.OPTIMAL)


def _meet_with_turns(goal: RequestsGoal, bound: TurnBound, model: TurnModel, search: Search) -> RequestsResult:
    """Search among plans with the patterns of the bound; the best one is proven only if it meets every request."""
    if bound.is_complete and bound.cost == goal.cost:
        model.keep(bound)
    model.model.minimize(requests_objective(goal.request_costs, model.on_duty, {}))
    result = search.run(model.model, effort=TURNS_EFFORT)
    if not result.has_solution:
        return RequestsResult(None, False)
    seats = model.seats(result)
    return RequestsResult(
        seats, _requests_cost(goal, seats) == sum(min(0, cost) for cost in goal.request_costs.values())
    )


def _meet_with_pairs(problem: Problem, goal: RequestsGoal, model: PlanModel, search: Search) -> RequestsResult:
    """Search first around the meetings that are best for the pairs alone, then freely if that is not proven best."""
    whole = model.model
    meetings = add_meetings(whole, problem, model.on_duty, goal.pairs)
    whole.minimize(requests_objective(goal.request_costs, model.on_duty, meetings))
    pairs_only = plan_pairs_only(problem, goal, search)
    around: list[StaffedSeat] | None = None
    if pairs_only is not None:
        of_paired = {duty: cost for duty, cost in goal.request_costs.items() if duty.engineer in goal.paired}
        whole.add(requests_objective(of_paired, model.on_duty, meetings) >= pairs_only.bound)
        with_meetings = whole.clone()
        for each in pairs_only.meetings:
            with_meetings.add(with_meetings.get_bool_var_from_proto_index(meetings[each].index) == 1)
        result = search.run(with_meetings, effort=EFFORT_WITH_PAIRS)
        around = model.seats(result) if result.has_solution else None
        if around is not None and _requests_cost(goal, around) == _least_requests_cost(goal, pairs_only):
            return RequestsResult(around, True)
    result = search.run(whole, effort=EFFORT_WITH_PAIRS, linearization=2)
    return _better(goal, around, model, result)


def _better(
    goal: RequestsGoal, around: list[StaffedSeat] | None, model: PlanModel, result: SearchResult
) -> RequestsResult:
    """Return the better of the seats around the pairs' own meetings and those of the free search."""
    if not result.has_solution:
        return RequestsResult(around, False)
    seats = model.seats(result)
    if around is not None and _requests_cost(goal, around) < _requests_cost(goal, seats):
        return RequestsResult(around, False)
    return RequestsResult(seats, result.status is SearchStatus.OPTIMAL)


def _requests_cost(goal: RequestsGoal, seats: list[StaffedSeat]) -> int:
    return goal.cost_of(Duty(seat.engineer, seat.shift) for seat in seats)


def _least_requests_cost(goal: RequestsGoal, pairs_only: PairsOnlyPlan) -> int:
    """Return a cost that no plan's requests can be below: the pairs' bound, with all preferences of others met."""
    others = (cost for duty, cost in goal.request_costs.items() if duty.engineer not in goal.paired)
    return pairs_only.bound + sum(min(0, cost) for cost in others)
