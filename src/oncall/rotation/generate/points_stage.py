"""The points stage (`rotation.points`): among equally fair plans with requests met as well, evens out the points.

It replaces the stage of even totals. First comes a bound from counts without a calendar; a plan that reaches it is
proven. Otherwise a solver searches for a limited effort, the same on every machine. A note of the plan says whether the
points are proven the most even.
"""

from __future__ import annotations

from dataclasses import replace

from oncall.rotation.generate.fairness_stage import BestPlan, with_seats
from oncall.rotation.problem.points import PointsMeasure
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.requests import preferred_pairs, request_costs
from oncall.rotation.solve.even_points import points_value
from oncall.rotation.solve.pair_meetings import RequestsGoal, add_meetings, requests_objective
from oncall.rotation.solve.point_choices import PointChoices, add_points
from oncall.rotation.solve.search import Search, SearchStatus

EFFORT = 1.5
"""Deterministic seconds in which the solver looks for more even points."""


def with_even_points(problem: Problem, search: Search, best: BestPlan) -> BestPlan:
    """Return a plan of the same cost that meets the requests as well, with the most even points that are found."""
    measure = problem.points
    if measure is None or search.is_over:
        return best
    is_proven = False
    if best.is_proven:
        search.enter_stage(f"cost {best.cost} is proven; evening out {measure.name}")
        best, is_proven = _solved(problem, search, best, measure)
    return replace(best, notes=(*best.notes, _note(problem, best, measure, is_proven=is_proven)))


def _solved(problem: Problem, search: Search, best: BestPlan, measure: PointsMeasure) -> tuple[BestPlan, bool]:
    """Return the plan with the most even points that the solver finds, and True if none can be more even."""
    choices = PointChoices.at_cost(problem, measure, best.cost, best.model_type, best.ranges)
    least = 0 if choices is None else choices.least(search)
    if points_value(problem, measure, best.seats) <= least:
        return best, True
    model = best.model_type(problem, best.counting_bound, best.ranges, search)
    model.keep_cost(best.cost)
    goal = RequestsGoal(request_costs(problem), preferred_pairs(problem), best.cost, best.model_type, best.ranges)
    if goal.request_costs or goal.pairs:
        meetings = add_meetings(model.model, problem, model.on_duty, goal.pairs)
        met = requests_objective(goal.request_costs, model.on_duty, meetings)
        model.model.add(met <= goal.cost_of(Duty(seat.engineer, seat.shift) for seat in best.seats))
    unevenness = add_points(model.model, problem, measure, model.on_duty, choices)
    model.model.add(unevenness >= least)
    model.model.minimize(unevenness)
    taken = {Duty(seat.engineer, seat.shift) for seat in best.seats}
    # The duties of a turn share one variable, and a variable takes one hint.
    hints = {literal.index: (literal, duty in taken) for duty, literal in model.on_duty.items()}
    for literal, is_taken in hints.values():
        model.model.add_hint(literal, is_taken)
    result = search.run(model.model, effort=EFFORT)
    if not result.has_solution:
        return best, False
    found = with_seats(problem, best, model.seats(result))
    before, after = (points_value(problem, measure, each.seats) for each in (best, found))
    if found.cost > best.cost or after > before:
        return best, False
    return found, result.status is SearchStatus.OPTIMAL


def _note(problem: Problem, best: BestPlan, measure: PointsMeasure, *, is_proven: bool) -> str:
    furthest = float(measure.furthest(problem.counted_seats(best.seats)))
    proof = "no plan as fair is more even" if is_proven else "a plan as fair may be more even"
    return f"{measure.name}: everyone's total is within {furthest:.1f} of their share; {proof}"
