"""Makes a repaired plan fairer step by step, with a limited number of changed seats.

A step gives one seat to another engineer, or exchanges two roles of one shift. The search takes the step that lowers
the cost most while every rule is kept. That takes tenths of a second; a proof takes many. It does not prove that no
plan is cheaper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

from oncall.rotation.problem.problem import Duty, StaffedSeat
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_costs import RepairCosts
from oncall.rotation.solve.counting_bound import role_cost_curve
from oncall.rotation.solve.legal_duties import LegalDuties
from oncall.rotation.solve.load_counts import CostCurve, LoadKey

_Seat = tuple[int, str]
"""The number of a shift, and a role."""
_Step = tuple[tuple[_Seat, int], ...]
"""Seats, each with the number of its new engineer. An exchange has two."""


class StepwiseSearch:
    """Makes a repaired plan fairer step by step. seats: who has which open seat at present."""

    def __init__(
        self,
        baseline: RepairBaseline,
        costs: RepairCosts,
        seats: Sequence[StaffedSeat],
        frozen: Collection[StaffedSeat],
    ) -> None:
        self._problem = problem = baseline.open
        self._whole = baseline.whole
        holders = baseline.holders.items()
        # The holders before the repair, by number: None for an engineer who left, no entry for a seat of a new shift.
        self._before = {seat: baseline.number_of(holder) for seat, holder in holders if holder is not None}
        self._frozen = {(seat.shift, seat.role) for seat in frozen}
        self._frozen |= {(number, role) for number, roles in problem.fixed_seats.items() for role in roles}
        self._holder = {(seat.shift, seat.role): seat.engineer for seat in seats}
        self._duties = LegalDuties(problem)
        self._curves: dict[LoadKey, CostCurve] = {}
        self._loads: Counter[LoadKey] = Counter()
        for seat in seats:
            self._duties.take(Duty(seat.engineer, seat.shift))
            self._loads.update(self._keys((seat.shift, seat.role), seat.engineer))
        for engineer in range(len(problem.engineers)):
            for kind in baseline.whole.shares.totals:
                for role in (*problem.roles, None):
                    key = LoadKey(engineer, kind, role)
                    self._loads[key] += costs.settled_count(key)

    def improve(self, most_changes: int) -> None:
        """Make the best step until none helps. At most `most_changes` seats may differ from the baseline."""
        while (step := self._best_step(most_changes)) is not None:
            self._make(step)

    @property
    def seats(self) -> list[StaffedSeat]:
        """Return who has which open seat at present."""
        return [StaffedSeat(number, role, engineer) for (number, role), engineer in self._holder.items()]

    def _best_step(self, most_changes: int) -> _Step | None:
        best: tuple[int, _Step] | None = None
        changes = sum(1 for seat, engineer in self._holder.items() if self._is_change(seat, engineer))
        for step in self._steps():
            if changes + self._added_changes(step) <= most_changes:
                gain = self._gain(step)
                if gain > (best[0] if best else 0) and self._is_legal(step):
                    best = gain, step
        return best[1] if best else None

    def _steps(self) -> Iterator[_Step]:
        for (number, role), engineer in self._holder.items():
            if (number, role) in self._frozen:
                continue
            for other in self._problem.eligible_engineers[number]:
                if other != engineer and role in self._problem.roles_at(other, number):
                    yield (((number, role), other),)
        for number in range(len(self._problem.shifts)):
            for role, other_role in combinations(self._problem.roles, 2):
                one, two = (number, role), (number, other_role)
                if not {one, two} & self._frozen:
                    yield (one, self._holder[two]), (two, self._holder[one])

    def _added_changes(self, step: _Step) -> int:
        return sum(self._is_change(seat, who) - self._is_change(seat, self._holder[seat]) for seat, who in step)

    def _is_change(self, seat: _Seat, engineer: int) -> bool:
        return seat in self._before and self._before[seat] != engineer

    def _gain(self, step: _Step) -> int:
        """Return by how much the step lowers the cost; below 0 if it raises the cost."""
        differences: Counter[LoadKey] = Counter()
        for seat, engineer in step:
            differences.update(self._keys(seat, engineer))
            differences.subtract(self._keys(seat, self._holder[seat]))
        return sum(
            self._cost(key, self._loads[key]) - self._cost(key, self._loads[key] + difference)
            for key, difference in differences.items()
            if difference
        )

    def _cost(self, key: LoadKey, count: int) -> int:
        curve = self._curves.get(key)
        if curve is None:
            curve = self._curves[key] = role_cost_curve(self._whole, key)
        return curve(count)

    def _keys(self, seat: _Seat, engineer: int) -> tuple[LoadKey, LoadKey]:
        number, role = seat
        kind = self._problem.shifts[number].kind
        return LoadKey(engineer, kind, role), LoadKey(engineer, kind, None)

    def _is_legal(self, step: _Step) -> bool:
        if len(step) > 1:
            return all(role in self._problem.roles_at(engineer, number) for (number, role), engineer in step)
        (((number, role), engineer),) = step
        holder = self._holder[number, role]
        self._duties.drop(Duty(holder, number))
        is_legal = self._duties.allows(Duty(engineer, number))
        self._duties.take(Duty(holder, number))
        return is_legal

    def _make(self, step: _Step) -> None:
        for seat, _ in step:
            self._duties.drop(Duty(self._holder[seat], seat[0]))
            self._loads.subtract(self._keys(seat, self._holder[seat]))
        for seat, engineer in step:
            self._duties.take(Duty(engineer, seat[0]))
            self._loads.update(self._keys(seat, engineer))
            self._holder[seat] = engineer
