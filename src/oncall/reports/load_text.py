"""The load report as lines for a terminal, and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from oncall.reports.load import EngineerLoad, LoadReport
from oncall.support.text_tables import table_lines

HEADER = ("engineer", "pages", "tickets", "at night", "nights woken", "longest run", "hours on call", "worst night")
CSV_COLUMNS = ("engineer", "night", "pages", "at_night")
NIGHT_WORDS = "At night is from 23:00 to 06:00; a night belongs to the date on which it begins."


def load_text(report: LoadReport, width: int | None = None) -> str:
    """Return the report as text for a terminal.

    width: of the terminal in columns; None: the table may have any width.
    """
    lines = [load_summary(report)]
    if report.engineers:
        lines += ["", *table_lines([HEADER, *map(load_row, report.engineers)], width), "", NIGHT_WORDS]
    return "\n".join(lines) + "\n"


def load_summary(report: LoadReport) -> str:
    """Return one line with the number of pages, and of the tickets for which they were sent."""
    pages = "1 page" if report.pages == 1 else f"{report.pages:,} pages"
    tickets = "1 ticket" if report.tickets == 1 else f"{report.tickets:,} tickets"
    return f"Load of the engineers, {report.days} ({report.days.zone.key}): {pages} for {tickets}."


def load_row(load: EngineerLoad) -> tuple[str, ...]:
    """Return the row of an engineer in the table."""
    worst = max(sorted(load.by_night), key=load.by_night.__getitem__, default=None)
    return (
        load.engineer,
        f"{load.pages:,}",
        f"{load.tickets:,}",
        f"{load.at_night:,}",
        str(len(load.woken)),
        str(load.longest_run),
        f"{load.on_call / timedelta(hours=1):,.1f}",
        f"{worst} ({load.by_night[worst]})" if worst is not None else "-",
    )


def load_csv(report: LoadReport) -> str:
    """Return the report as CSV, with one row for each engineer and each night with a page."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for load in report.engineers:
        rows = sorted(load.by_night.items())
        writer.writerows((load.engineer, night, pages, load.woken.get(night, 0)) for night, pages in rows)
    return out.getvalue()
