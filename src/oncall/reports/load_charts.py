"""The charts of the load report as SVG text: the pages to each engineer, and a grid of engineers and nights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from oncall.reports.load import EngineerLoad, LoadReport
from oncall.reports.svg_shapes import FAINT, SHADES, WIDTH, bar, dot, drawing, line, text_at

_LABELS = 150
_ROW = 22
_DAYTIME, _NIGHT = SHADES[3], SHADES[0]


def page_bars(loads: Sequence[EngineerLoad]) -> Markup:
    """Return a chart with one bar for the pages to each engineer. The part for pages at night is red."""
    most = max((load.pages for load in loads), default=0) or 1
    plot = WIDTH - _LABELS - 150
    parts = []
    for number, load in enumerate(loads):
        top = number * _ROW + 4
        night = plot * load.at_night / most
        parts += [
            text_at(_LABELS - 8, top + 12, load.engineer, anchor="end"),
            bar(_LABELS, top, night, 15, _NIGHT),
            bar(_LABELS + night, top, plot * (load.pages - load.at_night) / most, 15, _DAYTIME),
            text_at(_LABELS + plot * load.pages / most + 8, top + 12, f"{load.pages:,}, {load.at_night:,} at night"),
        ]
    return drawing(parts, len(loads) * _ROW + 4, "Pages of each engineer, those at night in red")


def night_grid(report: LoadReport) -> Markup:
    """Return a grid with a row for each engineer and a column for each night.

    A dot means that the engineer was paged; it is red for a page between 23:00 and 06:00.
    """
    nights = [report.days.first - timedelta(days=1) + timedelta(days=number) for number in range(_nights(report))]
    step = (WIDTH - _LABELS - 10) / len(nights)
    height = len(report.engineers) * _ROW + 24
    parts = []
    for place, night in enumerate(nights):
        if night.weekday() == 0 and (len(nights) < 100 or night.day <= 7):
            x = _LABELS + (place + 0.5) * step
            parts += [line(x, 0, x, height - 18, FAINT), text_at(x, height - 4, f"{night:%d %b}", anchor="middle")]
    for number, load in enumerate(report.engineers):
        middle = number * _ROW + 12
        parts.append(text_at(_LABELS - 8, middle + 4, load.engineer, anchor="end"))
        parts += [_mark(load, night, _LABELS + (place + 0.5) * step, middle) for place, night in enumerate(nights)]
    return drawing(parts, height, "Nights in which each engineer was paged")


def _nights(report: LoadReport) -> int:
    return (report.days.last - report.days.first).days + 2


def _mark(load: EngineerLoad, night: date, x: float, y: float) -> Markup:
    pages, woken = load.by_night.get(night, 0), load.woken.get(night, 0)
    if not pages:
        return Markup("")
    return dot(x, y, _NIGHT if woken else _DAYTIME, f"{load.engineer}, {night}: {pages} pages, {woken} at night")
