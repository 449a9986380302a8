"""The CP-SAT model of a repair: every open seat, the hard rules, and how many seats change."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import StaffedSeat
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.solve.load_counts import CountRange, LoadKey, add_cost
from oncall.rotation.solve.seat_variables import SeatVariables


class RepairModel(SeatVariables):
    """Decides who has which open seat. The seats in `frozen` stay as they are.

    changes: the number of seats whose engineer changes.
    """

    def __init__(self, kept: RepairBaseline, frozen: Collection[StaffedSeat] = ()) -> None:
        super().__init__(kept.open, forbidden=kept.too_soon)
        self._kept = kept
        for seat in frozen:
            self.model.add(self.in_seat[seat] == 1)
        self.changes = self._changes()

    def _changes(self) -> cp_model.LinearExprT:
        parts: list[cp_model.LinearExprT] = []
        for (number, role), engineer in self._kept.before.items():
            if engineer is None:
                continue
            index = self._kept.numbers.get(engineer)
            stays = None if index is None else self.in_seat.get(StaffedSeat(number, role, index))
            parts.append(1 if stays is None else 1 - stays)
        return cp_model.LinearExpr.sum(parts)

    def add_cost(self, ranges: Mapping[LoadKey, CountRange]) -> cp_model.LinearExprT:
        """Add and return the cost of the whole plan, with the part before the repair. ranges: of the open part's loads.

        If the counting bound is exact, the cost is kept at or above it, which ends a search that reaches it.
        """
        costs: list[cp_model.LinearExprT] = []
        for key, count_range in ranges.items():
            taken = list(self.counted_seats(key))
            total = cp_model.LinearExpr.sum(taken)
            costs.append(add_cost(self.model, total, len(taken), self._kept.curve(key), count_range))
        cost = cp_model.LinearExpr.sum(costs)
        if self._kept.floor.is_exact:
            self.model.add(cost >= self._kept.floor.cost)
        return cost
