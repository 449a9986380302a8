"""The fairness cost: the sum of the squared distances of all loads from their shares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from oncall.rotation.problem.shares import Shares
from oncall.schedule.plan import EngineerFairness, Fairness, Load, Seat
from oncall.support.windows import WindowKind


class CountedSeat(NamedTuple):
    """What the fairness cost needs of a seat: the kind of its shift, its role, and its engineer's id."""

    kind: WindowKind
    role: str
    engineer: str


def counted_seats(seats: Iterable[Seat]) -> list[CountedSeat]:
    """Return the kind, the role and the engineer's id of each seat, which is all that the fairness cost needs."""
    return [CountedSeat(seat.kind, seat.role, seat.engineer) for seat in seats]


@lru_cache(maxsize=65536)
def load_cost(count: int, share: Fraction) -> int:
    """Return the cost of one load: its squared distance from the share, times 100, rounded."""
    return round(100 * (count - share) ** 2)


def unevenness_of(seats: Iterable[CountedSeat], shares: Shares) -> int:
    """Return the squared distances of all engineers' totals over all kinds from their shares, times 100, added up."""
    counted = (seat for seat in seats if seat.kind in shares.totals and seat.role in shares.roles)
    totals = Counter(seat.engineer for seat in counted)
    return sum(load_cost(totals[engineer], shares.of_all_kinds(engineer)) for engineer in shares.weights)


def fairness_of(seats: Iterable[CountedSeat], shares: Shares, *, bound: int) -> Fairness:
    """Return the cost of these seats, and the load of every engineer by kind and role.

    Seats of kinds and roles without shares, such as shadow seats, are ignored.
    bound: a cost that no plan can beat; it is put into the result unchanged.
    """
    counts = Counter(seats)
    cost = 0
    engineers = []
    for engineer, weight in shares.weights.items():
        loads = []
        for kind in shares.totals:
            by_role = [(role, counts[CountedSeat(kind, role, engineer)]) for role in shares.roles]
            for role, count in [*by_role, (None, sum(count for _, count in by_role))]:
                share = shares.of(kind, role, engineer)
                cost += load_cost(count, share)
                loads.append(Load(kind, role, count, float(share)))
        engineers.append(EngineerFairness(engineer, float(weight), tuple(loads)))
    return Fairness(cost, bound, tuple(engineers))
