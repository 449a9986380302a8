"""Loads in CP-SAT models: how many shifts each engineer has of a kind and role, and what these counts cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.support.windows import WindowKind

CostCurve = Callable[[int], int]
"""Returns the cost of a count of shifts; the function is convex."""


class LoadKey(NamedTuple):
    """Names one load: an engineer by number, a kind of shift, and a role. None is all roles together."""

    engineer: int
    kind: WindowKind
    role: str | None


@dataclass(frozen=True, slots=True)
class CountRange:
    """The counts, from `low` to `high`, for which a model has the exact cost. Outside, the cost is a straight line.

    A convex curve is never below those lines. Therefore every bound that the model proves is true for the whole
    problem, and the model's optimum is the true one if all its counts are inside their ranges.
    """

    low: int
    high: int

    @classmethod
    def around(cls, count: int) -> CountRange:
        """Return the range for the start of a search: the fairest plans are within a few shifts of `count`."""
        return cls(max(0, count - 4), count + 5)

    def __contains__(self, count: int) -> bool:
        return self.low <= count <= self.high

    def widened(self, count: int) -> CountRange:
        """Return a range that also contains `count` and a few counts beyond it."""
        if count < self.low:
            return CountRange(max(0, count - 4), self.high)
        return CountRange(self.low, count + 4) if count > self.high else self


class LoadVariables(NamedTuple):
    """The variables for how many shifts of each kind each engineer has, and the cost of all loads.

    counts: variables by load, over all roles.
    """

    counts: Mapping[LoadKey, cp_model.IntVar]
    cost: cp_model.LinearExprT


def loads_of(problem: Problem, seats: Iterable[StaffedSeat]) -> Counter[LoadKey]:
    """Return the loads of a plan, in each role and in all roles together."""
    loads: Counter[LoadKey] = Counter()
    for seat in seats:
        kind = problem.shifts[seat.shift].kind
        loads.update((LoadKey(seat.engineer, kind, seat.role), LoadKey(seat.engineer, kind, None)))
    return loads


def widened_ranges(
    problem: Problem, ranges: Mapping[LoadKey, CountRange], seats: Iterable[StaffedSeat]
) -> dict[LoadKey, CountRange]:
    """Return the ranges, widened where they do not contain the loads of these seats."""
    loads = loads_of(problem, seats)
    return {key: count_range.widened(loads[key]) for key, count_range in ranges.items()}


def add_cost(
    model: cp_model.CpModel,
    count: cp_model.LinearExprT,
    most: int,
    curve: CostCurve,
    count_range: CountRange,
) -> cp_model.LinearExprT:
    """Add and return the cost of a count from 0 to `most`: exact inside the range, a straight line on each side."""
    low, high = min(count_range.low, most), min(count_range.high, most)
    steps = [model.new_bool_var("") for _ in range(low, high)]
    for step, following in pairwise(steps):
        model.add_implication(following, step)
    parts: list[cp_model.LinearExprT] = [low, *steps]
    cost: list[cp_model.LinearExprT] = [curve(low)]
    cost += [(curve(n + 1) - curve(n)) * step for n, step in enumerate(steps, start=low)]
    if high < most:
        over = model.new_int_var(0, most - high, "")
        parts.append(over)
        cost.append((curve(high + 1) - curve(high)) * over)
    if low > 0:
        under = model.new_int_var(0, low, "")
        parts.append(-1 * under)
        cost.append((curve(low - 1) - curve(low)) * under)
    model.add(count == cp_model.LinearExpr.sum(parts))
    return cp_model.LinearExpr.sum(cost)
