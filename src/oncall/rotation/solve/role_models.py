"""The models for rosters in which some engineers do not take every role.

`LoadModel` decides who is on duty, and how many shifts of each role each engineer has; a second, much smaller model
then decides the roles of each shift. Sometimes no roles fit the loads that `LoadModel` chose. Only then `SeatModel`
runs: it decides every seat and is exact, but takes many times longer.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CountingBound, role_cost_curve
from oncall.rotation.solve.duty_constraints import add_duties
from oncall.rotation.solve.duty_model import DutyModel
from oncall.rotation.solve.load_counts import CountRange, LoadKey, LoadVariables, add_cost
from oncall.rotation.solve.model_base import PlanModel, teams_on_duty
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.role_assignment import assign_roles_fairly
from oncall.rotation.solve.role_loads import add_counts, add_loads_by_role, costs_of, counting_bound_by_role
from oncall.rotation.solve.search import Search, SearchResult
from oncall.rotation.solve.seat_variables import SeatVariables
from oncall.support.windows import WindowKind


class LoadModel(PlanModel):
    """Decides who is on duty, and how many shifts of each role each engineer has."""

    def __init__(
        self, problem: Problem, bound: CountingBound, ranges: Mapping[LoadKey, CountRange], search: Search
    ) -> None:
        self._problem = problem
        self._search = search
        self.model = new_model()
        self.on_duty = add_duties(self.model, problem)
        for number in range(len(problem.shifts)):
            self._leave_roles_possible(number)
        costs: list[cp_model.LinearExprT] = []
        for kind, total in problem.shares.totals.items():
            costs += self._add_kind(kind, total, ranges)
        self.cost = cp_model.LinearExpr.sum(costs)
        if bound.is_exact:
            self.model.add(self.cost >= bound.cost)

    def _leave_roles_possible(self, number: int) -> None:
        """Allow at most as many engineers who take only certain roles on one shift as there are such roles.

        That is Hall's condition: under it, the engineers on the shift can always fill all roles.
        """
        eligible = self._problem.eligible_engineers[number]
        own = {each: set(self._problem.roles_at(each, number)) for each in eligible}
        for size in range(1, len(self._problem.roles)):
            for roles in combinations(self._problem.roles, size):
                confined = [self.on_duty[Duty(each, number)] for each in eligible if own[each] <= set(roles)]
                if len(confined) > size:
                    self.model.add(cp_model.LinearExpr.sum(confined) <= size)

    def _add_kind(
        self, kind: WindowKind, total: int, ranges: Mapping[LoadKey, CountRange]
    ) -> list[cp_model.LinearExprT]:
        """Add the loads of one kind of shift, and return their costs."""
        problem = self._problem
        duties = [problem.duties_of(engineer, kind) for engineer in range(len(problem.engineers))]
        most = [len(each) for each in duties]
        counts = add_counts(self.model, problem, kind, total, most)
        costs = costs_of(self.model, problem, counts, most, ranges)
        for engineer, own in enumerate(duties):
            taken = cp_model.LinearExpr.sum([self.on_duty[duty] for duty in own])
            self.model.add(taken == counts[LoadKey(engineer, kind, None)])
        return costs

    @staticmethod
    def counting_bound(problem: Problem, search: Search) -> CountingBound | None:
        """Return the counting bound of each kind and role."""
        return counting_bound_by_role(problem, search)

    @staticmethod
    def add_loads(model: cp_model.CpModel, problem: Problem, ranges: Mapping[LoadKey, CountRange]) -> LoadVariables:
        """Add loads in each role and in all roles together."""
        return add_loads_by_role(model, problem, ranges)

    def seats(self, result: SearchResult) -> list[StaffedSeat]:
        """Return the seats of the plan that was found, with roles as fair as the engineers on duty allow."""
        teams = teams_on_duty(self._problem, self.on_duty, result)
        return assign_roles_fairly(self._problem, teams, self._search)


class SeatModel(SeatVariables, PlanModel):
    """Decides who has which seat."""

    has_exact_costs = True

    def __init__(
        self, problem: Problem, bound: CountingBound, ranges: Mapping[LoadKey, CountRange], search: Search
    ) -> None:
        super().__init__(problem)
        self.cost = cp_model.LinearExpr.sum([self._cost_of(key, ranges[key]) for key in ranges])
        if bound.is_exact:
            self.model.add(self.cost >= bound.cost)

    def _cost_of(self, key: LoadKey, count_range: CountRange) -> cp_model.LinearExprT:
        if key.role is None:
            taken = [self.on_duty[duty] for duty in self.problem.duties_of(key.engineer, key.kind)]
        else:
            taken = list(self.counted_seats(key))
        count = cp_model.LinearExpr.sum(taken)
        return add_cost(self.model, count, len(taken), role_cost_curve(self.problem, key), count_range)

    @staticmethod
    def counting_bound(problem: Problem, search: Search) -> CountingBound | None:
        """Return the counting bound of each kind and role."""
        return counting_bound_by_role(problem, search)

    @staticmethod
    def add_loads(model: cp_model.CpModel, problem: Problem, ranges: Mapping[LoadKey, CountRange]) -> LoadVariables:
        """Add loads in each role and in all roles together."""
        return add_loads_by_role(model, problem, ranges)


def first_model_of(problem: Problem) -> type[PlanModel]:
    """Return the coarsest kind of model that can be exact for a problem. It is also the fastest one."""
    if problem.has_turns:
        # The coarser models decide roles shift by shift.
        return SeatModel
    return DutyModel if problem.roles_are_interchangeable else LoadModel
