"""Even points by counts: how many shifts of each kind each engineer may have in a plan of a given cost.

An engineer's points are a sum of few large numbers (13 hours for each night, 61 for each weekend), so that most points
near a share cannot be reached. A square of the points in a linear relaxation knows nothing of that. Here each engineer
has one of a few choices of counts instead, each with its exact unevenness. Without a calendar, the choices that add up
give a bound, and there is nearly always a plan that reaches it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from ortools.sat.python import cp_model

from oncall.rotation.problem.points import PointsMeasure
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import (
    cheapest_counts,
    duty_cost_curve,
    max_duties,
    role_cost_curve,
)
from oncall.rotation.solve.duty_constraints import DutyVariables
from oncall.rotation.solve.duty_model import DutyModel
from oncall.rotation.solve.even_points import add_squares, unevenness_of_points
from oncall.rotation.solve.load_counts import CostCurve, CountRange, LoadKey
from oncall.rotation.solve.model_base import PlanModel
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.search import Search
from oncall.support.windows import WindowKind

EFFORT = 1.0
"""Deterministic seconds for the bound on the unevenness. It is the best bound proven by then."""
MOST_CHOICES = 8000
"""With more choices than this in all, the squares of `even_points` are smaller."""

_Counts = tuple[int, ...]
"""How many shifts of each kind an engineer has, in the order of the kinds."""


@dataclass(frozen=True)
class PointChoices:
    """The counts that each engineer may have in a plan of at most `cost`, each with its unevenness.

    of: by the engineer's number. model_type, ranges: the kind of model whose loads and costs the bound uses.
    """

    problem: Problem
    cost: int
    kinds: Sequence[WindowKind]
    of: Sequence[Mapping[_Counts, int]]
    model_type: type[PlanModel]
    ranges: Mapping[LoadKey, CountRange]

    @classmethod
    def at_cost(
        cls,
        problem: Problem,
        measure: PointsMeasure,
        cost: int,
        model_type: type[PlanModel],
        ranges: Mapping[LoadKey, CountRange],
    ) -> PointChoices | None:
        """Return the choices in a plan of at most this cost; None if there are too many of them."""
        kinds = list(problem.shares.totals)
        possible = _possible_counts(problem, kinds, cost, model_type)
        if possible is None or sum(prod(len(each) for each in own) for own in possible) > MOST_CHOICES:
            return None

        def points(counts: _Counts) -> int:
            return sum(measure.weights[kind] * count for kind, count in zip(kinds, counts, strict=True))

        choices = [
            {counts: unevenness_of_points(problem, measure, engineer, points(counts)) for counts in product(*own)}
            for engineer, own in enumerate(possible)
        ]
        return cls(problem, cost, kinds, choices, model_type, ranges)

    def least(self, search: Search) -> int:
        """Return a lower bound on the unevenness of the points of every plan of at most this cost."""
        model = new_model()
        loads = self.model_type.add_loads(model, self.problem, self.ranges)
        model.add(loads.cost <= self.cost)
        model.minimize(self._add(model, loads.counts))
        return search.run(model, effort=EFFORT).bound

    def add_to(self, model: cp_model.CpModel, on_duty: DutyVariables) -> cp_model.LinearExprT:
        """Add a choice for each engineer to a plan's model, and return the unevenness of the points."""
        counts = {
            LoadKey(engineer, kind, None): cp_model.LinearExpr.sum(
                [on_duty[duty] for duty in self.problem.duties_of(engineer, kind)]
            )
            for engineer in range(len(self.of))
            for kind in self.kinds
        }
        return self._add(model, counts)

    def _add(self, model: cp_model.CpModel, counts: Mapping[LoadKey, cp_model.LinearExprT]) -> cp_model.LinearExprT:
        parts: list[cp_model.LinearExprT] = []
        for engineer, own in enumerate(self.of):
            chosen = [model.new_bool_var("") for _ in own]
            model.add_exactly_one(chosen)
            for place, kind in enumerate(self.kinds):
                had = cp_model.LinearExpr.weighted_sum(chosen, [choice[place] for choice in own])
                model.add(counts[LoadKey(engineer, kind, None)] == had)
            parts.append(cp_model.LinearExpr.weighted_sum(chosen, list(own.values())))
        return cp_model.LinearExpr.sum(parts)


