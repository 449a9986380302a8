"""Writes the published schedule, as the API returns it, to a file: CSV, JSON, iCalendar, HTML or XLSX."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, TypedDict
from zoneinfo import ZoneInfo

from oncall.support.windows import Window, WindowKind
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from jinja2 import Template

    from oncall.schedule.ics_text import CalendarEvent
    from oncall.schedule.schedule_view_types import GapView, LocalAssignmentView, ScheduleView

_COLUMNS = ["start", "end", "kind", "role", "engineer", "override"]


class ScheduleRow(TypedDict):
    """One assignment, or a gap (`engineer` is None). override: the reason of the override; empty without one."""

    start: str
    end: str
    kind: str
    role: str
    engineer: str | None
    override: str


def rows_of(view: ScheduleView) -> list[ScheduleRow]:
    """Return the assignments and the gaps of a schedule as rows, in order of their start."""
    rows = [*map(_held, view["shifts"]), *map(_empty, view["gaps"])]
    return sorted(rows, key=lambda row: datetime.fromisoformat(row["start"]))


def _held(shift: LocalAssignmentView) -> ScheduleRow:
    return {
        "start": shift["start"],
        "end": shift["end"],
        "kind": shift["kind"],
        "role": shift["role"],
        "engineer": shift["engineer"],
        "override": shift.get("override", ""),
    }


def _empty(gap: GapView) -> ScheduleRow:
    return {**gap, "engineer": None, "override": ""}


def csv_of(view: ScheduleView) -> bytes:
    """Return the schedule as CSV in UTF-8. A gap has no engineer."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows_of(view):
        writer.writerow([row["start"], row["end"], row["kind"], row["role"], row["engineer"] or "", row["override"]])
    return text.getvalue().encode()


def json_of(view: ScheduleView) -> bytes:
    """Return the schedule as JSON bytes, the same as `oncall schedule --json` prints."""
    return (json.dumps(schedule_document(view), indent=2, ensure_ascii=False) + "\n").encode()


def schedule_document(view: ScheduleView) -> dict[str, object]:
    """Return the schedule as one JSON object, with each gap as a shift without an engineer."""
    shifts = [{name: value for name, value in row.items() if name != "override" or value} for row in rows_of(view)]
    return {"from": view["from"], "to": view["to"], "timezone": view["timezone"], "shifts": shifts}


def ics_of_schedule(view: ScheduleView, now: datetime) -> bytes:
    """Return the schedule as an iCalendar file in UTC: one event for each assignment and each gap.

    now: the time of writing (aware UTC). It lets calendar programs prefer this file to an earlier one.
    """
    from oncall.schedule.ics_text import ics_text

    name = f"On call: {view['team']}" if view["team"] else "On call"
    return ics_text(name, _events(view, now), stamp=now)


def _events(view: ScheduleView, now: datetime) -> Iterator[CalendarEvent]:
    from oncall.schedule.ics_text import CalendarEvent, sequence_at
    from oncall.schedule.shift_events import uid_of
    from oncall.schedule.shift_names import shift_names

    zone, parts = ZoneInfo(view["timezone"]), Counter[tuple[str, str]]()
    rows = [(Window(_utc(row["start"]), _utc(row["end"])), row) for row in rows_of(view)]
    names = shift_names(((window, WindowKind(row["kind"])) for window, row in rows), lambda _: zone)
    for window, row in rows:
        name, role = names[window, WindowKind(row["kind"])], row["role"]
        parts[name, role] += 1
        yield CalendarEvent(
            uid_of(name, role, view["team"], parts[name, role]),
            window.start,
            window.end,
            f"{row['engineer'] or 'NOBODY'}: {role} on call ({row['kind']})",
            row["kind"],
            sequence_at(now),
            now,
            f"Override: {row['override']}" if row["override"] else "",
        )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def xlsx_of(view: ScheduleView) -> bytes:
    """Return the schedule as a spreadsheet with one sheet. Times are local times of the policy's zone."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "schedule"
    sheet.append(_COLUMNS)
    for row in rows_of(view):
        times = [datetime.fromisoformat(row[name]).replace(tzinfo=None) for name in ("start", "end")]
        words = [row["kind"], row["role"], row["engineer"] or "NOBODY", row["override"]]
        sheet.append(times)
        for column, word in enumerate(words, start=3):
            # A text cell is never read as a formula.
            sheet.cell(row=sheet.max_row, column=column, value=word).data_type = "s"
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEF", (18, 18, 12, 12, 16, 40), strict=True):
        sheet.column_dimensions[letter].width = width
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def html_of(view: ScheduleView) -> bytes:
    """Return the schedule as one HTML page that loads no other files. All text is escaped."""
    return _page().render(view=view, rows=list(_lines(view))).encode()


def _lines(view: ScheduleView) -> Iterator[dict[str, object]]:
    zone = ZoneInfo(view["timezone"])
    for row in rows_of(view):
        start, end = (full_time(datetime.fromisoformat(row[name]), zone) for name in ("start", "end"))
        yield {**row, "start": start, "end": end}


@cache
def _page() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("oncall.schedule", "")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("schedule.html.j2")


SUFFIXES = (".csv", ".json", ".ics", ".html", ".xlsx")
"""The suffixes of the file formats that can be written."""


def file_of(view: ScheduleView, suffix: str, now: datetime) -> bytes:
    """Return the schedule as a file in the format of `suffix`, one of SUFFIXES.

    now: the time of writing (aware UTC).
    """
    writers: dict[str, Callable[[ScheduleView], bytes]] = {
        ".csv": csv_of,
        ".json": json_of,
        ".html": html_of,
        ".xlsx": xlsx_of,
    }
    return ics_of_schedule(view, now) if suffix == ".ics" else writers[suffix](view)
