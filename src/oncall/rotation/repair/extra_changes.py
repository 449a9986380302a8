"""What more changes of a mended plan would buy, found by steps: seat by seat to whoever makes the plan fairest.

Each step gives one seat to another person, or swaps two roles of one shift, whatever lowers the cost most while every
rule is kept. That takes tenths of a second where a proof takes many; so it says what can be had, not that nothing
better can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import combinations

from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CostCurve, role_cost_curve
from oncall.rotation.solve.legal_duties import LegalDuties
from oncall.rotation.solve.load_counts import LoadKey

_Seat = tuple[int, str]
_Move = tuple[tuple[_Seat, int], ...]
"""Seats and who has them then; several at once where only together they make sense."""


class Steps:
    """A plan that gets fairer step by step. `before`: who had each seat, by number; None where nobody on the roster."""

    def __init__(
        self,
        problem: Problem,
        held: Sequence[StaffedSeat],
        *,
        before: Mapping[_Seat, int | None],
        frozen: Collection[StaffedSeat],
        had: Callable[[LoadKey], int],
        whole: Problem,
    ) -> None:
        self._problem = problem
        self._whole = whole
        self._before = before
        self._frozen = {(seat.shift, seat.role) for seat in frozen}
        self._frozen |= {(number, role) for number, seats in problem.fixed_seats.items() for role in seats}
        self._holder = {(seat.shift, seat.role): seat.engineer for seat in held}
        self._book = LegalDuties(problem)
        self._curves: dict[LoadKey, CostCurve] = {}
        self._counts: Counter[LoadKey] = Counter()
        for seat in held:
            self._book.take(Duty(seat.engineer, seat.shift))
            self._counts.update(self._counted((seat.shift, seat.role), seat.engineer))
        for engineer in range(len(problem.engineers)):
            for kind in whole.shares.totals:
                for role in (*problem.roles, None):
                    self._counts[LoadKey(engineer, kind, role)] += had(LoadKey(engineer, kind, role))

    def best(self, most: int) -> None:
        """Go on while some step helps and at most so many seats differ from before."""
        while (move := self._best_step(most)) is not None:
            self._make(move)

    @property
    def held(self) -> list[StaffedSeat]:
        """Who has which seat by now."""
        return [StaffedSeat(number, role, who) for (number, role), who in self._holder.items()]

    def _best_step(self, most: int) -> _Move | None:
        best: tuple[int, _Move] | None = None
        changes = self._changes()
        for move in self._moves():
            if changes + self._added(move) <= most:
                gain = self._gain(move)
                if gain > (best[0] if best else 0) and self._is_legal(move):
                    best = gain, move
        return best[1] if best else None

    def _moves(self) -> Iterator[_Move]:
        for seat, holder in self._holder.items():
            if seat in self._frozen:
                continue
            for other in self._problem.eligible_engineers[seat[0]]:
                if other != holder and seat[1] in self._problem.roles_at(other, seat[0]):
                    yield ((seat, other),)
        for number in range(len(self._problem.shifts)):
            for role, other_role in combinations(self._problem.roles, 2):
                one, two = (number, role), (number, other_role)
                if not {one, two} & self._frozen:
                    yield (one, self._holder[two]), (two, self._holder[one])

    def _changes(self) -> int:
        return sum(1 for seat, holder in self._holder.items() if self._differs(seat, holder))

    def _added(self, move: _Move) -> int:
        return sum(self._differs(seat, who) - self._differs(seat, self._holder[seat]) for seat, who in move)

    def _differs(self, seat: _Seat, who: int) -> bool:
        # A shift that is new has no entry: whoever takes it changes nothing.
        return seat in self._before and self._before[seat] != who

    def _gain(self, move: _Move) -> int:
        changed: Counter[LoadKey] = Counter()
        for seat, who in move:
            changed.update(self._counted(seat, who))
            changed.subtract(self._counted(seat, self._holder[seat]))
        return sum(
            self._cost(counted, self._counts[counted]) - self._cost(counted, self._counts[counted] + more)
            for counted, more in changed.items()
            if more
        )

    def _cost(self, counted: LoadKey, count: int) -> int:
        curve = self._curves.get(counted)
        if curve is None:
            curve = self._curves[counted] = role_cost_curve(self._whole, counted)
        return curve(count)

    def _counted(self, seat: _Seat, who: int) -> tuple[LoadKey, LoadKey]:
        kind = self._problem.shifts[seat[0]].kind
        return LoadKey(who, kind, seat[1]), LoadKey(who, kind, None)

    def _is_legal(self, move: _Move) -> bool:
        if len(move) > 1:
            return all(seat[1] in self._problem.roles_at(who, seat[0]) for seat, who in move)
        ((number, role), who) = move[0]
        holder = self._holder[number, role]
        self._book.drop(Duty(holder, number))
        legal = self._book.allows(Duty(who, number))
        self._book.take(Duty(holder, number))
        return legal

    def _make(self, move: _Move) -> None:
        for seat, _ in move:
            self._book.drop(Duty(self._holder[seat], seat[0]))
            self._counts.subtract(self._counted(seat, self._holder[seat]))
        for seat, who in move:
            self._book.take(Duty(who, seat[0]))
            self._counts.update(self._counted(seat, who))
            self._holder[seat] = who
