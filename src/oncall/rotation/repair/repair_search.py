"""The searches of a repair: fewest changes, lowest cost for a number of changes, and a bound on any cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oncall.errors import Refused
from oncall.rotation.explain import infeasible
from oncall.rotation.problem.problem import StaffedSeat
from oncall.rotation.repair.frozen_conflict import frozen_conflict
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_costs import RepairCosts
from oncall.rotation.repair.repair_model import RepairModel
from oncall.rotation.repair.stepwise_search import StepwiseSearch
from oncall.rotation.solve.load_counts import widened_ranges
from oncall.rotation.solve.search import Search, SearchBudget, SearchStatus

BOUND_EFFORT = 3.0
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
        self.baseline = baseline
        self.costs = costs
        self._frozen = frozen
        self.search = search

    def fewest_changes(self) -> tuple[RepairedSeats, bool]:
        """Return a plan with as few changes as could be found, and True if it is proven that no plan has fewer.

        Raises PlanInfeasible, with the reasons, if no plan exists, and Refused if the search ended before it had a
        plan.
        """
        model = RepairModel(self.baseline, self._frozen)
        model.model.minimize(model.changes)
        result = self.search.run(model.model)
        if result.status is SearchStatus.INFEASIBLE:
            self._refuse_infeasible()
        if result.status is SearchStatus.UNKNOWN:
            seconds = self.search.elapsed.total_seconds()
            raise Refused(f"no plan was found in {seconds:.3g} s, and none is proven impossible; allow more time")
        seats = model.seats(result)
        found = RepairedSeats(seats, self.costs.cost(seats), is_proven=False)
        return found, result.status is SearchStatus.OPTIMAL

    def _refuse_infeasible(self) -> None:
        refusal = frozen_conflict(self.baseline, self._frozen, self.search) if self._frozen else None
        if refusal is not None:
            raise refusal
        self._refuse_unrested()
        infeasible.refuse_unstaffable(self.baseline.open, self.search)
        raise infeasible.explain_infeasible(self.baseline.open, self.search)

    def _refuse_unrested(self) -> None:
        """Raise Refused if there would be a plan without the rest after covered shifts."""
        if not self.baseline.unrested:
            return
        model = RepairModel(self.baseline, unrested=())
        if self.search.run(model.model).status is not SearchStatus.INFEASIBLE:
            names = ", ".join(sorted({seat.engineer for seat in self.baseline.whole.context.covers}))
            raise Refused(
                f"no plan leaves {names} their rest after the shifts that they covered before "
                f"{self.baseline.first_open}; choose a later --from, or ignore the published schedule with "
                "--no-history"
            )

    def lowest_cost(
        self, most_changes: int, *, effort: float | None = None, hint: Sequence[StaffedSeat] = ()
    ) -> RepairedSeats | None:
        """Return the cheapest plan found with at most `most_changes` changes; None if none was found in time.

        effort: deterministic seconds for each run of the solver; None: only the time limit of the search applies. hint:
        seats to start from.
        """
        ranges = self.costs.ranges()
        lower_bound = self.costs.bound.cost if effort is None else None
        best: RepairedSeats | None = None
        while True:
            model = RepairModel(self.baseline, self._frozen)
            model.model.add(model.changes <= most_changes)
            model.model.minimize(model.add_cost(self.costs, ranges))
            if hint:
                model.hint(hint)
            result = self.search.run(model.model, lower_bound=lower_bound, effort=effort)
            if not result.has_solution:
                return best
            seats = model.seats(result)
            cost = self.costs.cost(seats)
            wider = widened_ranges(self.baseline.open, ranges, seats)
            # Outside its ranges the model underestimates the cost, so its bound holds in any case.
            if cost <= result.bound or result.status is not SearchStatus.OPTIMAL or wider == ranges:
                return RepairedSeats(seats, cost, cost <= result.bound)
            best, ranges = RepairedSeats(seats, cost, is_proven=False), wider
            if lower_bound is not None:
                lower_bound = max(lower_bound, result.bound)

    def stepped(self, seats: Sequence[StaffedSeat], most_changes: int) -> RepairedSeats:
        """Return the plan after the step-by-step search from these seats. The model may know rules that it breaks."""
        steps = StepwiseSearch(self.baseline, self.costs, seats, self._frozen)
        steps.improve(most_changes)
        found = steps.seats
        return RepairedSeats(found, self.costs.cost(found), is_proven=False)

    def cheapest(
        self, most_changes: int, ceiling: int | None, budget: SearchBudget, *, hint: RepairedSeats, lower_bound: int
    ) -> tuple[RepairedSeats | None, int]:
        """Return the cheapest plan found with at most `most_changes` changes and a cost up to `ceiling`, and a bound.

        The plan is None if none was found. No plan with as many changes costs less than the bound, which is above
        `ceiling` if no plan is that cheap. ceiling: None for no limit. hint: seats to start from. lower_bound: a bound
        that is proven already.
        """
        ranges = widened_ranges(self.baseline.open, self.costs.ranges(), hint.seats)
        bound, best = lower_bound, None
        while True:
            model = RepairModel(self.baseline, self._frozen)
            model.model.add(model.changes <= most_changes)
            cost = model.add_cost(self.costs, ranges)
            if ceiling is not None:
                model.model.add(cost <= ceiling)
            model.model.minimize(cost)
            model.hint(hint.seats)
            result = budget.solve(self.search, model.model)
            if ceiling is not None and result.status is SearchStatus.INFEASIBLE:
                return best, ceiling + 1
            bound = max(bound, result.bound)
            if not result.has_solution:
                return best, bound
            seats = model.seats(result)
            found = RepairedSeats(seats, self.costs.cost(seats), is_proven=False)
            wider = widened_ranges(self.baseline.open, ranges, seats)
            best = found if best is None or found.cost < best.cost else best
            # Outside its ranges the model underestimates the cost.
            if best.cost <= bound or result.status is not SearchStatus.OPTIMAL or wider == ranges:
                return best, bound
            ranges = wider

    def keeps_rules(self, seats: Sequence[StaffedSeat]) -> bool:
        """Return True if the model confirms that these seats keep every rule."""
        model = RepairModel(self.baseline, self._frozen)
        if any(seat not in model.in_seat for seat in seats):
            return False
        for seat in seats:
            model.model.add(model.in_seat[seat] == 1)
        return self.search.run(model.model).status is SearchStatus.OPTIMAL

    def lowest_of_all(self, start: RepairedSeats) -> tuple[RepairedSeats, int]:
        """Return the cheapest plan found with any number of changes, and a bound that no such plan can beat.

        start: a plan to start from; it is the result if no cheaper one is found.
        """
        counting = self.costs.bound.cost
        if start.cost <= counting or self.search.is_over:
            return start, min(counting, start.cost)
        stepped = self.stepped(start.seats, len(start.seats))
        if stepped.cost <= counting and self.keeps_rules(stepped.seats):
            return stepped, stepped.cost
        budget = SearchBudget(BOUND_EFFORT, per_run=BOUND_EFFORT)
        every = len(self.baseline.holders)
        solved, bound = self.cheapest(every, None, budget, hint=stepped, lower_bound=counting)
        best = solved if solved is not None and solved.cost < start.cost else start
        return best, min(bound, best.cost)
