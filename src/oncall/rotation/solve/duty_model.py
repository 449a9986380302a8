"""The model for rosters in which every engineer takes every role: it decides only who is on duty.

Roles are assigned afterwards. An even split adds no cost, or almost none around fixed seats.
"""

from __future__ import annotations

from collections.abc import Mapping

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CountingBound, cheapest_counts, duty_cost_curve, max_duties
from oncall.rotation.solve.duty_constraints import add_duties
from oncall.rotation.solve.even_totals import EvenTotals
from oncall.rotation.solve.load_counts import CountRange, LoadKey, LoadVariables, add_cost
from oncall.rotation.solve.model_base import PlanModel, teams_on_duty
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.role_assignment import assign_roles
from oncall.rotation.solve.search import Search, SearchResult
from oncall.support.windows import WindowKind


class DutyModel(PlanModel):
    """Decides who is on duty. Its loads are totals over all roles."""

    def __init__(
        self, problem: Problem, bound: CountingBound, ranges: Mapping[LoadKey, CountRange], search: Search
    ) -> None:
        self._problem = problem
        self._search = search
        self.model = new_model()
        self.on_duty = add_duties(self.model, problem)
        costs = []
        for key, count_range in ranges.items():
            duties = [self.on_duty[duty] for duty in problem.duties_of(key.engineer, key.kind)]
            curve = duty_cost_curve(problem, key.engineer, key.kind)
            costs.append(add_cost(self.model, cp_model.LinearExpr.sum(duties), len(duties), curve, count_range))
        self.cost = cp_model.LinearExpr.sum(costs)
        self.model.add(self.cost >= bound.cost)

    @staticmethod
    def counting_bound(problem: Problem, search: Search) -> CountingBound | None:
        """Return the counting bound: the cheapest counts of duties, kind by kind."""
        people = range(len(problem.engineers))
        cost = 0
        counts: dict[WindowKind, list[int]] = {}
        curves = {
            (each, kind): duty_cost_curve(problem, each, kind) for kind in problem.shares.totals for each in people
        }
        most = {kind: [max_duties(problem, each, kind) for each in people] for kind in problem.shares.totals}
        for kind, total in problem.shares.totals.items():
            own = [curves[each, kind] for each in people]
            cheapest = cheapest_counts(total * len(problem.roles), own, most[kind])
            if cheapest is None:
                return None
            cost += sum(curve(count) for curve, count in zip(own, cheapest, strict=True))
            counts[kind] = cheapest
        unevenness = EvenTotals(problem, counts, lambda each, kind: curves[each, kind], most).settle()
        by_key = {LoadKey(each, kind, None): counts[kind][each] for kind in counts for each in people}
        return CountingBound(cost, by_key, unevenness=unevenness)

    @staticmethod
    def add_loads(model: cp_model.CpModel, problem: Problem, ranges: Mapping[LoadKey, CountRange]) -> LoadVariables:
        """Add the counts of duties, so that they add up to the seats of each kind, with their cost."""
        counts: dict[LoadKey, cp_model.IntVar] = {}
        costs = []
        for key, count_range in ranges.items():
            most = max_duties(problem, key.engineer, key.kind)
            counts[key] = model.new_int_var(0, most, "")
            curve = duty_cost_curve(problem, key.engineer, key.kind)
            costs.append(add_cost(model, counts[key], most, curve, count_range))
        for kind, total in problem.shares.totals.items():
            of_kind = [count for key, count in counts.items() if key.kind is kind]
            model.add(cp_model.LinearExpr.sum(of_kind) == total * len(problem.roles))
        return LoadVariables(counts, cp_model.LinearExpr.sum(costs))

    def seats(self, result: SearchResult) -> list[StaffedSeat]:
        """Return the seats of the plan that was found, with roles as fair as the teams and the fixed seats allow."""
        return assign_roles(self._problem, teams_on_duty(self._problem, self.on_duty, result), self._search)

    def quick_cost(self, result: SearchResult) -> int | None:
        """Return the true cost of the plan that was found; None if a solver has to split roles around fixed seats."""
        return self._problem.cost_of(self.seats(result)) if self._problem.roles_are_free else None
