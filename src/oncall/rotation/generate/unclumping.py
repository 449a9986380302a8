"""Swaps seats until no engineer is far above or below their share in any four weeks in a row (a span).

It uses the swaps of `seat_swaps`, so that no load changes. Each swap lowers the largest distance from a share, or the
number of spans with that distance. The search ends if no swap helps; a plan with fewer clumps may exist.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from oncall.rotation.generate.seat_swaps import SeatKey, SeatSwaps
from oncall.rotation.problem.clumps import WEEKS, ClumpMeasure
from oncall.rotation.problem.problem import Problem, StaffedSeat

MOST_SWAPS_CONSIDERED = 40_000
"""The most swaps to consider, which takes a tenth of a second. A number gives the same plan on every machine."""
SAME = 1e-9
"""Distances that differ by less than this are equal."""


def without_clumps(problem: Problem, measure: ClumpMeasure, seats: Sequence[StaffedSeat]) -> list[StaffedSeat]:
    """Return the seats after swaps that lower the largest distance from a share. No load changes."""
    return _Unclumping(problem, measure, seats).run()


class SpanLoads:
    """How far every engineer is from their share in every span, kept up to date while seats are swapped."""

    def __init__(self, measure: ClumpMeasure, swaps: SeatSwaps) -> None:
        self._swaps = swaps
        self._weeks, self._spans = measure.weeks, measure.spans
        by_week: list[Counter[int]] = [Counter() for _ in measure.shares]
        for seat in swaps.seats():
            by_week[seat.engineer][self._weeks[seat.shift]] += 1
        # off[engineer][span]: the shifts that the engineer carries in the span, less their share.
        self.off = [
            [float(count - share) for count, share in zip(measure.sums(own), shares, strict=True)]
            for own, shares in zip(by_week, measure.shares, strict=True)
        ]

    @property
    def worst(self) -> float:
        """Return the largest distance of any engineer from their share in any span."""
        return max(abs(off) for own in self.off for off in own)

    def is_in(self, number: int, span: int) -> bool:
        """Return True if shift `number` lies in the span."""
        return span <= self._weeks[number] < span + WEEKS

    def stays_below(self, seat: SeatKey, number: int, level: float) -> bool:
        """Return True if, after a swap, each changed span is nearer to its share than `level`.

        seat, number: the swap; `number` is the shift of the other seat.
        """
        return all(
            abs(self.off[who][span] + change) < level
            for each in self._sides(seat, number)
            for who, span, change in self._changes(*each)
        )

    def note(self, seat: SeatKey, number: int) -> None:
        """Update the distances for a swap that will be made next. number: the shift of the other seat."""
        for each in self._sides(seat, number):
            for who, span, change in self._changes(*each):
                self.off[who][span] += change

    def _sides(self, seat: SeatKey, number: int) -> tuple[tuple[int, int, int], ...]:
        """Return (engineer, shift given, shift taken), as numbers, for both engineers of a swap."""
        holders = self._swaps.holders[seat.role]
        return (holders[seat.shift], seat.shift, number), (holders[number], number, seat.shift)

    def _changes(self, engineer: int, given: int, taken: int) -> Iterator[tuple[int, int, int]]:
        """Yield (engineer, span, change) for each span in which exchanging one shift for another changes the load."""
        old, new = self._weeks[given], self._weeks[taken]
        for span in range(max(0, old - WEEKS + 1), min(self._spans, old + 1)):
            if not span <= new < span + WEEKS:
                yield engineer, span, -1
        for span in range(max(0, new - WEEKS + 1), min(self._spans, new + 1)):
            if not span <= old < span + WEEKS:
                yield engineer, span, 1


class _Unclumping:
    def __init__(self, problem: Problem, measure: ClumpMeasure, seats: Sequence[StaffedSeat]) -> None:
        self._swaps = SeatSwaps(problem, seats)
        self._loads = SpanLoads(measure, self._swaps)
        self._left_to_consider = MOST_SWAPS_CONSIDERED

    def run(self) -> list[StaffedSeat]:
        """Make swaps until none helps, or MOST_SWAPS_CONSIDERED were considered. Return the seats."""
        while self._left_to_consider > 0 and self._improve():
            pass
        return self._swaps.seats()

    def _improve(self) -> bool:
        """Make the first swap that improves a span with the largest distance. Returns False if there is none.

        After the swap, every span that it changes must be nearer to its share than that distance.
        """
        worst = self._loads.worst
        for engineer, own in enumerate(self._loads.off):
            for span, off in enumerate(own):
                if abs(off) >= worst - SAME and self._relieve(engineer, span, worst, has_too_many=off > 0):
                    return True
        return False

    def _relieve(self, engineer: int, span: int, worst: float, *, has_too_many: bool) -> bool:
        """Swap a seat of the engineer out of the span (or into it, if they have too few).

        Returns False if no swap helps.
        """
        for seat, number in self._candidates(engineer, span, has_too_many=has_too_many):
            if self._loads.stays_below(seat, number, worst - SAME) and self._swaps.is_allowed(seat, number):
                self._loads.note(seat, number)
                self._swaps.swap(seat, number)
                return True
        return False

    def _candidates(self, engineer: int, span: int, *, has_too_many: bool) -> Iterator[tuple[SeatKey, int]]:
        """Yield swaps for the engineer, out of the span or into it: a seat, and the shift to exchange it for."""
        for seat in self._swaps.order:
            holders = self._swaps.holders[seat.role]
            if holders[seat.shift] == engineer and self._loads.is_in(seat.shift, span) is has_too_many:
                for number in self._swaps.alike(seat):
                    if self._left_to_consider <= 0:
                        return
                    self._left_to_consider -= 1
                    if self._loads.is_in(number, span) is not has_too_many and holders[number] != engineer:
                        yield seat, number
