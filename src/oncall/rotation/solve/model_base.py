"""The base of the planning models: a CP-SAT model of who is on duty, whose objective is the fairness cost.

`duty_model` is for rosters in which every engineer takes every role; `role_models` is for all others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.duty_constraints import DutyVariables
from oncall.rotation.solve.load_counts import CountRange, LoadKey, LoadVariables
from oncall.rotation.solve.search import Search, SearchResult


class PlanModel(ABC):
    """A CP-SAT model of a whole plan. It never overestimates the cost of a plan, so that its bounds are true.

    on_duty: 1 if the plan contains the duty; only for duties that the engineers may have.
    has_exact_costs: the model's cost of a plan is the true cost if all loads are inside their ranges.
    """

    has_exact_costs = False
    model: cp_model.CpModel
    on_duty: dict[Duty, cp_model.IntVar]
    cost: cp_model.LinearExprT

    @abstractmethod
    def __init__(
        self, problem: Problem, bound: CountingBound, ranges: Mapping[LoadKey, CountRange], search: Search
    ) -> None: ...

    def keep_cost(self, cost: int, *, clone: cp_model.CpModel | None = None) -> None:
        """Require a cost of at most `cost`, in this model, or in `clone` (a copy of it) if given."""
        (clone or self.model).add(self.cost <= cost)

    @staticmethod
    @abstractmethod
    def counting_bound(problem: Problem, search: Search) -> CountingBound | None:
        """Return the counting bound; None if all engineers together cannot take all duties of some kind."""

    @staticmethod
    @abstractmethod
    def add_loads(model: cp_model.CpModel, problem: Problem, ranges: Mapping[LoadKey, CountRange]) -> LoadVariables:
        """Add loads to a model without a calendar, with their cost in the form of this kind of model."""

    @abstractmethod
    def seats(self, result: SearchResult) -> list[StaffedSeat]:
        """Return the seats of the plan that was found, by shift and then role.

        Their true cost may be higher than the model's.
        """

    def quick_cost(self, result: SearchResult) -> int | None:
        """Return the true cost of the plan that was found; None if a solver has to assign its roles first."""
        return None


def teams_on_duty(problem: Problem, on_duty: DutyVariables, result: SearchResult) -> list[list[int]]:
    """Return the numbers of the engineers on duty in the plan that was found, for each shift."""
    return [
        [each for each in eligible if result.is_true(on_duty[Duty(each, number)])]
        for number, eligible in enumerate(problem.eligible_engineers)
    ]


def sorted_seats(problem: Problem, seats: Iterable[StaffedSeat]) -> list[StaffedSeat]:
    """Return seats by shift, then in the order of the roles."""
    return sorted(seats, key=lambda seat: (seat.shift, problem.roles.index(seat.role)))
