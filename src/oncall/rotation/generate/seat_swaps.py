"""Swaps seats without changing a load: two engineers exchange shifts of the same kind and role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.rotation.problem.requests import preferred_pairs, request_costs
from oncall.rotation.solve.legal_duties import LegalDuties


class SeatKey(NamedTuple):
    """A seat: the number of its shift, and its role."""

    shift: int
    role: str


class SeatSwaps:
    """The seats of a plan. Finds and makes swaps that keep every hard rule and break no more requests.

    order: the seats in the given order. holders: the engineer of each seat, by role and then by shift. alike: the
    shifts that can be swapped, by kind and role.
    """

    def __init__(self, problem: Problem, seats: Sequence[StaffedSeat]) -> None:
        self._problem = problem
        self.order = [SeatKey(seat.shift, seat.role) for seat in seats]
        self.holders: dict[str, dict[int, int]] = defaultdict(dict)
        self._request_costs = request_costs(problem)
        self._pairs = {frozenset(pair) for pair in preferred_pairs(problem)}
        self._legal = LegalDuties(problem)
        self._alike: dict[tuple[str, str], list[int]] = defaultdict(list)
        for seat in seats:
            self.holders[seat.role][seat.shift] = seat.engineer
            self._legal.take(Duty(seat.engineer, seat.shift))
            self._alike[problem.shifts[seat.shift].kind, seat.role].append(seat.shift)

    def alike(self, seat: SeatKey) -> Sequence[int]:
        """Return the numbers of the shifts of the same kind with a seat in the same role, in time order."""
        return self._alike[self._problem.shifts[seat.shift].kind, seat.role]

    def seats(self) -> list[StaffedSeat]:
        """Return the seats after the swaps made so far, in the given order."""
        return [StaffedSeat(number, role, self.holders[role][number]) for number, role in self.order]

    def is_allowed(self, seat: SeatKey, number: int) -> bool:
        """Return True if the seat may be swapped with the same role of shift `number`, without breaking requests."""
        engineer, other = self.holders[seat.role][seat.shift], self.holders[seat.role][number]
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
        """Return True if the hard rules allow the swap, which is not made. own, number: the two shifts."""
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
        """Return by how much the cost of the requests rises with the swap; below 0 if they are met better."""
        cost = self._request_costs.get
        after = cost(Duty(engineer, number), 0) + cost(Duty(other, own), 0)
        before = cost(Duty(engineer, own), 0) + cost(Duty(other, number), 0)
        lost_meetings = self._lost_meetings(engineer, other, own) + self._lost_meetings(other, engineer, number)
        return after - before + lost_meetings

    def _lost_meetings(self, leaving: int, joining: int, number: int) -> int:
        """Return how many meetings of pairs a shift loses if engineer `joining` replaces `leaving`; can be below 0."""
        if not self._pairs:
            return 0
        mates = [self.holders[role][number] for role in self._problem.roles]
        mates.remove(leaving)
        lost, won = (
            sum(1 for mate in mates if frozenset((engineer, mate)) in self._pairs) for engineer in (leaving, joining)
        )
        return lost - won

    def swap(self, seat: SeatKey, number: int) -> None:
        """Swap a seat with the same role of shift `number`."""
        holders = self.holders[seat.role]
        engineer, other = holders[seat.shift], holders[number]
        self._legal.drop(Duty(engineer, seat.shift))
        self._legal.drop(Duty(other, number))
        self._legal.take(Duty(engineer, number))
        self._legal.take(Duty(other, seat.shift))
        holders[seat.shift], holders[number] = other, engineer
