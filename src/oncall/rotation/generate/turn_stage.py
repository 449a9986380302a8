"""The fairness stage for turns: the patterns of the counting bound first, then every listed pattern."""

from __future__ import annotations

from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.solve.search import Search
from oncall.rotation.solve.turn_model import TurnBound, TurnModel

START_EFFORT = 10.0
"""Deterministic seconds in which the solver looks for a calendar of the fairest patterns."""


def turns_of_fairest_patterns(problem: Problem, bound: TurnBound, search: Search) -> list[StaffedSeat] | None:
    """Return the seats of a plan with the patterns of the counting bound: no plan costs less. None if not found."""
    if not bound.is_complete:
        return None
    model = TurnModel(problem, bound, {}, search)
    model.keep(bound)
    result = search.run(model.model, effort=START_EFFORT)
    return model.seats(result) if result.has_solution else None
