"""The ledger as JSON objects for `--json` and the API. Balances are in shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from oncall.planning.sources.ledger_points import PointsEntry
from oncall.rotation.problem.ledger import Ledger, LedgerEntry
from oncall.rotation.problem.ledger_file import LedgerFile
from oncall.support.windows import WindowKind


def ledger_view(
    found: Ledger, past: Mapping[tuple[str, WindowKind], Fraction], points: Sequence[PointsEntry] = ()
) -> dict[str, object]:
    """Return the ledger as JSON: for each engineer and kind the shifts served and planned, the share and the balance.

    past: the shifts served before today, from `served_before`. points: the ledger in points, from `ledger_points`; each
    row becomes an entry of the kind `points` or `hours`.
    """
    carried = {(each.engineer, each.kind): each.thousandths for each in found.balances}
    return {
        "shifts": found.shifts,
        "first_day": found.first_day and found.first_day.isoformat(),
        "last_day": found.last_day and found.last_day.isoformat(),
        "entries": [
            {
                "engineer": entry.engineer,
                "kind": str(entry.kind),
                "served": round(float(served_of(entry, past)), 3),
                "planned": round(float(entry.served - served_of(entry, past)), 3),
                "share": round(float(entry.share), 3),
                "opening": entry.opening / 1000,
                "balance": carried.get((entry.engineer, entry.kind), 0) / 1000,
            }
            for entry in found.entries
        ]
        + [_points_view(each) for each in points],
    }


def _points_view(each: PointsEntry) -> dict[str, object]:
    numbers = {"served": each.served, "planned": each.planned, "share": each.share}
    numbers |= {"opening": each.opening, "balance": each.balance}
    return {
        "engineer": each.engineer,
        "kind": each.name,
        **{name: round(float(number), 3) for name, number in numbers.items()},
    }


def served_of(entry: LedgerEntry, past: Mapping[tuple[str, WindowKind], Fraction]) -> Fraction:
    """Return how many shifts of an entry were served before today. The other shifts of the entry are planned.

    past: from `served_before`.
    """
    return min(entry.served, past.get((entry.engineer, entry.kind), Fraction(0)))


def ledger_file_view(path: str, written: LedgerFile) -> dict[str, object]:
    """Return the content of a ledger file that was written, as JSON. path: its name."""
    rows = [
        {"engineer": each.engineer, "kind": str(each.kind), "balance": each.thousandths / 1000}
        for each in written.balances
    ]
    return {"file": path, "as_of": written.as_of and written.as_of.isoformat(), "balances": rows}
