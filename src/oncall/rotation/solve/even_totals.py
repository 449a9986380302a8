"""Even totals: among loads of the same cost, those whose totals over all kinds are nearest to the shares.

The fairness cost measures each kind separately, so that it does not decide who gets left-over shifts. One engineer
could get a left-over shift of every kind. The unevenness is the sum of the squared distances of the totals from their
shares.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from ortools.sat.python import cp_model

from oncall.rotation.problem.cost import load_cost
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.solve.duty_constraints import DutyVariables
from oncall.rotation.solve.load_counts import CostCurve, CountRange, add_cost
from oncall.support.windows import WindowKind


def total_shares(problem: Problem) -> list[Fraction]:
    """Return each engineer's share over all kinds, in the order of the engineers' numbers."""
    return [problem.shares.of_all_kinds(engineer.id) for engineer in problem.engineers]


def add_unevenness(
    model: cp_model.CpModel, problem: Problem, totals: Mapping[int, cp_model.LinearExprT]
) -> cp_model.LinearExprT:
    """Add and return the unevenness of these totals over all kinds. totals: by the engineer's number."""
    costs = []
    for engineer, share in enumerate(total_shares(problem)):
        count_range, most = CountRange.around(max(0, round(share))), len(problem.eligible_shifts[engineer])
        costs.append(add_cost(model, totals[engineer], most, _curve(share), count_range))
    return cp_model.LinearExpr.sum(costs)


def totals_on_duty(problem: Problem, on_duty: DutyVariables) -> dict[int, cp_model.LinearExprT]:
    """Return each engineer's number of duties, as expressions of a plan's model."""
    return {
        engineer: cp_model.LinearExpr.sum([on_duty[Duty(engineer, number)] for number in numbers])
        for engineer, numbers in enumerate(problem.eligible_shifts)
    }


def _curve(share: Fraction) -> CostCurve:
    return lambda count: load_cost(count, share)


@dataclass
class _LeftOvers:
    """The shifts of one kind that can go to any of several engineers at the same cost.

    holders: the engineers who have one of them. others: engineers who could have one instead.
    """

    holders: set[int]
    others: set[int]


class EvenTotals:
    """The cheapest numbers of duties of each kind and engineer, changed until the totals are even.

    counts: by kind and engineer's number; changed in place. curve_of: the cost of each engineer's duties of a kind.
    most: the most duties of each kind that each engineer can have.
    """

    def __init__(
        self,
        problem: Problem,
        counts: Mapping[WindowKind, list[int]],
        curve_of: Callable[[int, WindowKind], CostCurve],
        most: Mapping[WindowKind, list[int]],
    ) -> None:
        self._counts = counts
        self._shares = total_shares(problem)
        self._totals = [sum(of_kind[each] for of_kind in counts.values()) for each in range(len(self._shares))]
        self._left_overs = {kind: _left_overs(counts[kind], curve_of, kind, most[kind]) for kind in counts}

    def settle(self) -> int:
        """Move left-over shifts between engineers until no move makes the totals more even. Return the unevenness.

        The result is the best one: the possible totals form the bases of a matroid, and the unevenness is a convex cost
        of each total, so that there is no other local optimum.
        """
        while self._move_one():
            pass
        return sum(load_cost(total, share) for total, share in zip(self._totals, self._shares, strict=True))

    def _move_one(self) -> bool:
        """Move one shift of load where it helps most, through other engineers if needed.

        Returns False if none helps.
        """
        for giver in sorted(range(len(self._totals)), key=self._saving, reverse=True):
            reached = self._reached_from(giver)
            taker = min(reached, key=lambda each: (self._price(each), each), default=giver)
            if taker != giver and self._price(taker) < self._saving(giver):
                while taker != giver:
                    before, kind = reached[taker]
                    self._counts[kind][before] -= 1
                    self._counts[kind][taker] += 1
                    left = self._left_overs[kind]
                    left.holders ^= {before, taker}
                    left.others ^= {before, taker}
                    self._totals[before] -= 1
                    self._totals[taker] += 1
                    taker = before
                return True
        return False

    def _saving(self, engineer: int) -> int:
        total, share = self._totals[engineer], self._shares[engineer]
        return load_cost(total, share) - load_cost(total - 1, share)

    def _price(self, engineer: int) -> int:
        total, share = self._totals[engineer], self._shares[engineer]
        return load_cost(total + 1, share) - load_cost(total, share)

    def _reached_from(self, giver: int) -> dict[int, tuple[int, WindowKind]]:
        """Return each engineer whom a left-over shift of `giver` can reach through other engineers.

        The value is the last engineer on the way, who gives the shift, and the kind of the shift.
        """
        reached: dict[int, tuple[int, WindowKind]] = {}
        queue, used = [giver], set[WindowKind]()
        while queue:
            before = queue.pop(0)
            for kind, left in self._left_overs.items():
                if kind not in used and before in left.holders:
                    used.add(kind)
                    new = sorted(each for each in left.others if each not in reached and each != giver)
                    reached.update(dict.fromkeys(new, (before, kind)))
                    queue += new
        return reached


def _left_overs(
    counts: list[int], curve_of: Callable[[int, WindowKind], CostCurve], kind: WindowKind, most: list[int]
) -> _LeftOvers:
    saved: dict[int, set[int]] = defaultdict(set)
    added: dict[int, set[int]] = defaultdict(set)
    for engineer, count in enumerate(counts):
        curve = curve_of(engineer, kind)
        if count > 0:
            saved[curve(count) - curve(count - 1)].add(engineer)
        if count < most[engineer]:
            added[curve(count + 1) - curve(count)].add(engineer)
    # At the least cost, no step saves more than another adds; those that save as much as another adds are left over.
    dearest = max(saved, default=0)
    return _LeftOvers(saved[dearest], added[dearest] - saved[dearest])
