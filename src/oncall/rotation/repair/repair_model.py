"""The CP-SAT model of a repair: who has which open seat under the hard rules, and how many seats change."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Duty, StaffedSeat
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_costs import RepairCosts
from oncall.rotation.solve.load_counts import CountRange, LoadKey, add_cost
from oncall.rotation.solve.seat_variables import SeatVariables


class RepairModel(SeatVariables):
    """Decides who has which open seat. The seats in `frozen` do not change.

    unrested: duties that no plan may contain; None for those of the baseline. changes: the number of seats that change
    hands, as an expression.
    """

    def __init__(
        self,
        baseline: RepairBaseline,
        frozen: Collection[StaffedSeat] = (),
        *,
        unrested: Collection[Duty] | None = None,
    ) -> None:
        super().__init__(baseline.open, forbidden=baseline.unrested if unrested is None else unrested)
        self._baseline = baseline
        for seat in frozen:
            self.model.add(self.in_seat[seat] == 1)
        self.changes = self._changes()

    def _changes(self) -> cp_model.LinearExprT:
        parts: list[cp_model.LinearExprT] = []
        for (number, role), holder in self._baseline.holders.items():
            if holder is None:
                continue
            engineer = self._baseline.number_of(holder)
            stays = None if engineer is None else self.in_seat.get(StaffedSeat(number, role, engineer))
            parts.append(1 if stays is None else 1 - stays)
        return cp_model.LinearExpr.sum(parts)

    def hint(self, seats: Collection[StaffedSeat]) -> None:
        """Hint at a plan with these seats, so that the search starts from it."""
        own = set(seats)
        # The seats of a turn share one variable, and a variable takes one hint.
        hints = {variable.index: (variable, seat in own) for seat, variable in self.in_seat.items()}
        for variable, is_taken in hints.values():
            self.model.add_hint(variable, is_taken)

    def add_cost(self, costs: RepairCosts, ranges: Mapping[LoadKey, CountRange]) -> cp_model.LinearExprT:
        """Add and return the cost of the whole plan, settled seats included. ranges: of the counts of open seats.

        If the counting bound is exact, the cost must be at least that bound, so that a search that reaches it ends.
        """
        parts: list[cp_model.LinearExprT] = []
        for key, count_range in ranges.items():
            taken = list(self.counted_seats(key))
            total = cp_model.LinearExpr.sum(taken)
            parts.append(add_cost(self.model, total, len(taken), costs.curve(key), count_range))
        cost = cp_model.LinearExpr.sum(parts)
        if costs.bound.is_exact:
            self.model.add(cost >= costs.bound.cost)
        return cost
