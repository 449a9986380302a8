"""A lower bound on the cost of every plan with a limited number of changes, by counting alone.

It counts shifts by engineer, kind and role, and ignores the calendar. A seat stays only if its engineer keeps a shift
of that kind and role; all other seats are changes. The model is small, so that a bound takes hundredths of a second.
"""

from __future__ import annotations

from collections import Counter

from ortools.sat.python import cp_model

from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_costs import RepairCosts
from oncall.rotation.solve.counting_bound import max_duties
from oncall.rotation.solve.load_counts import CountRange, LoadKey, add_cost
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.search import Search, SearchStatus

EFFORT = 0.5
"""Deterministic seconds for one bound."""


class ChangeBound:
    """Computes a lower bound on the cost for a number of changes."""

    def __init__(self, baseline: RepairBaseline, costs: RepairCosts) -> None:
        self._baseline, self._costs = baseline, costs
        self._keepable: Counter[LoadKey] = Counter()
        self._seats = 0
        for (number, role), holder in baseline.holders.items():
            self._seats += holder is not None
            engineer = baseline.number_of(holder)
            if engineer is not None and baseline.may_have(number, role, engineer):
                kind = baseline.open.shifts[number].kind
                self._keepable.update((LoadKey(engineer, kind, role), LoadKey(engineer, kind, None)))

    def cost(self, most_changes: int, search: Search) -> int:
        """Return a cost that no plan with at most `most_changes` changes can beat."""
        model = new_model()
        costs: list[cp_model.LinearExprT] = []
        kept: list[cp_model.IntVar] = []
        for kind in self._baseline.whole.shares.totals:
            most = [max_duties(self._baseline.open, each, kind) for each in range(len(self._baseline.open.engineers))]
            for key, count in self._costs.add_counts(model, kind).items():
                costs.append(add_cost(model, count, most[key.engineer], self._costs.curve(key), self._range(key)))
                if key.role is not None and self._keepable[key]:
                    kept.append(model.new_int_var(0, self._keepable[key], ""))
                    model.add(kept[-1] <= count)
        model.add(self._seats - cp_model.LinearExpr.sum(kept) <= most_changes)
        model.minimize(cp_model.LinearExpr.sum(costs))
        result = search.run(model, effort=EFFORT)
        # Settled seats may break today's rules, so that the counts of the open ones add up to no plan.
        return 0 if result.status is SearchStatus.INFEASIBLE else max(0, result.bound)

    def _range(self, key: LoadKey) -> CountRange:
        """Return a range with the engineer's present count and the fairest one. A plan with few changes is between."""
        present, fairest = self._keepable[key], self._costs.bound.counts[key]
        around = [CountRange.around(count) for count in (present, fairest)]
        return CountRange(min(each.low for each in around), max(each.high for each in around))
