"""Ledger files: `engineer,kind,balance` and, for what was counted already, `as_of`; a row per person and kind.

A balance is in shifts served beyond the share, negative for too few. `as_of` is the first date whose shifts are not in
it. Rows of other tools need the first three columns only.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from oncall.errors import Fault, FileFaults
from oncall.schedule.plan import Balance
from oncall.schedule.planfile import text_of
from oncall.support.windows import WindowKind

COLUMNS = ("engineer", "kind", "balance")
AS_OF = "as_of"
_KINDS = {str(kind): kind for kind in WindowKind if kind is not WindowKind.BUSINESS}


@dataclass(frozen=True, slots=True)
class WrittenLedger:
    """What a file holds. `as_of`: shifts that start on it or later are not counted yet; None when it does not say."""

    balances: tuple[Balance, ...]
    as_of: date | None


def read_ledger(path: Path) -> WrittenLedger:
    """Read a ledger file. Raises FileFaults with every fault of it."""
    return _Reader(text_of(path), str(path)).read()


def csv_of_ledger(balances: Sequence[Balance], as_of: date | None) -> bytes:
    """A ledger file: UTF-8, LF."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow((*COLUMNS, AS_OF) if as_of else COLUMNS)
    for each in balances:
        row = [each.engineer, str(each.kind), f"{each.thousandths / 1000:.3f}"]
        rows.writerow([*row, as_of.isoformat()] if as_of else row)
    return text.getvalue().encode()


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._lines = text.splitlines()
        self._file = file
        self._faults: list[Fault] = []
        self._seen: dict[tuple[str, WindowKind], int] = {}
        self._days: set[date] = set()

    def read(self) -> WrittenLedger:
        """The ledger, or every fault."""
        rows = csv.reader(self._lines)
        header = [cell.strip() for cell in next(rows, [])]
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            self._refuse(1, f"the column {missing[0]} is missing; the first line must be {','.join(COLUMNS)}")
            raise FileFaults(self._faults)
        balances = []
        for cells in rows:
            if any(cell.strip() for cell in cells):
                row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
                balance = self._balance(rows.line_num, row)
                balances += [balance] if balance is not None else []
        if len(self._days) > 1:
            self._refuse(1, f"{AS_OF} must be one date; found {' and '.join(map(str, sorted(self._days)))}")
        if self._faults:
            raise FileFaults(self._faults)
        return WrittenLedger(tuple(balances), next(iter(self._days), None))

    def _balance(self, line: int, row: Mapping[str, str]) -> Balance | None:
        engineer, kind, balance = (row.get(column, "") for column in COLUMNS)
        known = _KINDS.get(kind)
        if not engineer:
            self._refuse(line, "engineer is empty; write the id that the roster has")
        if known is None:
            self._refuse(line, f'"{kind[:40]}" is not a kind of shift; write weeknight, weekend or holiday')
        if not re.fullmatch(r"[+-]?[0-9]{1,6}([.][0-9]{1,9})?", balance):
            self._refuse(line, f'"{balance[:40]}" is not a number of shifts; write one like -1.5')
            return None
        self._day(line, row.get(AS_OF, ""))
        if known is None or not engineer:
            return None
        first = self._seen.setdefault((engineer, known), line)
        if first != line:
            self._refuse(line, f"line {first} has the {known} shifts of {engineer} already; keep one of them")
        return Balance(engineer, known, round(1000 * float(balance)))

    def _day(self, line: int, text: str) -> None:
        if not text:
            return
        try:
            self._days.add(date.fromisoformat(text))
        except ValueError:
            self._refuse(line, f'"{text[:40]}" is not a date; write "2027-01-04"')

    def _refuse(self, line: int, message: str) -> None:
        self._faults.append(Fault(self._file, line, 1, "", message))