def add_points(
    model: cp_model.CpModel,
    problem: Problem,
    measure: PointsMeasure,
    on_duty: DutyVariables,
    choices: PointChoices | None,
) -> cp_model.LinearExprT:
    """Add and return the unevenness of the points: by the choices, or by squares if there are too many."""
    if choices is None:
        return add_squares(model, problem, measure, on_duty)
    return choices.add_to(model, on_duty)


def _possible_counts(
    problem: Problem, kinds: Sequence[WindowKind], cost: int, model_type: type[PlanModel]
) -> list[list[range]] | None:
    """Return the counts of each engineer and kind that a plan of at most this cost may have; None if there are none.

    A count is left out if the others' cheapest counts, together with it, already cost more.
    """
    people = range(len(problem.engineers))
    spreads = [each for kind in kinds for each in [_Spread.of_kind(problem, kind, model_type)] if each is not None]
    roles = [each for kind in kinds for each in [_least_cost_of_roles(problem, kind, model_type)] if each is not None]
    if len(spreads) < len(kinds) or len(roles) < len(kinds):
        return None
    spare = cost - sum(each.cost for each in spreads) - sum(roles)
    return [[each.counts_within(engineer, spare) for each in spreads] for engineer in people]


@dataclass(frozen=True)
class _Spread:
    """The cheapest counts of one kind that add up. price: the cost of the last step that was taken."""

    curves: Sequence[CostCurve]
    most: Sequence[int]
    counts: Sequence[int]
    price: int

    @classmethod
    def of_kind(cls, problem: Problem, kind: WindowKind, model_type: type[PlanModel]) -> _Spread | None:
        people = range(len(problem.engineers))
        if model_type is DutyModel:
            curves = [duty_cost_curve(problem, each, kind) for each in people]
        else:
            curves = [role_cost_curve(problem, LoadKey(each, kind, None)) for each in people]
        most = [max_duties(problem, each, kind) for each in people]
        counts = cheapest_counts(problem.shares.totals[kind] * len(problem.roles), curves, most)
        if counts is None:
            return None
        steps = [curve(count) - curve(count - 1) for curve, count in zip(curves, counts, strict=True) if count]
        return cls(curves, most, counts, max(steps, default=0))

    @property
    def cost(self) -> int:
        return sum(curve(count) for curve, count in zip(self.curves, self.counts, strict=True))

    def counts_within(self, engineer: int, spare: int) -> range:
        """Return the engineer's counts for which the counts of all cost at most `spare` more than the cheapest."""
        curve, best = self.curves[engineer], self.counts[engineer]

        def excess(count: int) -> int:
            return curve(count) - curve(best) - self.price * (count - best)

        low = high = best
        while low > 0 and excess(low - 1) <= spare:
            low -= 1
        while high < self.most[engineer] and excess(high + 1) <= spare:
            high += 1
        return range(low, high + 1)


def _least_cost_of_roles(problem: Problem, kind: WindowKind, model_type: type[PlanModel]) -> int | None:
    """Return the least cost of a kind's loads in single roles; None if a role cannot be filled.

    It is 0 for a model of duties, whose curves include the roles.
    """
    if model_type is DutyModel:
        return 0
    cost = 0
    for role in problem.roles:
        takers = [each for each in range(len(problem.engineers)) if role in problem.roles_of(each)]
        curves = [role_cost_curve(problem, LoadKey(each, kind, role)) for each in takers]
        most = [max_duties(problem, each, kind) for each in takers]
        counts = cheapest_counts(problem.shares.totals[kind], curves, most)
        if counts is None:
            return None
        cost += sum(curve(count) for curve, count in zip(curves, counts, strict=True))
    return cost
