"""The pay of a month as a table for the terminal, as CSV, JSON and XLSX."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.reports.duty_view_types import DutyReportView, WorkingTimeBreachView
from oncall.reports.pay import ROUNDING, EngineerPay, Pay, pay_view
from oncall.support.wording import table_time

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

PAY_SUFFIXES = (".csv", ".xlsx", ".json")
STRICT_READING = (
    "Every minute on call counts as working time, paged or not: the strict reading of Directive 2003/88/EC, for "
    "engineers who must be ready within minutes. Overrides, swaps and covers count by the minute. Time at the desk is "
    "not known and not counted. In each 24 h from the beginning of time on call, 11 h in a row must be free. A week is "
    "Monday to Sunday, and is not averaged over months."
)
_COLUMNS = ("engineer", "kind", "shifts", "minutes", "hours", "rate", "amount", "currency")
_RULES = {"daily_rest": "11 h daily rest", "weekly_hours": "48 h week"}
_Cell = str | int | float


def pay_table(pay: Pay) -> list[tuple[str, ...]]:
    """Return the table: the header, a row for each engineer, and a row with the sums."""
    nights = [name for name in ("night pages", "night work") if _has_nights(pay)]
    header = ("engineer", *pay.kinds, "hours", "shifts", *nights, pay.currency)
    return [header, *(_row(each, pay) for each in pay.engineers), _total_row(pay)]


def _row(each: EngineerPay, pay: Pay) -> tuple[str, ...]:
    nights = [str(each.night.pages), _hours(each.night.seconds)] if _has_nights(pay) else []
    hours = [_hours(row.seconds) for row in each.kinds]
    return (each.engineer, *hours, _hours(each.seconds), str(each.shifts), *nights, f"{each.amount:,.2f}")


def _total_row(pay: Pay) -> tuple[str, ...]:
    by_kind = [sum(each.kinds[place].seconds for each in pay.engineers) for place in range(len(pay.kinds))]
    nights = [
        str(sum(each.night.pages for each in pay.engineers)),
        _hours(sum(each.night.seconds for each in pay.engineers)),
    ]
    return (
        "all",
        *map(_hours, by_kind),
        _hours(sum(by_kind)),
        str(sum(each.shifts for each in pay.engineers)),
        *(nights if _has_nights(pay) else []),
        f"{sum((each.amount for each in pay.engineers), Decimal(0)):,.2f}",
    )


def _has_nights(pay: Pay) -> bool:
    return pay.pays_nights or any(each.night.pages or each.night.seconds for each in pay.engineers)


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:,.2f}"


def pay_notes(pay: Pay, duty: DutyReportView) -> list[str]:
    """Return the sentences below the table: how amounts are rounded, and what is missing."""
    notes = [ROUNDING]
    if _has_nights(pay):
        paid = "" if pay.pays_nights else "; these rates do not pay for them"
        notes.append(f"Night is from 23:00 to 06:00 in {duty['timezone']}{paid}.")
    if duty["gap_seconds"]:
        notes.append(
            f"Nobody served {_hours(duty['gap_seconds'])} hours on call of this month; nobody is paid for them."
        )
    if not duty["is_over"]:
        notes.append(f"{pay.month} is not over: shifts to come count as planned.")
    return notes


def breach_rows(breaches: Sequence[WorkingTimeBreachView], zone: ZoneInfo) -> list[tuple[str, ...]]:
    """Return the header and one row for each breach of the rules of working time. Times are in `zone`."""
    rows: list[tuple[str, ...]] = [("engineer", "rule", "from", "to", "found")]
    for each in breaches:
        start, end = (table_time(datetime.fromisoformat(at), zone) for at in (each["start"], each["end"]))
        what = "longest rest" if each["rule"] == "daily_rest" else "on call"
        rows.append((each["engineer"], _RULES[each["rule"]], start, end, f"{what} {each['seconds'] / 3600:.2f} h"))
    return rows


def pay_bytes(pay: Pay, suffix: str, breaches: Sequence[WorkingTimeBreachView] | None, zone: ZoneInfo) -> bytes:
    """Return the content of a file of pay. suffix: the end of its name, one of PAY_SUFFIXES.

    breaches: None: not shown.
    """
    if suffix == ".json":
        return (json.dumps(pay_view(pay, breaches), indent=2, ensure_ascii=False) + "\n").encode()
    if suffix == ".xlsx":
        return _workbook(pay, breaches, zone)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_detail(pay))
    return text.getvalue().encode()


def _detail(pay: Pay) -> Iterator[tuple[_Cell, ...]]:
    """Yield a row for each engineer and kind of shift, and one for the engineer's nights if they are paid."""
    for each in pay.engineers:
        for row in each.kinds:
            yield (
                each.engineer, row.kind, row.shifts, round(row.seconds / 60, 4), round(row.seconds / 3600, 4),
                float(row.rate), float(row.amount), pay.currency,
            )  # fmt: skip
        if pay.pays_nights:
            night = each.night
            minutes, hours = round(night.seconds / 60, 4), round(night.seconds / 3600, 4)
            what = f"night, {night.pages} pages"
            yield (each.engineer, what, "", minutes, hours, "", float(night.amount), pay.currency)


def _workbook(pay: Pay, breaches: Sequence[WorkingTimeBreachView] | None, zone: ZoneInfo) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    summary = book.worksheets[0]
    summary.title = "pay"
    header, *_ = pay_table(pay)
    _fill(summary, [header, *map(_numbers, pay_table(pay)[1:])])
    summary.append([])
    summary.append([ROUNDING])
    _fill(book.create_sheet("by kind"), [_COLUMNS, *_detail(pay)])
    if breaches is not None:
        _fill(book.create_sheet("working time"), breach_rows(breaches, zone))
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _numbers(row: Sequence[str]) -> list[_Cell]:
    return [row[0], *(int(cell) if cell.isdigit() else float(cell.replace(",", "")) for cell in row[1:])]


def _fill(sheet: Worksheet, rows: Sequence[Sequence[_Cell]]) -> None:
    """Write rows of cells into a sheet. Text is never taken as a formula."""
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(row=number, column=column, value=value)
            if isinstance(value, str):
                cell.data_type = "s"
            elif isinstance(value, float):
                cell.number_format = "#,##0.00"
    sheet.freeze_panes = "B2"
    for letter in "ABCDEFGHIJ":
        sheet.column_dimensions[letter].width = 18
