"""Writes a plan as a spreadsheet: its shifts, its fairness, its calendar, and the requests that it does not meet."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.problem.fairness import fairness_of_plan, load_table
from oncall.rotation.problem.share_notes import share_limits
from oncall.rotation.report.heatmap import HeatMap, days_of, heat_map_of
from oncall.rotation.report.plan_page import AWAY, ROLE_COLOURS, SHADOW_COLOUR
from oncall.schedule.plan import Fairness, Plan

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a file in a zip archive can have."""

Cell = str | int | float | date | datetime


def workbook_of(plan: Plan, roster: Roster) -> bytes:
    """Return a plan as an .xlsx file. Times are in the policy's zone; text is never read as a formula.

    The plan must have at least one shift.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    _fill(book.create_sheet("plan"), ["start", "end", "kind", "role", "engineer", "name"], list(_seats(plan, roster)))
    measured = fairness_of_plan(plan, roster)
    table = load_table(measured)
    rows: list[list[Cell]] = [list(row) for row in table.itertuples(index=False, name=None)]
    _fill(book.create_sheet("fairness"), list(table.columns), rows)
    _fill(book.create_sheet("totals"), ["engineer", "name", *_TOTALS], list(_totals(measured, plan, roster)))
    _draw(book.create_sheet("calendar"), heat_map_of(plan, roster))
    if plan.unmet:
        unmet: list[list[Cell]] = [[each.engineer, each.day, each.asked, each.reason] for each in plan.unmet]
        _fill(book.create_sheet("requests not met"), ["engineer", "date", "asked", "reason"], unmet)
    return _saved(book, plan.window.start.replace(tzinfo=None))


_TOTALS = ("total", "share", "difference", "hours", "max_shifts", "limit of the share")


def _totals(measured: Fairness, plan: Plan, roster: Roster) -> Iterator[list[Cell]]:
    """Yield a row for each engineer: total over all kinds and roles, hours, and what limits the share."""
    names = {engineer.id: engineer.name for engineer in roster.engineers}
    most, limits = dict(roster.rules.max_shifts), share_limits(plan, roster)
    for engineer in measured.engineers:
        own = [seat.window for seat in plan.seats if seat.engineer == engineer.engineer and seat.role != SHADOW]
        total = len(own)
        share = sum(load.share for load in engineer.loads if load.role is None)
        hours = sum((window.end - window.start for window in own), timedelta(0)) / timedelta(hours=1)
        who = engineer.engineer
        yield [who, names.get(who, who), total, share, total - share, hours, most.get(who, ""), limits.get(who, "")]


def _saved(book: Workbook, stamp: datetime) -> bytes:
    """Return the workbook as bytes. Its date is `stamp` (UTC), so that the same plan gives the same bytes."""
    from openpyxl.packaging.core import DocumentProperties
    from openpyxl.writer.excel import ExcelWriter

    book.properties = DocumentProperties(creator="oncall", created=stamp, modified=stamp)
    made, content = io.BytesIO(), io.BytesIO()
    # Workbook.save would write the present time; the parts of the archive get their date below.
    ExcelWriter(book, ZipFile(made, "w")).save()
    with ZipFile(made) as parts, ZipFile(content, "w") as stamped:
        for name in parts.namelist():
            stamped.writestr(ZipInfo(name, _BEGINNING), parts.read(name), compress_type=ZIP_DEFLATED)
    return content.getvalue()


def _seats(plan: Plan, roster: Roster) -> Iterator[list[Cell]]:
    zone = roster.policy.zone
    names = {engineer.id: engineer.name for engineer in roster.engineers}
    for seat in plan.seats:
        # A spreadsheet has no time zones, so it gets the local time.
        start, end = (at.astimezone(zone).replace(tzinfo=None) for at in (seat.window.start, seat.window.end))
        yield [start, end, str(seat.kind), seat.role, seat.engineer, names.get(seat.engineer, seat.engineer)]


def _fill(sheet: Worksheet, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    for column, title in enumerate(head, start=1):
        _put(sheet, 1, column, title).font = Font(bold=True)
        longest = max([len(title), *(len(_shown(row[column - 1])) for row in rows)])
        sheet.column_dimensions[get_column_letter(column)].width = min(40, longest + 3)
    for number, row in enumerate(rows, start=2):
        for column, value in enumerate(row, start=1):
            _put(sheet, number, column, value)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions


def _shown(value: Cell) -> str:
    if isinstance(value, datetime):
        return f"{value:%a %Y-%m-%d %H:%M}"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _put(sheet: Worksheet, row: int, column: int, value: Cell) -> Any:
    # openpyxl types a cell as one that may be part of a merged range and then has no value.
    cell: Any = sheet.cell(row=row, column=column)
    cell.value = value
    if isinstance(value, str):
        # Otherwise the spreadsheet would compute a name like "=1+1".
        cell.data_type = "s"
    elif isinstance(value, datetime):
        cell.number_format = "ddd yyyy-mm-dd hh:mm"
    elif isinstance(value, float):
        cell.number_format = "0.00"
    return cell


def _draw(sheet: Worksheet, calendar: HeatMap) -> None:
    """Draw a row for each engineer and a column for each day: the role's letter in its colour; days away are grey."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    colours = dict(zip(calendar.roles, cycle(ROLE_COLOURS), strict=False))
    fills = {role: PatternFill("solid", fgColor=colour[1:]) for role, colour in colours.items()}
    shadow, away = (PatternFill("solid", fgColor=colour[1:]) for colour in (SHADOW_COLOUR, AWAY))
    days = [day for monday in calendar.weeks for day in days_of(monday)]
    sheet.column_dimensions["A"].width = min(40, 3 + max(len(row.name) for row in calendar.rows))
    for column, day in enumerate(days, start=2):
        sheet.column_dimensions[get_column_letter(column)].width = 3.2
        head = _put(sheet, 1, column, f"{day:%b %Y}" if column == 2 or day.day == 1 else "")
        head.font = Font(bold=True)
        _put(sheet, 2, column, day.day).alignment = Alignment(horizontal="center")
    for number, row in enumerate(calendar.rows, start=3):
        _put(sheet, number, 1, row.name)
        for column, day in enumerate(days, start=2):
            duties = row.duties.get(day, ())
            if duties:
                cell = _put(sheet, number, column, duties[0].role[0].upper())
                cell.fill = fills.get(duties[0].role, shadow)
                cell.alignment = Alignment(horizontal="center")
                cell.font = Font(color="FFFFFF" if duties[0].role == calendar.roles[0] else "1F2933")
            elif day in row.away and day in calendar.staffed:
                _put(sheet, number, column, "").fill = away
    sheet.freeze_panes = "B3"
