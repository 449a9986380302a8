"""The ledger as JSON objects, for `--json` and the API. Balances are in shifts."""

from __future__ import annotations

from oncall.rotation.problem.ledger import Ledger
from oncall.rotation.problem.ledger_file import LedgerFile


def ledger_view(found: Ledger) -> dict[str, object]:
    """Return the ledger as JSON: what each engineer served of each kind, their share, and their balance."""
    carried = {(each.engineer, each.kind): each.thousandths for each in found.balances}
    return {
        "shifts": found.shifts,
        "first_day": found.first_day and found.first_day.isoformat(),
        "last_day": found.last_day and found.last_day.isoformat(),
        "entries": [
            {
                "engineer": entry.engineer,
                "kind": str(entry.kind),
                "served": round(float(entry.served), 3),
                "share": round(float(entry.share), 3),
                "opening": entry.opening / 1000,
                "balance": carried.get((entry.engineer, entry.kind), 0) / 1000,
            }
            for entry in found.entries
        ],
    }


def ledger_file_view(path: str, written: LedgerFile) -> dict[str, object]:
    """Return a ledger file that was written: its name and its rows."""
    rows = [
        {"engineer": each.engineer, "kind": str(each.kind), "balance": each.thousandths / 1000}
        for each in written.balances
    ]
    return {"file": path, "as_of": written.as_of and written.as_of.isoformat(), "balances": rows}
