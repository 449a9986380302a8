"""From the text of a plan file to a Plan, or every fault of it at once with its line and column."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, NoReturn, Protocol
from zoneinfo import ZoneInfo

from oncall.errors import Fault, FileFaults, Refused
from oncall.rosters.relaxation import Relaxation, relaxation_named
from oncall.schedule.carried_column import COLUMN as CARRIES
from oncall.schedule.carried_column import CarriedColumn
from oncall.schedule.json_places import MOST_LEVELS, offsets_of, path_of, place_of
from oncall.schedule.plan import Balance, EngineerFairness, Fairness, Load, Plan, PlanStatus, Seat
from oncall.support.windows import Window, WindowKind

COLUMNS = ("start", "end", "kind", "role", "engineer")

_KINDS = {str(kind): kind for kind in WindowKind if kind is not WindowKind.BUSINESS}
_NOT_A_KIND = "is not a kind of shift; write weeknight, weekend or holiday"
_MOST_LETTERS = 200
_MOST_DIGITS = 18


def plan_of_csv(text: str, file: str, *, team: str, zone: ZoneInfo) -> Plan:
    """The plan in a CSV text. `file` is its name in faults. Raises FileFaults."""
    rows = _CsvRows(text, file)
    seats, carried = _seats_of(rows), rows.carried
    if rows.faults:
        raise FileFaults(rows.faults)
    return Plan(team, zone, seats, balances=carried.balances, kept_until=carried.kept_until, relaxed=carried.relaxed)


def plan_of_json(text: str, file: str) -> Plan:
    """The plan in a JSON text, with its proof. `file` is its name in faults. Raises FileFaults."""
    document = _JsonDocument(text, file)
    plan = Plan(
        team=document.text("team"),
        zone=_zone(document),
        seats=_seats_of(_JsonRows(document)),
        status=_status(document),
        fairness=_fairness(document),
        first_day=_day(document, "first_day"),
        last_day=_day(document, "last_day"),
        seed=None if document.get("seed") is None else int(document.number("seed", whole=True)),
        notes=tuple(document.text(f"notes[{index}]") for index in range(len(document.items("notes", optional=True)))),
        balances=_balances(document),
        kept_until=_day(document, "kept_until"),
        relaxed=_relaxed(document),
    )
    document.raise_any()
    return plan


class _Rows(Protocol):
    """The rows of a plan file, whichever its format, with a number for each that a fault can be noted by."""

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, object]]]:
        """Number and cells of every row that has all of COLUMNS."""

    def refuse(self, row: int, column: str, message: str) -> None:
        """Note a fault of one cell."""

    def name(self, row: int) -> str:
        """What a message calls that row."""


def _seats_of(rows: _Rows) -> tuple[Seat, ...]:
    seats: list[Seat] = []
    first_rows: dict[tuple[datetime, str], int] = {}
    for row, cells in rows:
        seat = _seat(rows, row, cells)
        if seat is None:
            continue
        first_row = first_rows.setdefault((seat.window.start, seat.role), row)
        if first_row != row:
            message = (
                f'{rows.name(first_row)} has "{seat.role}" of the shift that starts then already; keep one of them'
            )
            rows.refuse(row, "role", message)
        seats.append(seat)
    return tuple(sorted(seats, key=lambda seat: seat.window.start))


def _seat(rows: _Rows, row: int, cells: Mapping[str, object]) -> Seat | None:
    """The row as a seat, or None when faults were noted."""
    start, end = (_instant(rows, row, column, cells[column]) for column in ("start", "end"))
    kind = _KINDS.get(str(cells["kind"]))
    if kind is None:
        rows.refuse(row, "kind", f"{_shown(cells['kind'])} {_NOT_A_KIND}")
    role, engineer = (_name(rows, row, column, cells[column]) for column in ("role", "engineer"))
    if start and end and end <= start:
        rows.refuse(row, "end", f"{_shown(cells['end'])} is not after the start, {_shown(cells['start'])}")
        return None
    if start and end and kind and role and engineer:
        return Seat(Window(start, end), kind, role, engineer)
    return None


def _instant(rows: _Rows, row: int, column: str, value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is not None and at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        at = None
    fault = "is not a time" if at is None else "has no offset from UTC"
    rows.refuse(row, column, f'{_shown(value)} {fault}; write "2027-01-04T19:01:00-05:00"')
    return None


def _name(rows: _Rows, row: int, column: str, value: object) -> str | None:
    if isinstance(value, str) and 0 < len(value) <= _MOST_LETTERS and value.isprintable():
        return value
    example = "ana" if column == "engineer" else "primary"
    rows.refuse(row, column, f'{_shown(value)} is not a name of one line; write "{example}"')
    return None


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."


class _CsvRows:
    """The rows of a CSV text, numbered by the line on which they begin."""

    def __init__(self, text: str, file: str) -> None:
        self.faults: list[Fault] = []
        self.carried = CarriedColumn()
        self._file = file
        self._lines = io.StringIO(text, newline="").readlines()
        self._index: dict[str, int] = {}
        self._carries: int | None = None

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, object]]]:
        reader = csv.reader(self._lines, strict=True)
        row = 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    if not self._index:
                        self._read_header(row, [cell.strip() for cell in cells])
                    elif len(cells) <= max(self._index.values()):
                        self._refuse(row, f"found {len(cells)} cells, and needs {max(self._index.values()) + 1}")
                    else:
                        self._carry(row, cells)
                        yield row, {name: cells[index].strip() for name, index in self._index.items()}
                row = reader.line_num + 1
        except csv.Error as error:
            self._refuse(row, f"not CSV: {error}")
        else:
            if not self._index and not self.faults:
                self._refuse(1, f"the file is empty; its first line must be {','.join(COLUMNS)}")

    def refuse(self, row: int, column: str, message: str) -> None:
        self._refuse(row, message, column)

    def name(self, row: int) -> str:
        return f"line {row}"

    def _read_header(self, row: int, names: list[str]) -> None:
        for column in COLUMNS:
            if names.count(column) != 1:
                fault = "this column is missing" if column not in names else "this column is there more than once"
                self.faults.append(
                    Fault(self._file, row, 1, column, f"{fault}; the first line must be {','.join(COLUMNS)}")
                )
        if self.faults:
            raise FileFaults(self.faults)
        self._index = {column: names.index(column) for column in COLUMNS}
        self._carries = names.index(CARRIES) if CARRIES in names else None

    def _carry(self, row: int, cells: list[str]) -> None:
        """Take what this row carries of the plan; the cell may be absent."""
        if self._carries is not None and self._carries < len(cells):
            try:
                self.carried.read(cells[self._carries])
            except Refused as refusal:
                self._refuse(row, str(refusal), CARRIES)

    def _refuse(self, row: int, message: str, column: str = "") -> None:
        line = self._lines[row - 1] if row <= len(self._lines) else ""
        place = 1
        # Cells in quotes may hold commas and line ends; then only the line is sure.
        if column and '"' not in line:
            index = self._index.get(column, self._carries or 0)
            place += sum(len(cell) + 1 for cell in line.split(",")[:index])
        self.faults.append(Fault(self._file, row, place, column, message))


class _JsonDocument:
    """A JSON text whose values are read by their path, like `shifts[3].start`. Faults are noted, not raised."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._noted: list[tuple[str, str]] = []
        self._values: dict[str, Any] = {}
        root = self._load()
        if not isinstance(root, dict):
            self._fail(0, 'the document is no object; it must begin like {"team": "cas-support", ...')
        self._add("", root, 0)

    def get(self, path: str) -> Any:
        """The value there, or None."""
        return self._values.get(path)

    def items(self, path: str, *, optional: bool = False) -> list[Any]:
        """The list there; empty when it is no list, which is a fault, or is not there, which may be one."""
        value = self.get(path)
        if isinstance(value, list):
            return value
        if value is not None or not optional:
            self.refuse(path, f"{_shown(value)} is not a list" if value is not None else "a list is missing here")
        return []

    def text(self, path: str) -> str:
        """The text there; empty when it is none, which is a fault."""
        value = self.get(path)
        if isinstance(value, str):
            return value
        self.refuse(path, f"{_shown(value)} is not a text")
        return ""

    def number(self, path: str, *, whole: bool = False) -> float:
        """The number there; 0 when it is none, which is a fault."""
        value = self.get(path)
        if isinstance(value, int if whole else int | float) and not isinstance(value, bool) and math.isfinite(value):
            return value
        self.refuse(path, f"{_shown(value)} is not a {'whole ' if whole else ''}number")
        return 0

    def refuse(self, path: str, message: str) -> None:
        """Note a fault of the value there, or of what should hold it."""
        self._noted.append((path, message))

    def raise_any(self) -> None:
        """Raise FileFaults when there are any."""
        if self._noted:
            offsets = offsets_of(self._text)
            raise FileFaults([self._fault(offsets, path, message) for path, message in self._noted])

    def _fault(self, offsets: Mapping[str, int], path: str, message: str) -> Fault:
        place = path
        while place not in offsets:
            place = place.rpartition(".")[0]
        return Fault(self._file, *place_of(self._text, offsets[place]), path, message)

    def _load(self) -> Any:
        def refuse_constant(name: str) -> NoReturn:
            self._fail(max(self._text.find(name), 0), f"{name} is not a number")

        def whole_number(digits: str) -> int:
            if len(digits) > _MOST_DIGITS:
                self._fail(max(self._text.find(digits), 0), f"{_shown(digits)} is too large a number")
            return int(digits)

        try:
            return json.loads(self._text, parse_constant=refuse_constant, parse_int=whole_number)
        except json.JSONDecodeError as error:
            self._fail(error.pos, "the file is empty" if not self._text.strip() else f"not JSON: {error.msg}")
        except RecursionError:
            self._fail(0, "not a plan: its values are nested too deep")

    def _fail(self, offset: int, message: str) -> NoReturn:
        raise FileFaults([Fault(self._file, *place_of(self._text, offset), "", message)]) from None

    def _add(self, path: str, value: Any, level: int) -> None:
        """Give every value its path, as deep as a plan goes."""
        self._values[path] = value
        if level > MOST_LEVELS:
            return
        if isinstance(value, dict):
            for key, inner in value.items():
                self._add(path_of(path, key), inner, level + 1)
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._add(f"{path}[{index}]", inner, level + 1)


