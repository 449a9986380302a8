"""The model for turns: who has which turn in which role, with one choice of a pattern for each engineer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.load_counts import CountRange, LoadKey, LoadVariables
from oncall.rotation.solve.model_base import PlanModel
from oncall.rotation.solve.role_loads import add_loads_by_role
from oncall.rotation.solve.search import Search
from oncall.rotation.solve.seat_variables import SeatVariables
from oncall.rotation.solve.turn_bound import TurnBound, turn_bound
from oncall.rotation.solve.turn_patterns import TurnKey, grouped


class TurnModel(SeatVariables, PlanModel):
    """Decides who has which turn in which role. Its cost is exact for the patterns that the bound lists."""

    has_exact_costs = True

    def __init__(
        self, problem: Problem, bound: CountingBound, ranges: Mapping[LoadKey, CountRange], search: Search
    ) -> None:
        super().__init__(problem)
        assert isinstance(bound, TurnBound) and bound.types is not None, "turns have a bound of their own"
        self._types, self._bound = bound.types, bound
        self.counts = [self._counts_of(engineer) for engineer in range(len(problem.engineers))]
        self.choices: list[list[cp_model.IntVar]] = []
        costs: list[cp_model.LinearExprT] = []
        for engineer, own in enumerate(bound.lists):
            choices = [self.model.new_bool_var("") for _ in own.patterns]
            self.choices.append(choices)
            self.model.add_exactly_one(choices)
            for key, count in self.counts[engineer].items():
                terms = [had * choice for had, choice in zip(own.counts_of(key), choices, strict=True) if had]
                self.model.add(count == cp_model.LinearExpr.sum(terms))
            costs += [p.cost * choice for p, choice in zip(own.patterns, choices, strict=True)]
        self.cost = cp_model.LinearExpr.sum(costs)
        self.model.add(self.cost >= bound.cost)

    def _counts_of(self, engineer: int) -> dict[TurnKey, cp_model.LinearExprT]:
        counts: dict[TurnKey, cp_model.LinearExprT] = {}
        for number, units in enumerate(self._types.units):
            for role in self.problem.roles:
                seats = [StaffedSeat(unit[0], role, engineer) for unit in units]
                taken = [self.in_seat[seat] for seat in seats if seat in self.in_seat]
                if taken:
                    counts[TurnKey(number, role)] = cp_model.LinearExpr.sum(taken)
        return counts

    def keep_cost(self, cost: int, *, clone: cp_model.CpModel | None = None) -> None:
        """Require a cost of at most `cost`, and leave out the patterns that no such plan can have.

        clone: a copy of the model to change instead; None to change this model.
        """
        model = clone or self.model
        model.add(self.cost <= cost)
        for choices, least in zip(self.choices, self._bound.least, strict=True):
            for choice, needed in zip(choices, least, strict=True):
                if needed > cost:
                    model.add(choice == 0)

    def keep(self, bound: TurnBound) -> None:
        """Require the patterns of the bound. Engineers with the same shares may exchange their patterns."""
        for group in grouped(bound.lists):
            wanted = Counter(bound.chosen[engineer] for engineer in group)
            for engineer in group:
                for number, pattern in enumerate(bound.lists[engineer].patterns):
                    if pattern not in wanted:
                        self.model.add(self.choices[engineer][number] == 0)
            for pattern, times in wanted.items():
                place = bound.lists[group[0]].patterns.index(pattern)
                self.model.add(cp_model.LinearExpr.sum([self.choices[each][place] for each in group]) == times)

    @staticmethod
    def counting_bound(problem: Problem, search: Search) -> CountingBound | None:
        """Return the counting bound: the least cost of patterns that add up; None if none do."""
        return turn_bound(problem, search)

    @staticmethod
    def add_loads(model: cp_model.CpModel, problem: Problem, ranges: Mapping[LoadKey, CountRange]) -> LoadVariables:
        """Add loads in each role and in all roles together."""
        return add_loads_by_role(model, problem, ranges)
