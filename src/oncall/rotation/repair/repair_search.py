"""The searches of a repair: fewest changes, lowest cost for a number of changes, and a bound on any cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oncall.errors import Refused
from oncall.rotation.explain import infeasible
from oncall.rotation.problem.problem import StaffedSeat
from oncall.rotation.repair.frozen_conflict import frozen_conflict
from oncall.rotation.repair.further_changes import FurtherChanges
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_costs import RepairCosts
from oncall.rotation.repair.repair_model import RepairModel
from oncall.rotation.repair.repair_result import ChangeOption
from oncall.rotation.repair.stepwise_search import StepwiseSearch
from oncall.rotation.solve.load_counts import widened_ranges
from oncall.rotation.solve.search import Search, SearchStatus

OPTION_EFFORT = 0.5
"""Deterministic seconds to prove that no plan with the same number of changes costs less."""
BOUND_EFFORT = 1.0
"""Deterministic seconds to raise the bound above the counting bound."""


@dataclass(frozen=True, slots=True)
class RepairedSeats:
    """The open seats of a plan that keeps the rules. cost: of the whole plan. is_proven: no such plan costs less."""

    seats: list[StaffedSeat]
    cost: int
    is_proven: bool


class RepairSearch:
    """Searches plans for the open part of a baseline. frozen: open seats that must not change."""

    def __init__(
        self, baseline: RepairBaseline, costs: RepairCosts, frozen: frozenset[StaffedSeat], search: Search
    ) -> None:
        self._baseline = baseline
        self._costs = costs
        self._frozen = frozen
        self._search = search

    def fewest_changes(self) -> tuple[RepairedSeats, bool]:
        """Return a plan with as few changes as could be found, and True if it is proven that no plan has fewer.

        Raises PlanInfeasible, with the reasons, if no plan exists, and Refused if the search ended before it had a
        plan.
        """
        model = RepairModel(self._baseline, self._frozen)
        model.model.minimize(model.changes)
        result = self._search.run(model.model)
        if result.status is SearchStatus.INFEASIBLE:
            self._refuse_infeasible()
        if result.status is SearchStatus.UNKNOWN:
            seconds = self._search.elapsed.total_seconds()
            raise Refused(f"no plan was found in {seconds:.3g} s, and none is proven impossible; allow more time")
        seats = model.seats(result)
        found = RepairedSeats(seats, self._costs.cost(seats), is_proven=False)
        return found, result.status is SearchStatus.OPTIMAL

    def _refuse_infeasible(self) -> None:
        refusal = frozen_conflict(self._baseline, self._frozen, self._search) if self._frozen else None
        if refusal is not None:
            raise refusal
        self._refuse_unrested()
        infeasible.refuse_unstaffable(self._baseline.open, self._search)
        raise infeasible.explain_infeasible(self._baseline.open, self._search)

    def _refuse_unrested(self) -> None:
        """Raise Refused if there would be a plan without the rest after covered shifts."""
        if not self._baseline.unrested:
            return
        model = RepairModel(self._baseline, unrested=())
        if self._search.run(model.model).status is not SearchStatus.INFEASIBLE:
            names = ", ".join(sorted({seat.engineer for seat in self._baseline.whole.context.covers}))
            raise Refused(
                f"no plan leaves {names} their rest after the shifts that they covered before "
                f"{self._baseline.first_open}; choose a later --from, or ignore the published schedule with "
                "--no-history"
            )

    def lowest_cost(self, most_changes: int, *, effort: float | None = None) -> RepairedSeats | None:
        """Return the cheapest plan found with at most `most_changes` changes; None if none was found in time.

        effort: deterministic seconds for each run of the solver; None: only the time limit of the search applies.
        """
        ranges = self._costs.ranges()
        lower_bound = self._costs.bound.cost if effort is None else None
        best: RepairedSeats | None = None
        while True:
            model = RepairModel(self._baseline, self._frozen)
            model.model.add(model.changes <= most_changes)
            model.model.minimize(model.add_cost(self._costs, ranges))
            result = self._search.run(model.model, lower_bound=lower_bound, effort=effort)
            if not result.has_solution:
                return best
            seats = model.seats(result)
            cost = self._costs.cost(seats)
            wider = widened_ranges(self._baseline.open, ranges, seats)
            # Outside its ranges the model underestimates the cost, so its bound holds in any case.
            if cost <= result.bound or result.status is not SearchStatus.OPTIMAL or wider == ranges:
                return RepairedSeats(seats, cost, cost <= result.bound)
            best, ranges = RepairedSeats(seats, cost, is_proven=False), wider
            if lower_bound is not None:
                lower_bound = max(lower_bound, result.bound)

    def options(self, found: RepairedSeats, fewest: int, further: FurtherChanges) -> Iterator[ChangeOption]:
        """Yield an option for each number of changes beyond `fewest` that lowers the cost.

        further: the numbers to try, and how many of them in a row may bring nothing before the search stops.
        """
        steps = StepwiseSearch(self._baseline, self._costs, found.seats, self._frozen)
        best, in_vain = found.cost, 0
        for more in sorted(further.numbers):
            if self._search.is_over or best <= self._costs.bound.cost or in_vain == further.most_in_vain:
                return
            in_vain += 1
            steps.improve(fewest + more)
            option = self._verified(steps.seats, fewest + more)
            if option is None or option.cost > self._costs.bound.cost:
                solved = self.lowest_cost(fewest + more, effort=OPTION_EFFORT)
                option = min((each for each in (solved, option) if each), key=lambda each: each.cost, default=None)
            if option is not None and option.cost < best:
                best, in_vain = option.cost, 0
                yield ChangeOption(more, option.cost, option.is_proven or option.cost <= self._costs.bound.cost)

    def _verified(self, seats: Sequence[StaffedSeat], most_changes: int) -> RepairedSeats | None:
        """Return the seats as a plan if the model confirms that they keep every rule; else None."""
        model = RepairModel(self._baseline, self._frozen)
        model.model.add(model.changes <= most_changes)
        if any(seat not in model.in_seat for seat in seats):
            return None
        for seat in seats:
            model.model.add(model.in_seat[seat] == 1)
        if self._search.run(model.model).status is not SearchStatus.OPTIMAL:
            return None
        cost = self._costs.cost(seats)
        return RepairedSeats(list(seats), cost, cost <= self._costs.bound.cost)

    def cost_bound(self, found: RepairedSeats, best_known: int) -> int:
        """Return a lower bound on the cost of every plan with the same settled seats, with any number of changes.

        best_known: the cost of the cheapest known plan.
        """
        counting = self._costs.bound.cost
        if best_known > counting and not self._search.is_over:
            steps = StepwiseSearch(self._baseline, self._costs, found.seats, frozen=())
            steps.improve(len(found.seats))
            best_known = min(best_known, self._costs.cost(steps.seats))
        if best_known <= counting or self._search.is_over:
            return min(counting, best_known)
        model = RepairModel(self._baseline)
        model.model.minimize(model.add_cost(self._costs, self._costs.ranges()))
        result = self._search.run(model.model, effort=BOUND_EFFORT)
        return min(best_known, max(counting, result.bound))
