"""Spreads each engineer's shifts over time without changing any load: swaps shifts that are close together.

Two engineers with the same role on two shifts of the same kind swap them if that evens out their gaps, keeps every hard
rule and breaks no more requests. No load changes, so the fairness cost stays as proven. The search takes the best swap
again and again until none helps; it does not prove that no plan is more even.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.problem.requests import preferred_pairs, request_costs
from oncall.rotation.solve.legal_duties import LegalDuties

MOST_SWAPS_CONSIDERED = 60_000
"""How many swaps are considered at most: some tenths of a second, the same on every machine."""
CLOSE = 0.7
"""A shift is moved if a gap beside it is shorter than this fraction of the engineer's even gap."""


class _SeatKey(NamedTuple):
    """A seat: the number of its shift, and its role."""

    shift: int
    role: str


class _Span(NamedTuple):
    """The time over which an engineer's shifts are spread, in nights: ordinals of dates, with fractions."""

    begin: float
    end: float


def spread_shifts(problem: Problem, seats: Sequence[StaffedSeat]) -> list[StaffedSeat]:
    """Return the same seats with each engineer's shifts spread further apart; no load changes."""
    return _Spreading(problem, seats).run()


class _Spreading:
    def __init__(self, problem: Problem, seats: Sequence[StaffedSeat]) -> None:
        self._problem = problem
        self._order = [_SeatKey(seat.shift, seat.role) for seat in seats]
        # The engineer of each seat, by role and then by shift.
        self._holders: dict[str, dict[int, int]] = defaultdict(dict)
        self._request_costs = request_costs(problem)
        self._pairs = {frozenset(pair) for pair in preferred_pairs(problem)}
        self._first_nights = [shift.first_night for shift in problem.shifts]
        self._legal = LegalDuties(problem)
        # The nights on which each engineer's shifts begin, sorted.
        self._nights: dict[int, list[int]] = defaultdict(list)
        for seat in seats:
            self._holders[seat.role][seat.shift] = seat.engineer
            self._legal.take(Duty(seat.engineer, seat.shift))
            insort(self._nights[seat.engineer], self._first_nights[seat.shift])
        self._spans = {engineer: self._span_of(engineer) for engineer in self._nights}
        self._alike = defaultdict(list)
        for number, role in self._order:
            self._alike[problem.shifts[number].kind, role].append(number)
        self._left_to_consider = MOST_SWAPS_CONSIDERED

    def run(self) -> list[StaffedSeat]:
        """Swap until nothing improves or enough swaps were considered."""
        improved = True
        while improved and self._left_to_consider > 0:
            improved = False
            for seat in self._order:
                if self._is_close(seat) and self._make_best_swap(seat):
                    improved = True
        return [StaffedSeat(number, role, self._holders[role][number]) for number, role in self._order]

    def _span_of(self, engineer: int) -> _Span:
        """Return the time over which to spread an engineer's shifts.

        It ends half an even gap before and after the shifts that they may take, or at the nearest outside shift up to
        one gap away.
        """
        numbers = self._problem.eligible_shifts[engineer]
        first, last = self._first_nights[numbers[0]], self._first_nights[numbers[-1]]
        half_gap = (last - first) / max(1, len(self._nights[engineer])) / 2
        outside = [each.first_night for each in self._problem.outside_shifts.of(self._problem.engineers[engineer].id)]
        before = max((night for night in outside if night < first), default=first - half_gap)
        after = min((night for night in outside if night > last), default=last + half_gap)
        return _Span(max(before, first - 2 * half_gap), min(after, last + 2 * half_gap))

    def _is_close(self, seat: _SeatKey) -> bool:
        """Return True if the seat's shift is close to another shift of its engineer."""
        engineer, night = self._holders[seat.role][seat.shift], self._first_nights[seat.shift]
        span, nights = self._spans[engineer], self._nights[engineer]
        before, after = _neighbours(nights, nights.index(night), span)
        even_gap = (span.end - span.begin) / (len(nights) + 1)
        return min(night - before, after - night) < CLOSE * even_gap

    def _make_best_swap(self, seat: _SeatKey) -> bool:
        """Make the swap of this seat that helps most; return False if none helps."""
        holders = self._holders[seat.role]
        engineer = holders[seat.shift]
        best: tuple[float, int] | None = None
        for number in self._alike[self._problem.shifts[seat.shift].kind, seat.role]:
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
        """Return by how much the sum of an engineer's squared gaps falls if they give one shift and take another."""
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

    def _is_allowed(self, seat: _SeatKey, number: int) -> bool:
        """Return True if the seat may be swapped with the same role of another shift, without breaking requests."""
        engineer, other = self._holders[seat.role][seat.shift], self._holders[seat.role][number]
        return (
            not self._is_fixed(seat.shift, seat.role)
            and not self._is_fixed(number, seat.role)
            and self._may_take(engineer, number, seat.role)
            and self._may_take(other, seat.shift, seat.role)
            and self._added_request_cost(engineer, other, seat.shift, number) <= 0
            and self._keeps_rules(engineer, other, seat.shift, number)
        )

    def _is_fixed(self, number: int, role: str) -> bool:
        return role in self._problem.fixed_seats.get(number, {})

    def _may_take(self, engineer: int, number: int, role: str) -> bool:
        problem = self._problem
        return role in problem.roles_at(engineer, number) and number in problem.eligible_shift_sets[engineer]

    def _keeps_rules(self, engineer: int, other: int, own: int, number: int) -> bool:
        """Return True if the hard rules allow the swap; the duties taken are the same afterwards."""
        legal = self._legal
        legal.drop(Duty(engineer, own))
        legal.drop(Duty(other, number))
        allowed = legal.allows(Duty(engineer, number))
        if allowed:
            legal.take(Duty(engineer, number))
            allowed = legal.allows(Duty(other, own))
            legal.drop(Duty(engineer, number))
        legal.take(Duty(engineer, own))
        legal.take(Duty(other, number))
        return allowed

    def _added_request_cost(self, engineer: int, other: int, own: int, number: int) -> int:
        """Return how much worse the requests are met after the swap; below 0 is better."""
        cost = self._request_costs.get
        after = cost(Duty(engineer, number), 0) + cost(Duty(other, own), 0)
        before = cost(Duty(engineer, own), 0) + cost(Duty(other, number), 0)
        lost_meetings = self._lost_meetings(engineer, other, own) + self._lost_meetings(other, engineer, number)
        return after - before + lost_meetings

    def _lost_meetings(self, leaving: int, joining: int, number: int) -> int:
        """Return how many meetings of pairs a shift loses when one engineer replaces another."""
        if not self._pairs:
            return 0
        mates = [self._holders[role][number] for role in self._problem.roles]
        mates.remove(leaving)
        lost, won = (
            sum(1 for mate in mates if frozenset((engineer, mate)) in self._pairs) for engineer in (leaving, joining)
        )
        return lost - won

    def _swap(self, seat: _SeatKey, number: int) -> None:
        holders = self._holders[seat.role]
        engineer, other = holders[seat.shift], holders[number]
        for who, given, taken in ((engineer, seat.shift, number), (other, number, seat.shift)):
            self._legal.drop(Duty(who, given))
            self._nights[who].remove(self._first_nights[given])
            insort(self._nights[who], self._first_nights[taken])
            holders[taken] = who
        self._legal.take(Duty(engineer, number))
        self._legal.take(Duty(other, seat.shift))


def _neighbours(nights: Sequence[int], place: int, span: _Span) -> tuple[float, float]:
    """Return the nights before and after one of an engineer's nights, or the ends of the span."""
    before = nights[place - 1] if place else span.begin
    return before, (nights[place + 1] if place + 1 < len(nights) else span.end)
