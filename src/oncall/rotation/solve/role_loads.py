"""Loads in each role, without a calendar: their variables, their cost, and the counting bound from them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import CountingBound, max_duties, role_cost_curve
from oncall.rotation.solve.even_totals import add_unevenness
from oncall.rotation.solve.load_counts import CountRange, LoadKey, LoadVariables, add_cost
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.search import Search, SearchStatus
from oncall.support.windows import WindowKind

BOUND_EFFORT = 5.0
"""Deterministic seconds for the counting bound of one kind of shift. It is the best bound proven by then."""
EVEN_EFFORT = 1.0
"""Deterministic seconds to look for the most even totals at the cost of the bound."""


def counting_bound_by_role(problem: Problem, search: Search) -> CountingBound | None:
    """Return the cheapest loads of each kind and role without a calendar, or a proven lower bound on their cost.

    None if all engineers together cannot take all duties of some kind.
    """
    bounds = []
    for kind, total in problem.shares.totals.items():
        bound = _bound_of_kind(problem, kind, total, search)
        if bound is None:
            return None
        bounds.append(bound)
    counts = {key: count for bound in bounds for key, count in bound.counts.items()}
    found = CountingBound(sum(bound.cost for bound in bounds), counts, all(bound.is_exact for bound in bounds))
    return _with_even_totals(problem, found, search) if found.is_exact and len(bounds) > 1 else found


def _with_even_totals(problem: Problem, bound: CountingBound, search: Search) -> CountingBound:
    """Return the bound with other counts of the same cost, whose totals over all kinds are as even as possible."""
    model = new_model()
    together: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    variables: dict[LoadKey, cp_model.IntVar] = {}
    costs: list[cp_model.LinearExprT] = []
    for kind, total in problem.shares.totals.items():
        most = [max_duties(problem, engineer, kind) for engineer in range(len(problem.engineers))]
        counts = add_counts(model, problem, kind, total, most)
        costs += costs_of(model, problem, counts, most, bound.ranges())
        variables.update(counts)
        for engineer in range(len(problem.engineers)):
            together[engineer].append(counts[LoadKey(engineer, kind, None)])
    model.add(cp_model.LinearExpr.sum(costs) <= bound.cost)
    model.minimize(
        add_unevenness(model, problem, {each: cp_model.LinearExpr.sum(own) for each, own in together.items()})
    )
    result = search.run(model, effort=EVEN_EFFORT)
    if not result.has_solution:
        return bound
    even = {key: result.value(variable) for key, variable in variables.items()}
    return replace(bound, counts=even, unevenness=result.bound)


def _bound_of_kind(problem: Problem, kind: WindowKind, total: int, search: Search) -> CountingBound | None:
    most = [max_duties(problem, engineer, kind) for engineer in range(len(problem.engineers))]
    model = new_model()
    variables = add_counts(model, problem, kind, total, most)
    near_share = {key: share_count(problem, key) for key in variables}
    ranges = {key: CountRange.around(count) for key, count in near_share.items()}
    model.minimize(cp_model.LinearExpr.sum(costs_of(model, problem, variables, most, ranges)))
    result = search.run(model, effort=BOUND_EFFORT)
    if result.status is SearchStatus.INFEASIBLE:
        return None
    if result.status is SearchStatus.UNKNOWN:
        return CountingBound(result.bound, near_share, is_exact=False)
    counts = {key: result.value(variable) for key, variable in variables.items()}
    inside = all(count in ranges[key] for key, count in counts.items())
    return CountingBound(result.bound, counts, inside and result.status is SearchStatus.OPTIMAL)


def add_loads_by_role(model: cp_model.CpModel, problem: Problem, ranges: Mapping[LoadKey, CountRange]) -> LoadVariables:
    """Add and return the loads of every kind and role without a calendar, with their cost."""
    together: dict[LoadKey, cp_model.IntVar] = {}
    costs: list[cp_model.LinearExprT] = []
    for kind, total in problem.shares.totals.items():
        most = [max_duties(problem, engineer, kind) for engineer in range(len(problem.engineers))]
        counts = add_counts(model, problem, kind, total, most)
        costs += costs_of(model, problem, counts, most, ranges)
        together.update({key: count for key, count in counts.items() if key.role is None})
    return LoadVariables(together, cp_model.LinearExpr.sum(costs))


def add_counts(
    model: cp_model.CpModel, problem: Problem, kind: WindowKind, total: int, most: Sequence[int]
) -> dict[LoadKey, cp_model.IntVar]:
    """Add and return the loads of one kind of shift: each engineer's in each role that they take, and in all roles.

    The loads in each role add up to `total`, the number of shifts. most: each engineer's largest number of duties. A
    role that an engineer does not take has no variable, because it has share 0 and no cost.
    """
    counts: dict[LoadKey, cp_model.IntVar] = {}
    for engineer in range(len(problem.engineers)):
        for role in (*problem.roles_of(engineer), None):
            counts[LoadKey(engineer, kind, role)] = model.new_int_var(0, most[engineer], "")
        single = [counts[LoadKey(engineer, kind, role)] for role in problem.roles_of(engineer)]
        model.add(cp_model.LinearExpr.sum(single) == counts[LoadKey(engineer, kind, None)])
    for role in problem.roles:
        model.add(cp_model.LinearExpr.sum([n for key, n in counts.items() if key.role == role]) == total)
    return counts


def costs_of(
    model: cp_model.CpModel,
    problem: Problem,
    counts: Mapping[LoadKey, cp_model.IntVar],
    most: Sequence[int],
    ranges: Mapping[LoadKey, CountRange],
) -> list[cp_model.LinearExprT]:
    """Add and return the cost of each load. most: each engineer's largest number of duties."""
    return [
        add_cost(model, count, most[key.engineer], role_cost_curve(problem, key), ranges[key])
        for key, count in counts.items()
    ]


def share_count(problem: Problem, key: LoadKey) -> int:
    """Return the share of a load, rounded to a whole number; at least 0."""
    return max(0, round(problem.shares.of(key.kind, key.role, problem.engineers[key.engineer].id)))
