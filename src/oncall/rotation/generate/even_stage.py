"""The stage of even totals: among plans of the same cost that meet the requests as well, finds an even one.

The greedy starts aim at even totals, so that most plans already have them. If not, shifts are passed on along chains of
engineers, as long as no request is broken. Then a solver looks for a better plan, with a small effort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncall.rotation.generate.fairness_stage import BestPlan, targets_of, with_seats
from oncall.rotation.generate.rebalancing import rebalance
from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.problem.requests import preferred_pairs, request_costs
from oncall.rotation.solve.even_totals import add_unevenness, totals_on_duty
from oncall.rotation.solve.legal_duties import LegalDuties
from oncall.rotation.solve.pair_meetings import RequestsGoal, add_meetings, requests_objective
from oncall.rotation.solve.role_assignment import assign_roles
from oncall.rotation.solve.search import Search

EFFORT = 0.3
"""Deterministic seconds in which the solver looks for more even totals: enough to prove those of a small team."""
SMALL = 1500
"""With requests, the solver looks only with at most this many pairs of an engineer and a shift.

A larger model takes seconds and gains little.
"""


def with_even_totals(problem: Problem, search: Search, best: BestPlan) -> BestPlan:
    """Return a plan of the same cost that meets the requests as well, with more even totals if one is found."""
    if best.is_even or not best.is_proven or search.is_over:
        return best
    goal = RequestsGoal(request_costs(problem), preferred_pairs(problem), best.cost, best.model_type, best.ranges)
    if (goal.request_costs or goal.pairs) and not problem.has_turns:
        best = _better(goal, best, _rebalanced(problem, search, best, goal))
        if len(problem.engineers) * len(problem.shifts) > SMALL:
            return best
    return best if best.is_even else _better(goal, best, _solved(problem, search, best, goal))


def _better(goal: RequestsGoal, best: BestPlan, found: BestPlan) -> BestPlan:
    return min(best, found, key=lambda each: (each.cost, _requests_cost(goal, each.seats), each.unevenness))


def _requests_cost(goal: RequestsGoal, seats: Sequence[StaffedSeat]) -> int:
    return goal.cost_of(Duty(seat.engineer, seat.shift) for seat in seats)


def _rebalanced(problem: Problem, search: Search, best: BestPlan, goal: RequestsGoal) -> BestPlan:
    """Return the plan after transfers towards the even totals of the counting bound. No transfer breaks a request."""
    legal = LegalDuties(problem)
    teams: list[list[int]] = [[] for _ in problem.shifts]
    for seat in best.seats:
        legal.take(Duty(seat.engineer, seat.shift))
        teams[seat.shift].append(seat.engineer)
    request_costs, paired = goal.request_costs, goal.paired

    def is_harmless(shift: int, giver: int, taker: int) -> bool:
        added = request_costs.get(Duty(taker, shift), 0) - request_costs.get(Duty(giver, shift), 0)
        return added <= 0 and giver not in paired

    rebalance(problem, targets_of(best.counting_bound), legal, teams, is_harmless)
    return with_seats(problem, best, assign_roles(problem, teams, search))


def _solved(problem: Problem, search: Search, best: BestPlan, goal: RequestsGoal) -> BestPlan:
    """Return the plan with the most even totals that the solver finds in its effort; else `best`."""
    model = best.model_type(problem, best.counting_bound, best.ranges, search)
    model.keep_cost(best.cost)
    if goal.request_costs or goal.pairs:
        meetings = add_meetings(model.model, problem, model.on_duty, goal.pairs)
        met = requests_objective(goal.request_costs, model.on_duty, meetings)
        model.model.add(met <= _requests_cost(goal, best.seats))
    unevenness = add_unevenness(model.model, problem, totals_on_duty(problem, model.on_duty))
    if best.cost == best.counting_bound.cost:
        model.model.add(unevenness >= best.counting_bound.unevenness)
    model.model.minimize(unevenness)
    result = search.run(model.model, effort=EFFORT)
    return with_seats(problem, best, model.seats(result)) if result.has_solution else replace(best)
