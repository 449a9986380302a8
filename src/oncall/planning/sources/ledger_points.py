"""The ledger in points (`rotation.points`): the balances of all kinds of shift, added up in points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from oncall.planning.sources.context_sources import ContextSources
from oncall.planning.sources.service_record import service_record
from oncall.rosters.roster import Roster
from oncall.rotation.problem.ledger import Ledger, LedgerEntry
from oncall.rotation.problem.points import points_of_kinds
from oncall.support.windows import WindowKind


@dataclass(frozen=True, slots=True)
class PointsEntry:
    """One engineer's row of the ledger in points. The numbers are totals over all kinds of shift.

    name: the unit, `hours` if each hour is one point, else `points`.
    """

    engineer: str
    name: str
    served: Fraction
    planned: Fraction
    share: Fraction
    opening: Fraction
    balance: Fraction


def ledger_points(
    roster: Roster, sources: ContextSources, found: Ledger, past: Mapping[tuple[str, WindowKind], Fraction]
) -> list[PointsEntry]:
    """Return the ledger in points, one row for each engineer; empty if the roster has no `points`.

    found: the ledger in shifts. past: the shifts served before today, from `served_before`.
    """
    if roster.rules.points is None:
        return []
    windows = {each.seat.window: each.seat.kind for each in service_record(roster, sources, lambda words: None).served}
    name, weight_of = points_of_kinds(roster.rules.points, windows)
    carried = {(each.engineer, each.kind): Fraction(each.thousandths, 1000) for each in found.balances}
    rows = []
    for person in dict.fromkeys(entry.engineer for entry in found.entries):
        own = [entry for entry in found.entries if entry.engineer == person]
        served = sum((_before(each, past) * weight_of(each.kind) for each in own), Fraction(0))
        rows.append(
            PointsEntry(
                person,
                name,
                served,
                sum((each.served * weight_of(each.kind) for each in own), Fraction(0)) - served,
                sum((each.share * weight_of(each.kind) for each in own), Fraction(0)),
                sum((Fraction(each.opening, 1000) * weight_of(each.kind) for each in own), Fraction(0)),
                sum(
                    (carried.get((person, each.kind), Fraction(0)) * weight_of(each.kind) for each in own), Fraction(0)
                ),
            )
        )
    return rows


def _before(entry: LedgerEntry, past: Mapping[tuple[str, WindowKind], Fraction]) -> Fraction:
    return min(entry.served, past.get((entry.engineer, entry.kind), Fraction(0)))
