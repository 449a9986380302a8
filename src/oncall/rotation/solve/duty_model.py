"""The board for rosters where everybody takes every role: who is on duty is all there is to decide.

The roles follow by an even split that costs nothing, or nearly so around seats that are fixed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import deal, duty_curve, most_duties
from oncall.rotation.solve.model_base import (
    Counted,
    Floor,
    Held,
    LoadVariables,
    ModelBase,
    Span,
    add_cost,
    add_duties,
    teams_of,
)
from oncall.rotation.solve.role_models import seated_fairly
from oncall.rotation.solve.role_split import split_evenly
from oncall.rotation.solve.search import Search, SearchResult
from oncall.support.windows import WindowKind


class DutyModel(ModelBase):
    """Decides who is on duty, nothing else."""

    def __init__(self, problem: Problem, floor: Floor, spans: Mapping[Counted, Span], search: Search) -> None:
        self._problem = problem
        self._search = search
        self.model = cp_model.CpModel()
        self.takes = add_duties(self.model, problem)
        costs = []
        for (engineer, kind, _), span in spans.items():
            duties = [self.takes[duty] for duty in problem.duties_of(engineer, kind)]
            curve = duty_curve(problem, engineer, kind)
            costs.append(add_cost(self.model, cp_model.LinearExpr.sum(duties), len(duties), curve, span))
        self.cost = cp_model.LinearExpr.sum(costs)
        self.model.add(self.cost >= floor.cost)

    @staticmethod
    def floor(problem: Problem, search: Search) -> Floor | None:
        """The counting bound by dealing out duties kind by kind."""
        people = range(len(problem.engineers))
        cost = 0
        counts: dict[Counted, int] = {}
        for kind, total in problem.shares.totals.items():
            curves = [duty_curve(problem, each, kind) for each in people]
            most = [most_duties(problem, each, kind) for each in people]
            dealt = deal(total * len(problem.roles), curves, most)
            if dealt is None:
                return None
            cost += sum(curve(count) for curve, count in zip(curves, dealt, strict=True))
            counts.update({Counted(each, kind, None): dealt[each] for each in people})
        return Floor(cost, counts)

    @staticmethod
    def counts(model: cp_model.CpModel, problem: Problem, spans: Mapping[Counted, Span]) -> LoadVariables:
        """Counts of duties alone, of which there are as many as seats of each kind."""
        numbers: dict[tuple[int, WindowKind], cp_model.IntVar] = {}
        costs = []
        for counted, span in spans.items():
            engineer, kind, _ = counted
            most = most_duties(problem, engineer, kind)
            number = model.new_int_var(0, most, "")
            costs.append(add_cost(model, number, most, duty_curve(problem, engineer, kind), span))
            numbers[engineer, kind] = number
        for kind, total in problem.shares.totals.items():
            mine = [number for (_, each), number in numbers.items() if each is kind]
            model.add(cp_model.LinearExpr.sum(mine) == total * len(problem.roles))
        return LoadVariables(numbers, cp_model.LinearExpr.sum(costs))

    def seats(self, outcome: SearchResult) -> list[Held]:
        """The seats of the plan found: roles split evenly within each kind, or nearly so around fixed seats."""
        return seated(self._problem, teams_of(self._problem, self.takes, outcome), self._search)


def seated(problem: Problem, teams: Sequence[Sequence[int]], search: Search) -> list[Held]:
    """The seats of every shift's people, as fairly as these people and the fixed seats allow."""
    if problem.roles_are_free:
        return seated_evenly(problem, teams)
    return seated_fairly(problem, teams, search)


def seated_evenly(problem: Problem, teams: Sequence[Sequence[int]]) -> list[Held]:
    """The seats of every shift's people who all take every role, roles split evenly within each kind."""
    ordered: dict[int, tuple[int, ...]] = {}
    for kind in problem.shares.totals:
        numbers = [number for number, shift in enumerate(problem.shifts) if shift.kind is kind]
        ordered.update(zip(numbers, split_evenly([teams[number] for number in numbers]), strict=True))
    return [
        Held(number, role, person)
        for number in range(len(problem.shifts))
        for role, person in zip(problem.roles, ordered[number], strict=True)
    ]
