"""Evenness over time: without touching anybody's load, people's shifts are moved apart where they clump.

Two people in the same role of two shifts of the same kind trade places when that evens their gaps out, keeps every rule
and worsens no request. Nobody's count of any kind or role changes by it, so fairness stays exactly what was proven. It
is a search by steps that gets better and stops; that no plan is evener it does not say.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Sequence

from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.requests import pairs_of, price_of_duties
from oncall.rotation.solve.legal_duties import LegalDuties
from oncall.rotation.solve.model_base import Held

LOOKS = 60_000
"""How many trades are weighed at most: some tenths of a second, the same on every machine."""
CLUMPED = 0.7
"""A shift is looked at when a gap beside it is shorter than this part of the person's even gap."""


def spread_shifts(problem: Problem, held: Sequence[Held]) -> list[Held]:
    """The same seats with people's shifts farther apart; every count of a person, kind and role stays what it was."""
    return _Spreading(problem, held).run()


class _Spreading:
    def __init__(self, problem: Problem, held: Sequence[Held]) -> None:
        self._problem = problem
        self._order = [(seat.shift, seat.role) for seat in held]
        self._holder = {(seat.shift, seat.role): seat.engineer for seat in held}
        self._prices = price_of_duties(problem)
        self._friends = {frozenset(pair) for pair in pairs_of(problem)}
        self._nights = [shift.first_night for shift in problem.shifts]
        self._book = LegalDuties(problem)
        self._days: dict[int, list[int]] = defaultdict(list)
        for seat in held:
            self._book.take((seat.engineer, seat.shift))
            insort(self._days[seat.engineer], self._nights[seat.shift])
        self._ends = {person: self._ends_of(person) for person in self._days}
        self._alike = defaultdict(list)
        for number, role in self._order:
            self._alike[problem.shifts[number].kind, role].append(number)
        self._looks = LOOKS

    def run(self) -> list[Held]:
        """Trade until nothing improves or enough was looked at."""
        improved = True
        while improved and self._looks > 0:
            improved = False
            for seat in self._order:
                if self._is_clumped(seat) and self._trade(*seat):
                    improved = True
        return [Held(number, role, self._holder[number, role]) for number, role in self._order]

    def _ends_of(self, person: int) -> tuple[float, float]:
        """Where a person's time begins and ends: their shifts outside the plan, or half a gap beyond what is open."""
        numbers = self._problem.open_to[person]
        first, last = self._nights[numbers[0]], self._nights[numbers[-1]]
        half = (last - first) / max(1, len(self._days[person])) / 2
        turns = [turn.first_night for turn in self._problem.seam.turns(self._problem.engineers[person].id)]
        before = max((night for night in turns if night < first), default=first - half)
        after = min((night for night in turns if night > last), default=last + half)
        return max(before, first - 2 * half), min(after, last + 2 * half)

    def _is_clumped(self, seat: tuple[int, str]) -> bool:
        person, night = self._holder[seat], self._nights[seat[0]]
        begin, end = self._ends[person]
        days = self._days[person]
        before, after = _around(days, days.index(night), begin, end)
        even = (end - begin) / (len(days) + 1)
        return min(night - before, after - night) < CLUMPED * even

    def _trade(self, number: int, role: str) -> bool:
        """Make the best trade for one seat, if any helps."""
        person = self._holder[number, role]
        best: tuple[float, int] | None = None
        for other in self._alike[self._problem.shifts[number].kind, role]:
            if self._looks <= 0:
                break
            self._looks -= 1
            partner = self._holder[other, role]
            if partner == person or other == number:
                continue
            gain = self._gain(person, number, other)
            if gain <= 0:
                continue
            gain += self._gain(partner, other, number)
            if gain > 1e-9 and (best is None or gain > best[0]) and self._is_legal(number, other, role):
                best = gain, other
        if best is None:
            return False
        self._swap(number, best[1], role)
        return True

    def _gain(self, person: int, left: int, joined: int) -> float:
        """How much the sum of a person's squared gaps falls when they give one shift for another."""
        begin, end = self._ends[person]
        days = list(self._days[person])
        gave, got = self._nights[left], self._nights[joined]
        place = bisect_left(days, gave)
        before, after = _around(days, place, begin, end)
        gain = (gave - before) ** 2 + (after - gave) ** 2 - (after - before) ** 2
        del days[place]
        place = bisect_left(days, got)
        earlier = days[place - 1] if place else begin
        later = days[place] if place < len(days) else end
        return gain + (later - earlier) ** 2 - (got - earlier) ** 2 - (later - got) ** 2

    def _is_legal(self, number: int, other: int, role: str) -> bool:
        problem, book = self._problem, self._book
        person, partner = self._holder[number, role], self._holder[other, role]
        if role in problem.fixed.get(number, {}) or role in problem.fixed.get(other, {}):
            return False
        if role not in problem.roles_at(person, other) or role not in problem.roles_at(partner, number):
            return False
        if other not in problem.open_sets[person] or number not in problem.open_sets[partner]:
            return False
        if self._price(person, partner, number, other) > 0:
            return False
        book.drop((person, number))
        book.drop((partner, other))
        legal = book.allows((person, other))
        if legal:
            book.take((person, other))
            legal = book.allows((partner, number))
            book.drop((person, other))
        book.take((person, number))
        book.take((partner, other))
        return legal

    def _price(self, person: int, partner: int, number: int, other: int) -> int:
        """What the trade adds to broken requests."""

        def price(duty: Duty) -> int:
            return self._prices.get(duty, 0)

        added = price((person, other)) + price((partner, number)) - price((person, number)) - price((partner, other))
        return added + self._lost_company(person, partner, number) + self._lost_company(partner, person, other)

    def _lost_company(self, leaving: int, joining: int, number: int) -> int:
        if not self._friends:
            return 0
        team = [self._holder[number, role] for role in self._problem.roles]
        lost, won = (
            sum(1 for mate in team if mate != leaving and frozenset((person, mate)) in self._friends)
            for person in (leaving, joining)
        )
        return lost - won

    def _swap(self, number: int, other: int, role: str) -> None:
        person, partner = self._holder[number, role], self._holder[other, role]
        for who, left, joined in ((person, number, other), (partner, other, number)):
            self._book.drop((who, left))
            self._days[who].remove(self._nights[left])
            insort(self._days[who], self._nights[joined])
            self._holder[joined, role] = who
        self._book.take((person, other))
        self._book.take((partner, number))


def _around(days: Sequence[int], place: int, begin: float, end: float) -> tuple[float, float]:
    return (days[place - 1] if place else begin), (days[place + 1] if place + 1 < len(days) else end)
