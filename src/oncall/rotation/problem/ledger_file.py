"""Reads and writes ledger files: CSV with the columns `engineer,kind,balance` and optionally `as_of`.

There is one row for each engineer and kind. A balance is in shifts served beyond the share; it is negative for too few.
`as_of` is the first date whose shifts the balances do not include. Other tools need not write this column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from oncall.errors import Fault, FileFaults
from oncall.schedule.plan import Balance
from oncall.schedule.plan_file import MOST_MIB
from oncall.suggestions import suggestion
from oncall.support.likely_days import day_fault
from oncall.support.policy import Policy
from oncall.support.windows import KIND_FORM, WindowKind
from oncall.text_files import read_text

COLUMNS = ("engineer", "kind", "balance")
AS_OF = "as_of"


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """The content of a ledger file.

    as_of: the balances do not include shifts that start on this date or later; None if the file does not say. lines:
    the line number of each balance, by engineer and kind.
    """

    balances: tuple[Balance, ...]
    as_of: date | None
    lines: Mapping[tuple[str, WindowKind], int] = field(default_factory=dict, compare=False)


def refuse_unknown_engineers(ledger: LedgerFile, path: Path, people: Sequence[str], team: str) -> None:
    """Raise FileFaults if a ledger file names engineers who are not among `people`, the engineers of the team."""
    lines = {each.engineer: ledger.lines[each.engineer, each.kind] for each in reversed(ledger.balances)}
    faults = [
        Fault(
            str(path), line, 1, "", f'"{who}" is not on the roster of team {team}; its people are {", ".join(people)}'
        )
        for who, line in lines.items()
        if who not in people
    ]
    if faults:
        raise FileFaults(faults)


def refuse_unknown_kinds(ledger: LedgerFile, path: Path, policy: Policy) -> None:
    """Raise FileFaults if a ledger file has balances for kinds of shift that the policy does not have."""
    lines = {each.kind: ledger.lines[each.engineer, each.kind] for each in reversed(ledger.balances)}
    faults = [
        Fault(str(path), line, 1, "", f'"{kind}" is no window of {policy.name}; {suggestion(kind, policy.kinds)}')
        for kind, line in lines.items()
        if kind not in policy.kinds
    ]
    if faults:
        raise FileFaults(faults)


def _kind(text: str) -> WindowKind | None:
    return WindowKind(text) if re.fullmatch(KIND_FORM, text) and text != WindowKind.BUSINESS else None


def read_ledger(path: Path) -> LedgerFile:
    """Read a ledger file. Raises FileFaults with every fault in it."""
    return _Reader(read_text(path, most_mib=MOST_MIB), str(path)).read()


def csv_of_ledger(balances: Sequence[Balance], as_of: date | None) -> bytes:
    """Return the bytes of a ledger file (UTF-8, LF). It has the column `as_of` only if `as_of` is given."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow((*COLUMNS, AS_OF) if as_of else COLUMNS)
    for each in balances:
        row = [each.engineer, str(each.kind), f"{each.thousandths / 1000:.3f}"]
        rows.writerow([*row, as_of.isoformat()] if as_of else row)
    return text.getvalue().encode()


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._lines = io.StringIO(text, newline="").readlines()
        self._file = file
        self._faults: list[Fault] = []
        self._seen: dict[tuple[str, WindowKind], int] = {}
        self._days: dict[date, int] = {}

    def read(self) -> LedgerFile:
        """Return the content of the file. Raises FileFaults with every fault."""
        balances: list[Balance] = []
        rows = csv.reader(self._lines, strict=True)
        try:
            header = self._header(next(rows, []))
            line = rows.line_num + 1
            for cells in rows:
                if any(cell.strip() for cell in cells):
                    balance = self._row(line, header, [cell.strip() for cell in cells])
                    balances += [balance] if balance is not None else []
                line = rows.line_num + 1
        except csv.Error as error:
            self._refuse(rows.line_num, f"not CSV: {error}")
        if self._faults:
            raise FileFaults(self._faults)
        return LedgerFile(tuple(balances), next(iter(self._days), None), self._seen)

    def _header(self, cells: Sequence[str]) -> list[str]:
        """Return the names of the columns. Raises FileFaults if a column is missing or repeated."""
        names = [cell.strip().lower() for cell in cells]
        first = f"the first line must be {','.join(COLUMNS)}"
        if len(names) == 1 and ";" in names[0]:
            self._refuse(1, f"the cells are separated by semicolons; save the file with commas: {first}")
        for column in COLUMNS:
            if names.count(column) != 1 and not self._faults:
                fault = "is missing" if column not in names else "occurs more than once"
                self._refuse(1, f"the column {column} {fault}; {first}")
        if self._faults:
            raise FileFaults(self._faults)
        return names

    def _row(self, line: int, header: Sequence[str], cells: Sequence[str]) -> Balance | None:
        if len(cells) > len(header) and any(cells[len(header) :]):
            hint = "write decimals with a point, like -1.5"
            self._refuse(line, f"found {len(cells)} cells, and the first line has {len(header)}; {hint}")
            return None
        return self._balance(line, dict(zip(header, cells, strict=False)))

    def _balance(self, line: int, row: Mapping[str, str]) -> Balance | None:
        engineer, kind, balance = (row.get(column, "") for column in COLUMNS)
        known = _kind(kind.lower())
        if not engineer:
            self._refuse(line, "engineer is empty; write the engineer's id in the roster")
        if known is None:
            self._refuse(line, f'"{kind[:40]}" is not a kind of shift; write an on-call window of the policy')
        if not re.fullmatch(r"[+-]?[0-9]{1,6}([.][0-9]{1,9})?", balance):
            self._refuse(line, f'"{balance[:40]}" is not a number of shifts; write one like -1.5')
            return None
        self._check_day(line, row.get(AS_OF, ""))
        if known is None or not engineer:
            return None
        first = self._seen.setdefault((engineer, known), line)
        if first != line:
            self._refuse(line, f"line {first} already has the {known} balance of {engineer}; keep one of the two lines")
        return Balance(engineer, known, round(1000 * float(balance)))

    def _check_day(self, line: int, text: str) -> None:
        if not text:
            return
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self._refuse(line, day_fault(text))
            return
        self._days.setdefault(day, line)
        other, first = next(iter(self._days.items()))
        if day != other:
            self._refuse(line, f"{AS_OF} is {day}, and {other} on line {first}; write the same date on every line")

    def _refuse(self, line: int, message: str) -> None:
        self._faults.append(Fault(self._file, line, 1, "", message))
