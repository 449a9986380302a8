"""Shares: how many shifts of each kind and role an engineer should carry.

Weights and shares are exact fractions, so that a cost does not depend on the order of a sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from oncall.rosters.roster import Engineer, Roster, SharesRule
from oncall.rosters.time_off import DaysOffRule, days_off_rule
from oncall.rotation.problem.eligibility import has_membership_dates, is_member_for
from oncall.rotation.problem.fair_totals import fair_split
from oncall.schedule.plan import Balance, Shift
from oncall.support.windows import WindowKind


class ShareKey(NamedTuple):
    """Names a share: a kind of shift, a role, and an engineer by id."""

    kind: WindowKind
    role: str
    engineer: str


@dataclass(frozen=True)
class Shares:
    """The share of every engineer in a plan.

    totals: the number of shifts of each kind, in the order of the policy; kinds without shifts are missing. weights: by
    engineer id. by_role: in shifts, with the engineer's balance subtracted; 0 for a role that they do not take.
    """

    totals: Mapping[WindowKind, int]
    roles: tuple[str, ...]
    weights: Mapping[str, Fraction]
    by_role: Mapping[ShareKey, Fraction]

    def of(self, kind: WindowKind, role: str | None, engineer: str) -> Fraction:
        """Return an engineer's share of a kind, in shifts, in one role; over all roles if `role` is None."""
        if role is not None:
            return self.by_role[ShareKey(kind, role, engineer)]
        return sum((self.by_role[ShareKey(kind, each, engineer)] for each in self.roles), Fraction(0))

    def of_all_kinds(self, engineer: str) -> Fraction:
        """Return an engineer's share over all kinds and roles, in shifts."""
        return sum((self.of(kind, None, engineer) for kind in self.totals), Fraction(0))


def weight(engineer: Engineer, shifts: Sequence[Shift], rule: DaysOffRule) -> Fraction:
    """Return `fte` times the number of the shifts that joining, leaving and `leave: true` allow the engineer."""
    # The decimal that the file says (0.1), not the binary number nearest to it.
    fte = Fraction(repr(engineer.fte))
    if not has_membership_dates(engineer):
        return fte * len(shifts)
    return fte * sum(1 for shift in shifts if is_member_for(engineer, shift, rule))


def shares_of(roster: Roster, shifts: Sequence[Shift], balances: Iterable[Balance] = ()) -> Shares:
    """Return the shares of all engineers of the roster in a plan of these shifts.

    balances: shifts served beyond the share in earlier plans. They lower the engineer's share, in equal parts over the
    roles in which the engineer has a share. An engineer without a share of a kind keeps their balance.
    """
    counted = Counter(shift.kind for shift in shifts)
    totals = {kind: counted[kind] for kind in roster.policy.in_order(counted)}
    rule = days_off_rule(roster)
    weights = {engineer.id: weight(engineer, shifts, rule) for engineer in roster.engineers}
    carried = {(each.engineer, each.kind): Fraction(each.thousandths, 1000) for each in balances}
    by_role: dict[ShareKey, Fraction] = {}
    for kind, count in totals.items():
        split = _split_of(roster, kind, weights, count)
        for engineer in roster.engineers:
            own = [role for role in roster.rules.roles if (role, engineer.id) in split]
            for role in roster.rules.roles:
                share = split.get((role, engineer.id), Fraction(0))
                if share:
                    share -= carried.get((engineer.id, kind), Fraction(0)) / len(own)
                by_role[ShareKey(kind, role, engineer.id)] = share
    return Shares(totals, roster.rules.roles, weights, by_role)


def _split_of(
    roster: Roster, kind: WindowKind, weights: Mapping[str, Fraction], count: int
) -> dict[tuple[str, str], Fraction]:
    """Divide `count` shifts of a kind: return the share of each role and engineer, by (role, engineer).

    Shares of 0 are missing.
    """
    takers = {engineer.id: engineer.roles if engineer.takes(kind) else () for engineer in roster.engineers}
    if roster.rules.shares is SharesRule.BY_TOTAL:
        return fair_split(roster.rules.roles, takers, weights, count)
    split = {}
    for role in roster.rules.roles:
        able = [who for who, roles in takers.items() if role in roles and weights[who]]
        total = sum((weights[who] for who in able), Fraction(0))
        split.update({(role, who): count * weights[who] / total for who in able})
    return split
