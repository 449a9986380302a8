"""Computes the fairness cost of a repair, over settled and open seats, and a bound on it by counting alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property, partial
from itertools import product

from ortools.sat.python import cp_model

from oncall.rotation.problem.cost import CountedSeat, counted_seats, fairness_of
from oncall.rotation.problem.problem import StaffedSeat
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.solve.counting_bound import CountingBound, max_duties, role_cost_curve
from oncall.rotation.solve.load_counts import CostCurve, CountRange, LoadKey, add_cost
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.search import Search, SearchStatus
from oncall.schedule.plan import Fairness
from oncall.support.windows import WindowKind

BOUND_EFFORT = 5.0
"""Deterministic seconds for the counting bound of one kind of shift."""


class RepairCosts:
    """Computes costs of the whole plan for given open seats. Loads are named by the engineers' numbers."""

    def __init__(self, baseline: RepairBaseline) -> None:
        self._baseline = baseline
        self._whole, self._open = baseline.whole, baseline.open
        self._settled = Counter(counted_seats(baseline.settled))

    def fairness(self, seats: Sequence[StaffedSeat], *, bound: int) -> Fairness:
        """Return the loads and the cost of the whole plan with these open seats. bound: no plan costs less."""
        return fairness_of(self._all_seats(seats), self._whole.shares, bound=bound)

    def cost(self, seats: Sequence[StaffedSeat]) -> int:
        """Return the cost of the whole plan with these open seats."""
        return self.fairness(seats, bound=0).cost

    def cost_before(self) -> int:
        """Return the cost of the baseline, computed with the shares of today's roster."""
        return fairness_of(counted_seats(self._baseline.plan.seats), self._whole.shares, bound=0).cost

    def _all_seats(self, seats: Sequence[StaffedSeat]) -> Iterator[CountedSeat]:
        yield from self._settled.elements()
        for seat in seats:
            yield CountedSeat(self._open.shifts[seat.shift].kind, seat.role, self._open.engineers[seat.engineer].id)

    def settled_count(self, key: LoadKey) -> int:
        """Return how many settled seats belong to a load."""
        who = self._open.engineers[key.engineer].id
        roles = self._open.roles if key.role is None else (key.role,)
        return sum(self._settled[CountedSeat(key.kind, role, who)] for role in roles)

    def curve(self, key: LoadKey) -> CostCurve:
        """Return a function from a load's number of open seats to the cost of the load, settled seats included."""
        return partial(_cost_after, role_cost_curve(self._whole, key), self.settled_count(key))

    def ranges(self) -> dict[LoadKey, CountRange]:
        """Return the ranges for the counts of open seats at the start of a search, around the counts of the bound."""
        people, kinds = range(len(self._open.engineers)), self._whole.shares.totals
        keys = (LoadKey(*one) for one in product(people, kinds, (*self._open.roles, None)))
        return {key: CountRange.around(self.bound.counts[key]) for key in keys}

    @cached_property
    def bound(self) -> CountingBound:
        """Return a lower bound on the cost of plans with the same settled seats, by counting alone."""
        bounds = [self._bound_of(kind) for kind in self._whole.shares.totals]
        counts = {key: count for bound in bounds for key, count in bound.counts.items()}
        return CountingBound(sum(bound.cost for bound in bounds), counts, all(bound.is_exact for bound in bounds))

    def _bound_of(self, kind: WindowKind) -> CountingBound:
        model = new_model()
        counts = self.add_counts(model, kind)
        expected = {key: self._expected_count(key) for key in counts}
        most = [max_duties(self._open, each, kind) for each in range(len(self._open.engineers))]
        ranges = {key: CountRange.around(count) for key, count in expected.items()}
        costs = [
            add_cost(model, count, most[key.engineer], self.curve(key), ranges[key]) for key, count in counts.items()
        ]
        model.minimize(cp_model.LinearExpr.sum(costs))
        result = Search().run(model, effort=BOUND_EFFORT)
        if not result.has_solution:
            # The team may not be able to take that many; the search for a plan finds that out, and the reason.
            cost = max(0, result.bound) if result.status is SearchStatus.UNKNOWN else 0
            return CountingBound(cost, expected, is_exact=False)
        found = {key: result.value(count) for key, count in counts.items()}
        is_inside = all(count in ranges[key] for key, count in found.items())
        return CountingBound(result.bound, found, is_inside and result.status is SearchStatus.OPTIMAL)

    def add_counts(self, model: cp_model.CpModel, kind: WindowKind) -> dict[LoadKey, cp_model.IntVar]:
        """Add and return variables for each engineer's open shifts of a kind, in each role and in all roles.

        They add up so that every role of every shift is filled.
        """
        problem = self._open
        total = sum(1 for shift in problem.shifts if shift.kind is kind)
        counts: dict[LoadKey, cp_model.IntVar] = {}
        for engineer in range(len(problem.engineers)):
            most = max_duties(problem, engineer, kind)
            own = problem.roles_of(engineer)
            for role in (*problem.roles, None):
                top = most if role in own or role is None else 0
                counts[LoadKey(engineer, kind, role)] = model.new_int_var(0, top, "")
            single = [counts[LoadKey(engineer, kind, role)] for role in problem.roles]
            model.add(cp_model.LinearExpr.sum(single) == counts[LoadKey(engineer, kind, None)])
        for role in problem.roles:
            model.add(cp_model.LinearExpr.sum([count for key, count in counts.items() if key.role == role]) == total)
        return counts

    def _expected_count(self, key: LoadKey) -> int:
        """Return the engineer's share minus their settled seats, rounded; at least 0."""
        share = self._whole.shares.of(key.kind, key.role, self._open.engineers[key.engineer].id)
        return max(0, round(share) - self.settled_count(key))


def _cost_after(curve: CostCurve, settled: int, count: int) -> int:
    return curve(settled + count)
