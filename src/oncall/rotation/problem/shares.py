"""What each person owes: weights, and the share of every kind and role that follows from them.

Weights and shares are exact fractions, so a cost is the same whatever the order of its sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from oncall.rosters.roster import Engineer, Roster
from oncall.rotation.problem.eligibility import is_member_for
from oncall.schedule.plan import Balance, Shift
from oncall.support.windows import WindowKind

KIND_ORDER = (WindowKind.WEEKNIGHT, WindowKind.WEEKEND, WindowKind.HOLIDAY)


@dataclass(frozen=True)
class Shares:
    """Who owes how much of a plan. `totals`: how many shifts of each kind it holds, in the order of `KIND_ORDER`."""

    totals: Mapping[WindowKind, int]
    roles: tuple[str, ...]
    weights: Mapping[str, Fraction]
    by_role: Mapping[tuple[WindowKind, str, str], Fraction]
    """Share of (kind, role, engineer), in shifts, less what is owed to the person; 0 for a role they do not take."""

    def of(self, kind: WindowKind, role: str | None, engineer: str) -> Fraction:
        """The share in one role, or in all roles together when `role` is None."""
        if role is not None:
            return self.by_role[kind, role, engineer]
        return sum((self.by_role[kind, each, engineer] for each in self.roles), Fraction(0))


def weight(engineer: Engineer, shifts: Sequence[Shift]) -> Fraction:
    """`fte` x the number of the shifts that joining, leaving and `leave: true` let the person take."""
    # The decimal that the file says (0.1), not the binary number nearest to it.
    fte = Fraction(repr(engineer.fte))
    return fte * sum(1 for shift in shifts if is_member_for(engineer, shift))


def shares_of(roster: Roster, shifts: Sequence[Shift], balances: Iterable[Balance] = ()) -> Shares:
    """The shares of every engineer of the roster in a plan of these shifts.

    balances: what people served beyond their share before. Who owes anything here owes that much less, in equal parts
    of every role that they take.
    """
    carried = {(each.engineer, each.kind): Fraction(each.thousandths, 1000) for each in balances}
    counted = Counter(shift.kind for shift in shifts)
    totals = {kind: counted[kind] for kind in KIND_ORDER if counted[kind]}
    weights = {engineer.id: weight(engineer, shifts) for engineer in roster.engineers}
    by_role: dict[tuple[WindowKind, str, str], Fraction] = {}
    for role in roster.rules.roles:
        takers = {engineer.id for engineer in roster.engineers if role in engineer.roles}
        total_weight = sum((weights[taker] for taker in takers), Fraction(0))
        for kind, count in totals.items():
            for engineer in roster.engineers:
                owes = engineer.id in takers and total_weight > 0
                share = count * weights[engineer.id] / total_weight if owes else Fraction(0)
                if share:
                    taken = len(set(engineer.roles) & set(roster.rules.roles))
                    share -= carried.get((engineer.id, kind), Fraction(0)) / taken
                by_role[kind, role, engineer.id] = share
    return Shares(totals, roster.rules.roles, weights, by_role)
