"""Turns the rows of a table into claims. Lists each row with a cell that cannot be read, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oncall.errors import Refused
from oncall.importing.claims import Claim, Claims, Place
from oncall.importing.headings import Headings, headings_of, missing_headings
from oncall.importing.options import EndDates, ImportOptions
from oncall.importing.people_named import PeopleNamed
from oncall.importing.tables import Table
from oncall.importing.written_dates import WrittenDate, order_of, written_date
from oncall.rosters.roster import Roster
from oncall.suggestions import listed, suggestion
from oncall.support.calendar import FIRST_YEAR, LAST_YEAR
from oncall.support.windows import Window

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row whose dates can be read, even if the order of day and month is not known yet.

    end: None for a row with one date.
    """

    place: Place
    cells: Sequence[str]
    start: WrittenDate
    end: WrittenDate | None


_UNMET_REQUESTS = "requests not met"
"""The sheet of a workbook from `oncall generate` that holds no shifts. It is read only if the caller names it."""


def table_claims(tables: Sequence[Table], roster: Roster, options: ImportOptions) -> Claims:
    """Return the claims of the one table with known headings. tables: at least one, each with at least one row.

    Raises Refused if the file as a whole is ambiguous: its headings, its sheet, or how its dates are written.
    """
    table, headings = _chosen(tables, roster, options)
    found = Claims()
    if table.name and len(tables) > 1:
        found.note(f'the sheet "{table.name}" is read, of {listed(each.name for each in tables)}')
    if headings.unread:
        found.note(f"columns that are not read: {listed(headings.unread)}")
    for message in headings.misspelt:
        found.leave_out(Place(headings.row, f"row {headings.row}"), message)
    return _TableReader(headings, roster, options, found).read(table)


def _chosen(tables: Sequence[Table], roster: Roster, options: ImportOptions) -> tuple[Table, Headings]:
    roles = roster.rules.roles
    if options.sheet is not None:
        named = [table for table in tables if table.name.casefold() == options.sheet.casefold()]
        if not named:
            raise Refused(f'no sheet "{options.sheet}" has rows; {suggestion(options.sheet, [t.name for t in tables])}')
        tables = named
    else:
        tables = [table for table in tables if table.name != _UNMET_REQUESTS] or tables
    known = [(table, found) for table in tables if (found := headings_of(table, roles, role=options.role)) is not None]
    if not known:
        raise missing_headings(max(tables, key=lambda table: len(table.rows[0][1])), roles)
    if len(known) > 1:
        names = [table.name for table, _ in known]
        raise Refused(f"the sheets {listed(names)} all have a rota; say which one: --sheet {names[0]}")
    return known[0]


