"""The fairness stage for turns: tries the patterns of the counting bound, then every pattern of a cheap plan."""

from __future__ import annotations

from dataclasses import dataclass

from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.solve.search import Search, SearchStatus
from oncall.rotation.solve.turn_bound import TurnBound
from oncall.rotation.solve.turn_model import TurnModel

START_EFFORT = 2.0
"""Deterministic seconds in which the solver looks for a calendar for the fairest and most even patterns."""
FIRST_STEP = 100
"""By how much the second step may exceed the counting bound; each further step goes four times as far."""


@dataclass(frozen=True, slots=True)
class TurnStart:
    """The seats of a plan of turns; None if none was found. bound: no plan costs less."""

    seats: list[StaffedSeat] | None
    bound: int


def start_of_turns(problem: Problem, bound: TurnBound, search: Search) -> TurnStart:
    """Return the cheapest plan with the patterns that the bound lists, and what is proven about its cost.

    First it searches plans of the least cost, which have few possible patterns; then it allows a higher cost, step by
    step. A step without a plan raises the bound.
    """
    if not bound.is_complete:
        return TurnStart(None, bound.cost)
    seats = _of_chosen_patterns(problem, bound, search)
    if seats is not None:
        return TurnStart(seats, bound.cost)
    most, step, proven = bound.cost, FIRST_STEP, bound.cost
    while most < bound.beyond:
        model = TurnModel(problem, bound, {}, search)
        model.keep_cost(most)
        model.model.minimize(model.cost)
        result = search.run(model.model, lower_bound=proven, most_bound=most)
        if result.status is not SearchStatus.INFEASIBLE:
            return TurnStart(model.seats(result) if result.has_solution else None, max(proven, result.bound))
        proven, most, step = most + 1, most + step, 4 * step
    return TurnStart(None, proven)


def _of_chosen_patterns(problem: Problem, bound: TurnBound, search: Search) -> list[StaffedSeat] | None:
    """Return the seats of a cheapest plan with the patterns of the counting bound; None if none was found."""
    model = TurnModel(problem, bound, {}, search)
    model.keep(bound)
    result = search.run(model.model, effort=START_EFFORT)
    return model.seats(result) if result.has_solution else None
