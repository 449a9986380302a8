"""Spreads each engineer's shifts over time: swaps shifts that are close together, without changing any load.

Two engineers exchange shifts of the same kind and role if that evens out their gaps, keeps every hard rule and breaks
no more requests. No load changes, so that the proven fairness cost stays true. The search makes the best swap again and
again until none helps; it does not prove that no plan is more even.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from oncall.rotation.generate.seat_swaps import SeatKey, SeatSwaps
from oncall.rotation.generate.unclumping import SAME, SpanLoads
from oncall.rotation.problem.clumps import ClumpMeasure
from oncall.rotation.problem.problem import Problem, StaffedSeat

MOST_SWAPS_CONSIDERED = 60_000
"""The most swaps to consider, which takes some tenths of a second. A number gives the same plan on every machine."""
CLOSE = 0.7
"""A shift is moved if a gap beside it is shorter than this fraction of the engineer's even gap."""


class _Span(NamedTuple):
    """The time over which to spread an engineer's shifts, in nights: ordinals of dates, with fractions."""

    begin: float
    end: float


def spread_shifts(
    problem: Problem, seats: Sequence[StaffedSeat], measure: ClumpMeasure | None = None
) -> list[StaffedSeat]:
    """Return the seats with each engineer's shifts spread further apart. No load changes.

    measure: if given, the largest distance from a share in four weeks in a row does not grow.
    """
    swaps = SeatSwaps(problem, seats)
    return _Spreading(problem, swaps, SpanLoads(measure, swaps) if measure is not None else None).run()


class _Spreading:
    def __init__(self, problem: Problem, swaps: SeatSwaps, loads: SpanLoads | None) -> None:
        self._problem = problem
        self._swaps = swaps
        self._loads = loads
        self._most = loads.worst + SAME if loads is not None else 0.0
        self._first_nights = [shift.first_night for shift in problem.shifts]
        # The nights on which each engineer's shifts begin, sorted.
        self._nights: dict[int, list[int]] = defaultdict(list)
        for seat in swaps.seats():
            insort(self._nights[seat.engineer], self._first_nights[seat.shift])
        self._spans = {engineer: self._span_of(engineer) for engineer in self._nights}
        self._left_to_consider = MOST_SWAPS_CONSIDERED

    def run(self) -> list[StaffedSeat]:
        """Make swaps until none improves the plan, or MOST_SWAPS_CONSIDERED were considered. Return the seats."""
        improved = True
        while improved and self._left_to_consider > 0:
            improved = False
            for seat in self._swaps.order:
                if self._is_close(seat) and self._make_best_swap(seat):
                    improved = True
        return self._swaps.seats()

    def _span_of(self, engineer: int) -> _Span:
        """Return the time over which to spread an engineer's shifts.

        It begins half an even gap before the first shift that the engineer may take, or at the nearest outside shift if
        that is at most one even gap before. It ends in the same way.
        """
        numbers = self._problem.eligible_shifts[engineer]
        first, last = self._first_nights[numbers[0]], self._first_nights[numbers[-1]]
        half_gap = (last - first) / max(1, len(self._nights[engineer])) / 2
        outside = [each.first_night for each in self._problem.outside_shifts.of(self._problem.engineers[engineer].id)]
        before = max((night for night in outside if night < first), default=first - half_gap)
        after = min((night for night in outside if night > last), default=last + half_gap)
        return _Span(max(before, first - 2 * half_gap), min(after, last + 2 * half_gap))

    def _is_close(self, seat: SeatKey) -> bool:
        """Return True if the seat's shift is close to another shift of the same engineer (see `CLOSE`)."""
        engineer, night = self._swaps.holders[seat.role][seat.shift], self._first_nights[seat.shift]
        span, nights = self._spans[engineer], self._nights[engineer]
        before, after = _neighbours(nights, nights.index(night), span)
        even_gap = (span.end - span.begin) / (len(nights) + 1)
        return min(night - before, after - night) < CLOSE * even_gap

    def _make_best_swap(self, seat: SeatKey) -> bool:
        """Make the swap of this seat that helps most. Returns False if none helps."""
        holders = self._swaps.holders[seat.role]
        engineer = holders[seat.shift]
        best: tuple[float, int] | None = None
        for number in self._swaps.alike(seat):
            if self._left_to_consider <= 0:
                break
            self._left_to_consider -= 1
            other = holders[number]
            if other == engineer or number == seat.shift:
                continue
            gain = self._gain(engineer, seat.shift, number)
            if gain <= 0:
                continue
            gain += self._gain(other, number, seat.shift)
            if gain > 1e-9 and (best is None or gain > best[0]) and self._is_allowed(seat, number):
                best = gain, number
        if best is None:
            return False
        self._swap(seat, best[1])
        return True

    def _gain(self, engineer: int, given: int, taken: int) -> float:
        """Return by how much the sum of an engineer's squared gaps falls if they exchange shift `given` for `taken`."""
        span, nights = self._spans[engineer], self._nights[engineer]
        old, new = self._first_nights[given], self._first_nights[taken]
        place = bisect_left(nights, old)
        before, after = _neighbours(nights, place, span)
        gain = (old - before) ** 2 + (after - old) ** 2 - (after - before) ** 2
        others = list(nights)
        del others[place]
        place = bisect_left(others, new)
        earlier = others[place - 1] if place else span.begin
        later = others[place] if place < len(others) else span.end
        return gain + (later - earlier) ** 2 - (new - earlier) ** 2 - (later - new) ** 2

    def _is_allowed(self, seat: SeatKey, number: int) -> bool:
        keeps_weeks = self._loads is None or self._loads.stays_below(seat, number, self._most)
        return keeps_weeks and self._swaps.is_allowed(seat, number)

    def _swap(self, seat: SeatKey, number: int) -> None:
        if self._loads is not None:
            self._loads.note(seat, number)
        holders = self._swaps.holders[seat.role]
        for who, given, taken in ((holders[seat.shift], seat.shift, number), (holders[number], number, seat.shift)):
            self._nights[who].remove(self._first_nights[given])
            insort(self._nights[who], self._first_nights[taken])
        self._swaps.swap(seat, number)


def _neighbours(nights: Sequence[int], place: int, span: _Span) -> tuple[float, float]:
    """Return the nights before and after one of an engineer's nights.

    Before the first night and after the last one, the end of the span is returned.
    """
    before = nights[place - 1] if place else span.begin
    return before, (nights[place + 1] if place + 1 < len(nights) else span.end)