class _JsonRows:
    """The shifts of a JSON plan, numbered from 0."""

    def __init__(self, document: _JsonDocument) -> None:
        self._document = document

    def __iter__(self) -> Iterator[tuple[int, Mapping[str, object]]]:
        for row, item in enumerate(self._document.items("shifts")):
            if not isinstance(item, dict):
                self._document.refuse(f"shifts[{row}]", f"{_shown(item)} is no object with {', '.join(COLUMNS)}")
                continue
            missing = [column for column in COLUMNS if column not in item]
            if missing:
                self._document.refuse(f"shifts[{row}]", f"{', '.join(missing)}: missing here")
                continue
            yield row, item

    def refuse(self, row: int, column: str, message: str) -> None:
        self._document.refuse(f"shifts[{row}].{column}", message)

    def name(self, row: int) -> str:
        return f"shifts[{row}]"


def _zone(document: _JsonDocument) -> ZoneInfo:
    name = document.text("timezone")
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        if name:
            document.refuse("timezone", f'{_shown(name)} is not a time zone; write one like "America/New_York"')
        return ZoneInfo("UTC")


def _relaxed(document: _JsonDocument) -> tuple[Relaxation, ...]:
    found = []
    for index in range(len(document.items("relaxed", optional=True))):
        path = f"relaxed[{index}]"
        try:
            found.append(relaxation_named(document.text(path)))
        except Refused as refusal:
            document.refuse(path, str(refusal))
    return tuple(found)


