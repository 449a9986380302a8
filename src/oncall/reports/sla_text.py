"""The SLA report as lines for a terminal, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from oncall.reports.answer_times import answers_line
from oncall.reports.attainment import Cell, ClockCounts
from oncall.reports.phrases import METRIC_WORDS, counts_words, lasting, share, target_words
from oncall.reports.report_views import cell_view
from oncall.reports.sla_report import Breach, SlaReport, WithdrawnBreach
from oncall.support.text_tables import table_lines
from oncall.support.wording import full_time

HEADER = (
    "plan",
    "impact",
    "metric",
    "target",
    "count",
    "met",
    "breached",
    "stopped",
    "running",
    "attained",
    "p50",
    "p90",
    "p95",
)
_PERCENTILES: tuple[Literal["p50", "p90", "p95"], ...] = ("p50", "p90", "p95")
CSV_COLUMNS = (
    "plan", "impact", "metric", "target_seconds", "counting", "count", "met", "breached", "stopped", "running",
    "attainment", "p50_seconds", "p90_seconds", "p95_seconds",
)  # fmt: skip


def text_of(report: SlaReport, breaches: int, width: int | None = None) -> str:
    """Return the report as text for a terminal: the summary, the table, and the latest breaches in full.

    breaches: how many breaches to describe. width: of the terminal in columns; None: the table may have any width.
    """
    answers = answers_line(report.answers, report.answer_within)
    lines = [summary(report), *([answers] if answers is not None else [])]
    if report.cells:
        lines += ["", *table_lines(table(report), width, names=3)]
    if report.breaches:
        lines += ["", *breach_lines(report, breaches)]
    if report.withdrawn:
        lines += ["", *withdrawn_lines(report)]
    return "\n".join(lines) + "\n"


def summary(report: SlaReport) -> str:
    """Return one line with the number of tickets and clocks, and the share of clocks that were met."""
    tickets = "1 ticket" if report.tickets == 1 else f"{report.tickets:,} tickets"
    counts = report.counts
    return f"{report.title}: {tickets}, {counts_words(counts)}; kept {share(counts.attainment)}."


def table(report: SlaReport) -> list[tuple[str, ...]]:
    """Return the table: the header, a row for each plan, impact and metric, and a row with the sums."""
    counts = report.counts
    last = ("all", "", "", "", *_numbers(counts), share(counts.attainment), "", "", "")
    return [HEADER, *(_row(cell) for cell in report.cells), last]


def _row(cell: Cell) -> tuple[str, ...]:
    times = cell.times
    shown = [lasting(time) for time in (times.p50, times.p90, times.p95)] if times is not None else ["-"] * 3
    counts = cell.counts
    return (
        cell.plan,
        cell.impact,
        METRIC_WORDS[cell.metric],
        target_words(cell.targets),
        *_numbers(counts),
        share(counts.attainment),
        *shown,
    )


def _numbers(counts: ClockCounts) -> tuple[str, ...]:
    return tuple(
        f"{number:,}" for number in (counts.total, counts.met, counts.breached, counts.stopped, counts.running)
    )


def breach_lines(report: SlaReport, most: int) -> Iterator[str]:
    """Yield the lines about the latest `most` breaches. A line before them says how many older ones are left out.

    Breaches of the same ticket share one timeline.
    """
    shown = report.breaches[-most:] if most else ()
    hidden = len(report.breaches) - len(shown)
    if hidden:
        which = "breach is" if hidden == 1 else "breaches are"
        yield f"{hidden:,} {'earlier ' if shown else ''}{which} not shown; --breaches N or --json shows more."
    for breaches in by_ticket(shown):
        yield ""
        yield from _breach_lines(breaches, report.days.zone)


def by_ticket(breaches: Sequence[Breach]) -> list[tuple[Breach, ...]]:
    """Return the breaches grouped by ticket. The ticket with the oldest breach comes first."""
    found: dict[str, list[Breach]] = {}
    for breach in breaches:
        found.setdefault(breach.ticket.id, []).append(breach)
    return [tuple(together) for together in found.values()]


def withdrawn_lines(report: SlaReport) -> Iterator[str]:
    """Yield one line for each withdrawn breach."""
    yield "Reported as breached and later withdrawn, because a late record showed that the target was met:"
    for each in report.withdrawn:
        yield f"  {withdrawn_words(each, report.days.zone)}"


def withdrawn_words(withdrawn: WithdrawnBreach, zone: ZoneInfo) -> str:
    """Return a line like `T-1 Acme, withdrawn Sat 2027-01-09 04:30 EST: the first reply due ... was kept: ...`."""
    ticket, event = withdrawn.ticket, withdrawn.event
    return f"{ticket.id} {ticket.customer}, withdrawn {full_time(event.at, zone)}: {event.why}"


def breach_title(breach: Breach, zone: ZoneInfo) -> str:
    """Return a line like `T-1 Acme, standard urgent first reply: due Sat 2027-01-09 04:12 EST, came 5 min late`."""
    clock, ticket = breach.clock, breach.ticket
    came = f"came {lasting(breach.late)} late" if breach.late is not None else "never came"
    if breach.late is None and clock.is_running:
        came = "has not come yet"
    what = f"{clock.plan} {clock.impact} {METRIC_WORDS[clock.metric]}"
    return f"{ticket.id} {ticket.customer}, {what}: due {full_time(breach.breached_at, zone)}, {came}"


def _breach_lines(breaches: Sequence[Breach], zone: ZoneInfo) -> Iterator[str]:
    """Yield lines about the breaches of one ticket, and then its timeline."""
    yield from (breach_title(breach, zone) for breach in breaches)
    yield f"  {breaches[0].ticket.subject}"
    for event in breaches[0].timeline:
        yield f"  {full_time(event.at, zone)}  {event.kind.value.replace('_', ' ')} by {event.by}: {event.why}"


def csv_of(report: SlaReport) -> str:
    """Return the report as CSV, with one row for each plan, impact and metric.

    Lengths of time are in seconds. Attainment is 0 to 1, and empty without clocks. If the policy changed, the latest
    target is written.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for cell in report.cells:
        view = cell_view(cell)
        target, times = view["targets"][-1], view["seconds"]
        row = {**view, "target_seconds": target["seconds"], "counting": target["counting"]}
        row |= {f"{name}_seconds": times[name] if times is not None else None for name in _PERCENTILES}
        writer.writerow([_safe(row[column]) for column in CSV_COLUMNS])
    return out.getvalue()


def _safe(value: object) -> object:
    """Return the value. Text that a spreadsheet would take for a formula gets a quote in front."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
