"""Prints the answers of `schedule`, `history` and `calendar`, or writes them to a file.

Imports no typer, so that the commands are fast.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.cli.backends.server import open_server
from oncall.cli.schedule.month_grid import WIDTH, month_grid
from oncall.cli.schedule.schedule_answers import published_schedule, refuse_stranger, span_of
from oncall.cli.terminal.output import bad_value, print_json, print_table, say, tell, terminal_width, time_of

if TYPE_CHECKING:
    from oncall.schedule.schedule_files import ScheduleRow
    from oncall.schedule.schedule_view_types import HistoryView, ScheduleView

_GAP_COLOUR = "red"


def schedule(
    start: str | None = None,
    end: str | None = None,
    engineer: str | None = None,
    output: str | None = None,
    *,
    json: bool = False,
) -> None:
    """Print the published schedule, or write it to the file `output`.

    start, end: dates, as the user wrote them; None: today, and the end of the schedule.
    """
    from oncall.schedule import schedule_files

    path = Path(output) if output is not None else None
    if path is not None and path.suffix.lower() not in schedule_files.SUFFIXES:
        raise bad_value(
            f'write a file that ends in {", ".join(schedule_files.SUFFIXES)}, like "schedule.csv"', "--output"
        )
    view = _view_between(start, end, engineer)
    if path is not None:
        from oncall import wiring
        from oncall.text_files import replace_file

        now = wiring.make_clock(wiring.read_settings()).now()
        replace_file(path, schedule_files.file_of(view, path.suffix.lower(), now))
        tell(f"Wrote {path}: {len(view['shifts'])} shifts, {len(view['gaps'])} gaps.")
    elif json:
        print_json(schedule_files.schedule_document(view))
    else:
        _print_schedule(schedule_files.rows_of(view), view)


def _view_between(start: str | None, end: str | None, engineer: str | None) -> ScheduleView:
    view = _asked_view(start, end, engineer)
    if end is not None:
        return view
    # Time after the last plan is no gap unless the caller asks for it with --to.
    ends = datetime.fromisoformat(view["schedule_ends"] or view["from"])
    return {**view, "gaps": [gap for gap in view["gaps"] if datetime.fromisoformat(gap["start"]) < ends]}


def _asked_view(start: str | None, end: str | None, engineer: str | None) -> ScheduleView:
    from oncall import wiring
    from oncall.schedule.schedule_views import schedule_view

    settings = wiring.read_settings()
    server = open_server(settings)
    if server is not None:
        first, last = span_of(start, end, server.zone(), server.now())
        return server.whole_schedule(first, last, engineer)
    published = published_schedule(settings)
    schedule, now = published.whole(), wiring.make_clock(settings).now()
    if engineer is not None:
        refuse_stranger(engineer, schedule)
    first, last = span_of(start, end, published.zone, now)
    return schedule_view(schedule, first, last, engineer)


def _print_schedule(rows: Sequence[ScheduleRow], view: ScheduleView) -> None:
    if not rows:
        tell("No shift is in that time.")
        return
    zone = ZoneInfo(view["timezone"])
    cells = [
        [
            time_of(row["start"], zone),
            time_of(row["end"], zone),
            row["kind"],
            row["role"],
            row["engineer"] or "NOBODY",
            f"override: {row['override']}" if row["override"] else "",
        ]
        for row in rows
    ]
    colours = ["" if row["engineer"] else _GAP_COLOUR for row in rows]
    print_table(["from", "to", "kind", "role", "engineer", ""], cells, names=2, colours=colours)


def history(*, json: bool = False) -> None:
    """Print every version of the schedule: as text the newest first, as JSON the oldest first."""
    view = _history_view()
    if json:
        print_json(view)
    elif not view["versions"]:
        tell("No version of the schedule is published yet.")
    else:
        rows = [
            [
                str(each["version"]),
                f"{datetime.fromisoformat(each['at']):%a %Y-%m-%d %H:%M}",
                f"undo of {each['undoes']}" if "undoes" in each else each["kind"],
                each["by"],
                each["reason"] + (f" (taken back by {each['undone_by']})" if "undone_by" in each else ""),
            ]
            for each in reversed(view["versions"])
        ]
        print_table(["version", "at", "kind", "by", "reason"], rows, names=1)


def _history_view() -> HistoryView:
    from oncall import wiring
    from oncall.schedule.schedule_views import history_view

    settings = wiring.read_settings()
    server = open_server(settings)
    if server is not None:
        return server.history()
    return history_view(published_schedule(settings).whole())


def calendar(engineer: str | None = None, month: str | None = None, *, json: bool = False) -> None:
    """Print a month as a grid of weeks.

    Each day shows who is on call after noon; with `engineer`, this engineer's roles.
    month: as the user wrote it, like `2027-01`; None: this month.
    """
    from oncall.schedule import schedule_files
    from oncall.support.calendar import refuse_outside_years

    first = _month_of(month)
    refuse_outside_years(first)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    view = _view_between(first.isoformat(), last.isoformat(), engineer)
    if json:
        print_json(schedule_files.schedule_document(view))
        return
    say(f"{first:%B %Y}{f', {engineer}' if engineer else ''}")
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    cells = _names_by_day(days, schedule_files.rows_of(view), ZoneInfo(view["timezone"]), engineer)
    for line in month_grid(first, cells, terminal_width(sys.stdout) or WIDTH):
        say(line)


def _names_by_day(
    days: Iterable[date], rows: Sequence[ScheduleRow], zone: ZoneInfo, engineer: str | None
) -> dict[date, list[str]]:
    """Return, for each day, the names of the engineers on call between noon and midnight, or NOBODY for a gap.

    With `engineer`, whose rows these must be, return the engineer's roles on that day instead.
    """
    spans = [(datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"]), row) for row in rows]
    roles = list(dict.fromkeys(row["role"] for row in rows))
    found = {}
    for day in days:
        noon, midnight = (
            datetime.combine(day, time(12), zone),
            datetime.combine(day + timedelta(days=1), time(), zone),
        )
        held = [row for start, end, row in spans if start < midnight and noon < end]
        held.sort(key=lambda row: roles.index(row["role"]))
        names = [row["role"] if engineer else row["engineer"] or "NOBODY" for row in held]
        found[day] = list(dict.fromkeys(names))
    return found


def _month_of(month: str | None) -> date:
    from oncall import wiring

    if month is None:
        settings = wiring.read_settings()
        server = open_server(settings)
        if server is not None:
            return server.now().astimezone(server.zone()).date().replace(day=1)
        zone = published_schedule(settings).zone
        return wiring.make_clock(settings).now().astimezone(zone).date().replace(day=1)
    try:
        return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        from oncall.support.likely_days import month_fault

        raise bad_value(month_fault(month), "--month") from None