def _status(document: _JsonDocument) -> PlanStatus | None:
    value = document.get("status")
    if value is None or value in list(PlanStatus):
        return None if value is None else PlanStatus(value)
    document.refuse("status", f"{_shown(value)} is not a status; write optimal or feasible")
    return None


def _day(document: _JsonDocument, path: str) -> date | None:
    value = document.get(path)
    try:
        return None if value is None else date.fromisoformat(value)
    except (ValueError, TypeError):
        document.refuse(path, f'{_shown(value)} is not a date; write "2027-01-04"')
        return None


def _balances(document: _JsonDocument) -> tuple[Balance, ...]:
    paths = [f"balances[{index}]" for index in range(len(document.items("balances", optional=True)))]
    return tuple(
        Balance(
            document.text(f"{path}.engineer"),
            _kind(document, f"{path}.kind"),
            round(1000 * document.number(f"{path}.balance")),
        )
        for path in paths
    )


def _kind(document: _JsonDocument, path: str) -> WindowKind:
    written = document.get(path)
    kind = _KINDS.get(str(written))
    if kind is None:
        document.refuse(path, f"{_shown(written)} {_NOT_A_KIND}")
    return kind or WindowKind.WEEKNIGHT


def _fairness(document: _JsonDocument) -> Fairness | None:
    if document.get("fairness") is None:
        return None
    engineers = [
        _engineer_fairness(document, f"fairness.engineers[{index}]")
        for index in range(len(document.items("fairness.engineers")))
    ]
    cost, bound = (int(document.number(f"fairness.{key}", whole=True)) for key in ("cost", "bound"))
    return Fairness(cost, bound, tuple(engineers))


def _engineer_fairness(document: _JsonDocument, path: str) -> EngineerFairness:
    loads = [_load(document, f"{path}.loads[{index}]") for index in range(len(document.items(f"{path}.loads")))]
    return EngineerFairness(document.text(f"{path}.engineer"), document.number(f"{path}.weight"), tuple(loads))


def _load(document: _JsonDocument, path: str) -> Load:
    kind = _kind(document, f"{path}.kind")
    role = None if document.get(f"{path}.role") is None else document.text(f"{path}.role")
    count, share = int(document.number(f"{path}.count", whole=True)), document.number(f"{path}.share")
    return Load(kind, role, count, share)
