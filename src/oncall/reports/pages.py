"""Reports as HTML: one file for each report, without scripts or anything from another address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.reports import load_charts, load_text, svg_charts
from oncall.reports.attainment import Cell, ClockCounts, Percentiles
from oncall.reports.load import LoadReport
from oncall.reports.phrases import METRIC_WORDS, NOTHING, brief, counts_words, lasting, share, target_words
from oncall.reports.review import QuarterFacts, Review
from oncall.reports.sla_report import SlaReport
from oncall.reports.sla_text import breach_title, by_ticket, withdrawn_words
from oncall.support.policy import Metric
from oncall.support.wording import full_time

if TYPE_CHECKING:
    from jinja2 import Environment

MOST_BREACHES = 500
"""The most breaches that the HTML of a report describes in full, because browsers cannot show too many."""

MOST_REVIEWED = 20
"""The most breaches that a business review describes in full: the latest ones.

People read a review together, so it should have few printed pages.
"""


def sla_page(report: SlaReport) -> str:
    """Return the SLA report as HTML, with its charts and the timeline of each breach."""
    template = _templates().get_template("sla.html.j2")
    return template.render(
        report=report,
        zone=report.days.zone,
        bars=svg_charts.attainment_bars(report.cells),
        times=svg_charts.times_against_target(report.cells),
        breaches=by_ticket(report.breaches[-MOST_BREACHES:]),
        hidden=max(len(report.breaches) - MOST_BREACHES, 0),
    )


def review_page(review: Review) -> str:
    """Return the quarterly business review as HTML that is made to be printed on a few A4 pages."""
    now, before = review.now, review.before
    metrics = [(METRIC_WORDS[metric], before.of_metric(metric), now.of_metric(metric)) for metric in Metric]
    names = (str(before.quarter), str(now.quarter))
    return (
        _templates()
        .get_template("qbr.html.j2")
        .render(
            review=review,
            now=now,
            before=before,
            zone=now.days.zone,
            impacts=[(name, svg_charts.shade(place)) for place, name in enumerate(now.impacts)],
            columns=svg_charts.weekly_columns(now.weeks, list(now.impacts)),
            bars=svg_charts.attainment_bars(now.cells),
            kept=svg_charts.pairs([(name, old.attainment, new.attainment) for name, old, new in metrics], names),
            trends=_trends(before, now),
            breaches=by_ticket(now.breaches[-MOST_REVIEWED:]),
            hidden=max(len(now.breaches) - MOST_REVIEWED, 0),
        )
    )


def load_page(report: LoadReport) -> str:
    """Return the load report as HTML, with its charts."""
    return (
        _templates()
        .get_template("load.html.j2")
        .render(
            report=report,
            zone=report.days.zone,
            words=load_text.NIGHT_WORDS,
            header=load_text.HEADER,
            rows=[load_text.load_row(load) for load in report.engineers],
            bars=load_charts.page_bars(report.engineers),
            grid=load_charts.night_grid(report),
        )
    )


def _trends(before: QuarterFacts, now: QuarterFacts) -> Sequence[tuple[str, str, str, str]]:
    """Return rows that compare two quarters: a name, the value before, the value now, and the difference in words."""
    rows: list[tuple[str, int, int]] = [("tickets", before.tickets, now.tickets)]
    rows += [(f"  {name}", before.impacts.get(name, 0), count) for name, count in now.impacts.items()]
    rows += [
        ("resolved", before.resolved, now.resolved),
        ("duplicates, merged", before.merged, now.merged),
        ("promises not kept", before.counts.breached, now.counts.breached),
        ("tickets that paged an engineer", before.response.paged, now.response.paged),
        ("  more than one person", before.response.escalated, now.response.escalated),
        ("  the manager", before.response.manager, now.response.manager),
    ]
    counted = [(name, f"{old:,}", f"{new:,}", _more(old, new)) for name, old, new in rows]
    spans = (
        ("half of the pages taken within", before.response.taken, now.response.taken),
        ("half of the tickets solved within", before.solved, now.solved),
    )
    return [*counted, *((name, *_halves(old, new)) for name, old, new in spans)]


def _more(old: int, new: int) -> str:
    if old == new:
        return "="
    return f"{new - old:+,}" + (f" ({(new - old) / old:+.0%})" if old else "")


def _halves(before: Percentiles | None, now: Percentiles | None) -> tuple[str, str, str]:
    old, new = before.p50 if before else None, now.p50 if now else None
    if old is None or new is None or old == new:
        return lasting(old), lasting(new), "=" if old == new else ""
    return lasting(old), lasting(new), f"{'+' if new > old else '-'}{lasting(abs(new - old))}"


def _by_plan(cells: Sequence[Cell]) -> list[tuple[str, list[Cell]]]:
    """Return each plan with its cells, in the order of `cells`."""
    return [(plan, list(group)) for plan, group in groupby(cells, key=lambda cell: cell.plan)]


def _cell_row(cell: Cell) -> dict[str, str | ClockCounts | list[str]]:
    """Return a cell as a row of a table in the HTML of the SLA report and of the review."""
    times = cell.times
    counts = cell.counts
    return {
        "plan": cell.plan,
        "impact": cell.impact,
        "metric": METRIC_WORDS[cell.metric],
        "target": target_words(cell.targets),
        "counts": counts,
        "kept": share(counts.attainment),
        "times": [brief(time) for time in (times.p50, times.p90, times.p95)] if times else [NOTHING] * 3,
    }


@cache
def _templates() -> Environment:
    """Return the templates in this package. All values that they show are escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "share": share,
        "lasting": lasting,
        "counts": counts_words,
        "by_plan": _by_plan,
        "cell": _cell_row,
        "breach": breach_title,
        "withdrawn": withdrawn_words,
        "metric": METRIC_WORDS.__getitem__,
        "target": lambda clock: target_words((clock.target,)),
    }
    templates.globals["time"] = _time
    return templates


def _time(at: datetime, zone: ZoneInfo) -> str:
    return full_time(at, zone)