class _TableReader:
    """Reads the rows of one table and adds their claims to `found`."""

    def __init__(self, headings: Headings, roster: Roster, options: ImportOptions, found: Claims) -> None:
        self._headings = headings
        self._roster = roster
        self._zone = roster.policy.zone
        self._options = options
        self._people = PeopleNamed(roster)
        self._found = found

    def read(self, table: Table) -> Claims:
        """Read the rows below the headings and return their claims."""
        rows = list(self._dated(self._below_headings(table)))
        dates = [(row.place, each) for row in rows for each in (row.start, row.end) if each is not None]
        self._order, note = order_of(dates, self._options.dates)
        if note is not None:
            self._found.note(note)
        self._ends = self._ends_of(rows)
        for row in rows:
            try:
                window, days = self._span(row)
            except Refused as refusal:
                self._found.leave_out(row.place, str(refusal))
            else:
                self._claim(row, window, days)
        return self._found

    def _below_headings(self, table: Table) -> Iterator[tuple[int, Sequence[str]]]:
        """Yield the rows below the headings. Records rows of a CSV file that have more values than there are headings.

        In such a row, a value that contains the separator has probably moved the values after it.
        """
        headings = next(cells for number, cells in table.rows if number == self._headings.row)
        unnamed: set[int] = set()
        for number, cells in table.rows:
            if number <= self._headings.row:
                continue
            strays = [column for column, cell in enumerate(cells) if cell and not _cell(headings, column)]
            if not table.name and strays and strays[-1] >= len(headings):
                last = cells[strays[-1]][:60]
                self._found.leave_out(
                    Place(number, f"row {number}"),
                    f'has more values than there are headings; the last is "{last}"; put a value that contains the '
                    "separator in quotation marks, or give each column a heading",
                )
                continue
            unnamed.update(strays)
            yield number, cells
        if unnamed:
            numbers = listed(str(column + 1) for column in sorted(unnamed))
            self._found.note(f"columns without a heading, which are not read: {numbers}")

    def _dated(self, rows: Iterator[tuple[int, Sequence[str]]]) -> Iterator[_Row]:
        """Yield the rows whose dates can be read. Records the other rows as left out."""
        fields = self._headings.fields
        for number, cells in rows:
            place = Place(number, f"row {number}")
            try:
                if "date" in fields:
                    yield _Row(place, cells, _date(cells, fields["date"], "date"), None)
                else:
                    start, end = (_date(cells, fields[name], name) for name in ("start", "end"))
                    yield _Row(place, cells, start, end)
            except Refused as refusal:
                self._found.leave_out(place, str(refusal))

    def _ends_of(self, rows: Sequence[_Row]) -> EndDates | None:
        """Return the meaning of an end date without a time in this file; None if the file does not show it.

        If spans begin on dates on which others end, an end is the day of the handoff; if they begin one day later, an
        end is the last day of duty.
        """
        if self._options.ends is not None:
            return self._options.ends
        starts, ends = set[date](), set[date]()
        for row in rows:
            try:
                if row.end is not None and row.end.clock is None and row.start.clock is None:
                    start, end = row.start.day(self._order), row.end.day(self._order)
                    if start == end:
                        return EndDates.LAST_DAY
                    starts.add(start)
                    ends.add(end)
            except Refused:
                continue  # `_span` lists it.
        handoffs, last_days = ends & starts, {end for end in ends if end < date.max and end + _DAY in starts}
        if bool(handoffs) == bool(last_days):
            return None
        ends_are = EndDates.HANDOFF if handoffs else EndDates.LAST_DAY
        words = "the day of the handoff" if handoffs else "the last day of its span"
        self._found.note(f"an end without a time is {words}, as the next starts show")
        return ends_are

    def _span(self, row: _Row) -> tuple[Window | None, tuple[date, date] | None]:
        """Return the window of a row with times and None, or None and the first and last date of a row without.

        Raises Refused if the dates or times cannot be used.
        """
        start = row.start.day(self._order)
        if not FIRST_YEAR < start.year < LAST_YEAR:
            raise Refused(f'"{row.start.text}" is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}')
        if row.end is None:
            return None, (start, start)
        if row.start.clock is None and row.end.clock is None:
            return None, self._dates(row, start, row.end.day(self._order))
        if row.start.clock is None or row.end.clock is None:
            raise Refused(f'"{row.start.text}" and "{row.end.text}": write both with a time, or both without')
        begin, end = row.start.moment(self._order, self._zone), row.end.moment(self._order, self._zone)
        for written in (begin, end):
            if written.note is not None:
                self._found.note(f"{row.place.text}: {written.note}")
        if end.at <= begin.at:
            raise Refused(f'the end, "{row.end.text}", is not after the start, "{row.start.text}"')
        return Window(begin.at, end.at), None

    def _dates(self, row: _Row, start: date, end: date) -> tuple[date, date]:
        assert row.end is not None
        if self._ends is None:
            raise Refused(
                f'"{row.end.text}" may be the last day or the day of the handoff; add --ends last-day or --ends handoff'
            )
        last = end if self._ends is EndDates.LAST_DAY else end - _DAY
        if last < start:
            raise Refused(f'the end, "{row.end.text}", is not after the start, "{row.start.text}"')
        return start, last

    def _claim(self, row: _Row, window: Window | None, days: tuple[date, date] | None) -> None:
        """Add a claim for each role of a row. Records a cell that names no engineer as left out."""
        fields = self._headings.fields
        kind = _cell(row.cells, fields["kind"]).casefold() if "kind" in fields else ""
        for role, heading, column in self._seats(row):
            place = Place(row.place.number, f"{row.place.text}, {heading}")
            text = _cell(row.cells, column)
            try:
                if not text:
                    raise Refused("is empty; write an engineer of the roster")
                engineer, note = self._people.find(text)
            except Refused as refusal:
                self._found.leave_out(place, str(refusal))
                continue
            if note is not None:
                self._found.note(note)
            is_one = days is not None and row.end is None
            self._found.claims.append(Claim(place, role, engineer, window, days, kind or None, is_one))

    def _seats(self, row: _Row) -> Iterator[tuple[str, str, int]]:
        """Yield each role of a row, with the heading and the number of the column that names its engineer."""
        fields = self._headings.fields
        if self._headings.roles:
            for role, column in self._headings.roles.items():
                yield role, role, column
            return
        roles = self._roster.rules.roles
        written = _cell(row.cells, fields["role"]) if "role" in fields else ""
        text = written or self._options.role or (roles[0] if len(roles) == 1 else "")
        known = next((each for each in roles if each.casefold() == text.casefold()), None)
        if known is not None:
            yield known, "engineer", fields["engineer"]
        elif text:
            message = f'"{text}" is not a role of the roster; {suggestion(text, roles)}'
            self._found.leave_out(Place(row.place.number, f"{row.place.text}, role"), message)
        else:
            message = f"is empty; write one of {listed(roles)}"
            self._found.leave_out(Place(row.place.number, f"{row.place.text}, role"), message)


def _cell(cells: Sequence[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def _date(cells: Sequence[str], column: int, name: str) -> WrittenDate:
    text = _cell(cells, column)
    if not text:
        raise Refused(f'has no {name}; write one like "2027-01-04"')
    return written_date(text)
