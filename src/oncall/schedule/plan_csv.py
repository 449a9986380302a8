"""Reads and writes the CSV form of a plan: one row for each seat, without the team, the zone and the proof."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import accumulate
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.file_nodes import Faults, MapNode, ScalarNode, shown
from oncall.schedule.carries_column import COLUMN as CARRIES
from oncall.schedule.carries_column import CarriesColumn, cells_of
from oncall.schedule.plan import Plan
from oncall.schedule.plan_seats import COLUMNS, read_seats, seat_cells

_FIRST_LINE = f"the first line must be {','.join(COLUMNS)}"


_MOST_MISSING = 2
"""If the first line lacks more columns than this, the file is not a plan at all."""


def _separator_of(first_line: str) -> str:
    """Return the separator of a file's cells, from its first line: a comma, a semicolon or a tab."""
    return max(",;\t", key=first_line.count)


def csv_of(plan: Plan) -> bytes:
    """Return the plan as CSV: UTF-8, LF, sorted by start. Times have the UTC offset of the plan's zone."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    seats = [seat_cells(seat, plan.zone) for seat in sorted(plan.seats, key=lambda seat: seat.window.start)]
    carries = cells_of(plan, len(seats))
    rows.writerow((*COLUMNS, CARRIES) if carries else COLUMNS)
    rows.writerows(seats if not carries else ([*seat, cell] for seat, cell in zip(seats, carries, strict=True)))
    return text.getvalue().encode()


def plan_of_csv(text: str, file: str, *, team: str, zone: ZoneInfo) -> Plan:
    """Read the plan in a CSV text. file: the name of the file in messages. Raises FileFaults with every fault.

    team, zone: the plan's, because CSV has neither.
    """
    rows = _CsvRows(text, Faults(file))
    seats = read_seats(rows)
    rows.faults.raise_any()
    carried = rows.carried
    return Plan(team, zone, seats, balances=carried.balances, kept_until=carried.kept_until, relaxed=carried.relaxed)


class _CsvRows:
    """The rows of a CSV text as nodes, each with its line. `carried`: the items of the column `carries` read so far."""

    def __init__(self, text: str, faults: Faults) -> None:
        self.faults = faults
        self.carried = CarriesColumn()
        self._lines = io.StringIO(text, newline="").readlines()
        self._separator = _separator_of(next((line for line in self._lines if line.strip()), ""))
        # The place of each known column among the cells; empty until the first line was read.
        self._index: dict[str, int] = {}

    def __iter__(self) -> Iterator[MapNode]:
        reader = csv.reader(self._lines, strict=True, delimiter=self._separator)
        line = 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield from self._row(line, [cell.strip() for cell in cells])
                line = reader.line_num + 1
        except csv.Error as error:
            self.faults.note(line, 1, "", f"is not CSV: {error}")
        else:
            if not self._index:
                self.faults.note(1, 1, "", f"is empty; {_FIRST_LINE}")

    def _row(self, line: int, cells: list[str]) -> Iterator[MapNode]:
        needed = 1 + max((self._index[column] for column in COLUMNS if self._index), default=0)
        if not self._index:
            self._read_first_line(line, cells)
        elif len(cells) < needed:
            self.faults.note(line, 1, "", f"found {len(cells)} cells, and needs {needed}")
        else:
            self._read_carried(line, cells)
            yield self._node(line, cells)

    def _read_first_line(self, line: int, names: list[str]) -> None:
        """Find the columns in the first line. Raises FileFaults if one of COLUMNS is missing or appears twice."""
        if sum(column not in names for column in COLUMNS) > _MOST_MISSING:
            written = shown(self._separator.join(names))
            self.faults.note(
                line, 1, "", f"is no plan: it begins with {written}, and {_FIRST_LINE}; a rota of your own becomes a "
                "plan with `oncall import FILE --roster ROSTER --output plan.json`",
            )  # fmt: skip
        for column in COLUMNS if not self.faults else ():
            if column not in names:
                self.faults.note(line, 1, column, f"this column is missing; {_FIRST_LINE}")
            elif names.count(column) > 1:
                self.faults.note(line, 1, column, f"this column is there more than once; {_FIRST_LINE}")
        self.faults.raise_any()
        self._index = {name: names.index(name) for name in (*COLUMNS, CARRIES) if name in names}

    def _read_carried(self, line: int, cells: list[str]) -> None:
        index = self._index.get(CARRIES, len(cells))
        if index < len(cells):
            try:
                self.carried.read(cells[index])
            except Refused as refusal:
                self.faults.note(line, self._columns(line)[CARRIES], CARRIES, str(refusal))

    def _node(self, line: int, cells: list[str]) -> MapNode:
        node, columns = MapNode(self.faults, "", line, 1), self._columns(line)
        for name in COLUMNS:
            cell = ScalarNode(self.faults, name, line, columns[name], cells[self._index[name]], True)
            node.entries[name] = cell, cell
        return node

    def _columns(self, line: int) -> dict[str, int]:
        """Return the position at which each known cell begins in a line, from 1; 1 if quotes in the line hide it."""
        text = self._lines[line - 1]
        # A cell in quotes may hold commas and line breaks.
        if '"' in text:
            return dict.fromkeys(self._index, 1)
        begins = list(accumulate((len(cell) + 1 for cell in text.split(self._separator)), initial=1))
        return {name: begins[place] for name, place in self._index.items() if place < len(begins)}
