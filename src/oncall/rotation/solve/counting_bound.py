"""The counting bound: the least cost of any loads that add up, even if no calendar fits them.

Duties are given out one by one, each to the engineer for whom it adds the least cost. The cost curves are convex, so
that no other loads cost less, and no plan can cost less either. There is nearly always a plan of exactly this cost.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from oncall.rosters.relaxed_roster import loosest_for
from oncall.rotation.problem.cost import load_cost
from oncall.rotation.problem.eligibility import weekend_number
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.rules import are_too_close
from oncall.rotation.solve.load_counts import CostCurve, CountRange, LoadKey
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind


@dataclass(frozen=True)
class CountingBound:
    """The least cost by counting alone, and counts with that cost.

    unevenness: the least unevenness of the totals at this cost (`even_totals`). is_exact: the counts are proven the
    cheapest. Then a model with exact costs around these counts gives no plan a cost below `cost`, because costs are
    convex.
    """

    cost: int
    counts: Mapping[LoadKey, int]
    is_exact: bool = True
    unevenness: int = 0

    def ranges(self) -> dict[LoadKey, CountRange]:
        """Return the count ranges with which a search starts."""
        return {key: CountRange.around(count) for key, count in self.counts.items()}


def duty_cost_curve(problem: Problem, engineer: int, kind: WindowKind) -> CostCurve:
    """Return a function for the cost of `n` duties of a kind for one engineer, with their roles split evenly.

    Only for problems in which every engineer takes every role: then each role has the same share, and the even split is
    the cheapest.
    """
    who = problem.engineers[engineer].id
    together = problem.shares.of(kind, None, who)
    single = problem.shares.of(kind, problem.roles[0], who)
    roles = len(problem.roles)

    @cache
    def cost(n: int) -> int:
        return load_cost(n, together) + sum(load_cost((n + role) // roles, single) for role in range(roles))

    return cost


def role_cost_curve(problem: Problem, key: LoadKey) -> CostCurve:
    """Return a function for the cost of `n` shifts in one load (an engineer, a kind, and a role or all roles)."""
    share = problem.shares.of(key.kind, key.role, problem.engineers[key.engineer].id)

    @cache
    def cost(n: int) -> int:
        return load_cost(n, share)

    return cost


def max_duties(problem: Problem, engineer: int, kind: WindowKind) -> int:
    """Return an upper limit for an engineer's shifts of a kind under the rest and weekend rules."""
    shifts = [problem.shifts[duty.shift] for duty in problem.duties_of(engineer, kind)]
    if problem.has_turns:
        return len(shifts)
    rules = loosest_for(problem.roster.rules, problem.engineers[engineer].id)
    if any(shift.is_weekend for shift in shifts):
        return max_weekend_shifts(shifts, rules.rest_nights, rules.weekends_apart)
    return max_rested_shifts(shifts, rules.rest_nights)


def max_rested_shifts(shifts: Sequence[Shift], rest: int) -> int:
    """Return the most of these shifts that one engineer can take with `rest` free nights between them.

    shifts: in time order. It takes the next possible shift each time; that is best, because it ends first.
    """
    if any(shift.turn is not None for shift in shifts):
        # The greedy choice below is best only for shifts that are taken one by one.
        return len(shifts)
    taken = 0
    last: Shift | None = None
    for shift in shifts:
        if last is None or not are_too_close(last, shift, rest):
            taken += 1
            last = shift
    return taken


def max_weekend_shifts(shifts: Sequence[Shift], rest: int, apart: int) -> int:
    """Return the most of these weekend shifts that one engineer can take: one weekend in any `apart` in a row.

    shifts: in time order. rest: the free nights between two shifts.
    """
    most = max_rested_shifts(shifts, rest)
    if apart < 2 or any(shift.turn is not None for shift in shifts):
        return most
    best: dict[int, int] = {}
    so_far = 0
    for number, group in groupby(shifts, key=weekend_number):
        before = max((earlier for other, earlier in best.items() if other <= number - apart), default=0)
        so_far = max(so_far, before + max_rested_shifts(list(group), rest))
        best[number] = so_far
    return min(most, so_far)


def cheapest_counts(total: int, curves: Sequence[CostCurve], most: Sequence[int]) -> list[int] | None:
    """Return the cheapest counts that add up to `total`, one for each curve. In a tie, the first curve gets more.

    most: the largest count for each curve. Returns None if these add up to less than `total`.
    """
    if total > sum(most):
        return None
    counts = [0] * len(curves)
    steps = [(curve(1) - curve(0), place) for place, curve in enumerate(curves) if most[place] > 0]
    heapq.heapify(steps)
    for _ in range(total):
        _, place = heapq.heappop(steps)
        counts[place] += 1
        count = counts[place]
        if count < most[place]:
            heapq.heappush(steps, (curves[place](count + 1) - curves[place](count), place))
    return counts
