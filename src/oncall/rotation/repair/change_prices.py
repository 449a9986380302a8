"""Prices numbers of changes: the least cost of a plan with at most so many changes, as far as the effort allows.

A step-by-step search finds a plan, and a bound by counting often proves that none is cheaper. If not, the solver looks
for a cheaper plan and for a proof. A cost never rises with the number of changes. Hence one proof serves all smaller
numbers too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from oncall.rotation.repair.change_bound import ChangeBound
from oncall.rotation.repair.repair_result import ChangeOption, UnpricedChanges
from oncall.rotation.repair.repair_search import RepairedSeats, RepairSearch
from oncall.rotation.solve.search import SearchBudget

EFFORT, EFFORT_PER_RUN = 20.0, 5.0
"""Deterministic seconds for all runs of the solver together, and for one run."""


class ChangePrices:
    """Prices numbers of changes. first: a plan with the fewest changes."""

    def __init__(self, searches: RepairSearch, first: RepairedSeats) -> None:
        self._searches, self._search = searches, searches.search
        self._counted = ChangeBound(searches.baseline, searches.costs)
        self._budget = SearchBudget(EFFORT, per_run=EFFORT_PER_RUN)
        self._plans: list[tuple[int, RepairedSeats]] = []
        self._bounds: dict[int, int] = {}
        self._floor = searches.costs.bound.cost
        self._fewest = searches.baseline.changes(first.seats)
        self.add(first)

    def add(self, plan: RepairedSeats, *, floor: int = 0) -> None:
        """Add a plan to start from. floor: a proven bound on the cost of every plan, however many seats change."""
        self._floor = max(self._floor, floor)
        self._plans.append((self._searches.baseline.changes(plan.seats), plan))

    def bound(self, changes: int) -> int:
        """Return the highest proven lower bound on the cost of plans with at most so many changes."""
        return max([self._floor, *(bound for most, bound in self._bounds.items() if most >= changes)])

    def with_fewest_changes(self, found: RepairedSeats, fewest: int) -> RepairedSeats:
        """Return a plan that costs no more than `found`, with as few changes as the effort allows.

        fewest: no plan has fewer changes.
        """
        self.add(found)
        low, high = fewest, self._searches.baseline.changes(found.seats)
        while low < high:
            middle = (low + high) // 2
            cheaper = self._cheapest(middle, found.cost)
            if cheaper is None:
                low = middle + 1
            else:
                found = replace(cheaper, is_proven=found.is_proven and cheaper.cost == found.cost)
                high = self._searches.baseline.changes(found.seats)
        return found

    def options(self, found: RepairedSeats, numbers: Sequence[int], fewest: int) -> list[ChangeOption]:
        """Return an option for each number of changes that brings a lower cost than every smaller number.

        numbers: those to price, in rising order; all are larger than the number of changes of `found`. fewest: the
        changes from which the options count.
        """
        self.add(found)
        options = []
        cost, place, stride = found.cost, -1, 1
        while cost > self._floor and place + 1 < len(numbers) and not self._is_over:
            # Most often the next number brings something. If not, longer strides end a row of vain numbers early.
            last = min(place + stride, len(numbers) - 1)
            plan = self._told_cheapest(numbers[last], cost - 1)
            if plan is None:
                place, stride = last, 2 * stride
                continue
            place, plan = self._first_that_brings(numbers, place, last, plan, cost)
            cost, stride = plan.cost, 1
            options.append(ChangeOption(numbers[place] - fewest, cost, cost <= self.bound(numbers[place])))
        return [replace(each, is_best=each.cost <= self.bound(fewest + each.more_changes)) for each in options]

    def _first_that_brings(
        self, numbers: Sequence[int], low: int, high: int, plan: RepairedSeats, cost: int
    ) -> tuple[int, RepairedSeats]:
        """Return the first place after `low` whose number has a plan below `cost`, and that plan.

        plan: a plan for the number at `high` that costs less.
        """
        while high - low > 1 and not self._is_over:
            middle = (low + high) // 2
            cheaper = self._told_cheapest(numbers[middle], cost - 1)
            if cheaper is None:
                low = middle
            else:
                high, plan = middle, cheaper
        return high, plan

    def _told_cheapest(self, changes: int, ceiling: int) -> RepairedSeats | None:
        """Return the plan that `_cheapest` finds. The progress says for how many further changes it looks."""
        more = changes - self._fewest
        further = "+1 change" if more == 1 else f"+{more} changes"
        self._search.enter_stage(f"the repair is ready; looking for the lowest cost with {further}")
        return self._cheapest(changes, ceiling)

    @property
    def _is_over(self) -> bool:
        return self._search.is_over or self._budget.is_used_up

    def unpriced(
        self, found: RepairedSeats, numbers: Sequence[int], fewest: int, options: Sequence[ChangeOption]
    ) -> Iterator[UnpricedChanges]:
        """Yield the ranges of numbers without an option for which a lower cost is not ruled out.

        Arguments as for `options`, which returned `options`.
        """
        costs = {fewest + option.more_changes: option.cost for option in options}
        cost, row = found.cost, list[int]()
        for number in numbers:
            cost = costs.get(number, cost)
            if number not in costs and self.bound(number) < cost:
                row.append(number)
            elif row:
                yield UnpricedChanges(row[0] - fewest, row[-1] - fewest, self.bound(row[-1]))
                row = []
        if row:
            yield UnpricedChanges(row[0] - fewest, None, self.bound(row[-1]))

    def _cheapest(self, changes: int, ceiling: int) -> RepairedSeats | None:
        """Return the cheapest plan found with at most so many changes; None if none costs `ceiling` or less."""
        if self.bound(changes) > ceiling:
            return None
        self._raise_bound(changes, self._counted.cost(changes, self._search))
        best = min((plan for most, plan in self._plans if most <= changes), key=lambda each: each.cost)
        stepped = self._searches.stepped(best.seats, changes)
        is_checked = False
        if stepped.cost <= min(ceiling, self.bound(changes)):
            best, is_checked = self._checked(stepped, best), True
        if best.cost > self.bound(changes) and self.bound(changes) <= ceiling:
            solved, bound = self._searches.cheapest(
                changes, ceiling, self._budget, hint=stepped, lower_bound=self.bound(changes)
            )
            self._raise_bound(changes, bound)
            best = min([best, *([solved] if solved else [])], key=lambda each: each.cost)
            if not is_checked and stepped.cost < best.cost:
                best = self._checked(stepped, best)
        if best.cost > ceiling:
            return None
        self.add(best)
        return best

    def _checked(self, stepped: RepairedSeats, other: RepairedSeats) -> RepairedSeats:
        """Return the plan of the step-by-step search if the model confirms that it keeps every rule; else the other."""
        return stepped if self._searches.keeps_rules(stepped.seats) else other

    def _raise_bound(self, changes: int, bound: int) -> None:
        self._bounds[changes] = max(bound, self._bounds.get(changes, 0))
