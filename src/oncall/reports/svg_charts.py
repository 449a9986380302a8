"""Charts as SVG text, so that a report needs nothing from another address. Every name in them is escaped."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from oncall.reports.attainment import Cell, Percentiles
from oncall.reports.phrases import METRIC_WORDS, lasting, share
from oncall.reports.review import Week
from oncall.reports.svg_shapes import FAINT, SHADES, WIDTH, bar, dot, drawing, line, text_at

KEPT, MISSED, EARLIER = "#2f7d5b", "#c0392b", "#9aa5b1"

_LABELS = 250
_ROW = 22


def shade(place: int) -> str:
    """Return the colour of an impact. place: its index in the policy's order."""
    return SHADES[place % len(SHADES)]


def attainment_bars(cells: Sequence[Cell]) -> Markup:
    """Return a chart with one bar for each cell: the share of met clocks, and the rest in red.

    Cells without met or breached clocks are left out.
    """
    rows = [cell for cell in cells if cell.counts.judged]
    plot = WIDTH - _LABELS - 130
    parts = []
    for number, cell in enumerate(rows):
        top = number * _ROW + 4
        kept = plot * (cell.counts.attainment or 0.0)
        words = f"{share(cell.counts.attainment)} of {cell.counts.judged:,}"
        parts += [
            text_at(_LABELS - 8, top + 12, _name(cell), anchor="end"),
            bar(_LABELS, top, kept, 15, KEPT),
            bar(_LABELS + kept, top, plot - kept, 15, MISSED),
            text_at(_LABELS + plot + 8, top + 12, words),
        ]
    return drawing(parts, len(rows) * _ROW + 4, "Share of promises kept, by plan, impact and metric")


def times_against_target(cells: Sequence[Cell]) -> Markup:
    """Return a chart of the 50, 90 and 95 % percentiles of each cell's times, as shares of the target."""
    rows = [(cell, times) for cell in cells if (times := cell.times) is not None]
    plot, most = WIDTH - _LABELS - 40, 1.5
    height = len(rows) * _ROW + 26
    target_x = _LABELS + plot / most
    parts = [
        line(target_x, 0, target_x, height - 20, MISSED, dashes="4 3"),
        text_at(target_x, height - 6, "target", anchor="middle"),
        text_at(_LABELS, height - 6, "0", anchor="middle"),
        text_at(_LABELS + plot, height - 6, "150 % and more", anchor="end"),
        line(_LABELS, height - 20, _LABELS + plot, height - 20, FAINT),
    ]
    for number, (cell, times) in enumerate(rows):
        middle = number * _ROW + 12
        half, ninety, most_of_all = (_LABELS + plot * part / most for part in _parts(times, cell, most))
        parts += [
            text_at(_LABELS - 8, middle + 4, _name(cell), anchor="end"),
            line(half, middle, most_of_all, middle, EARLIER, width=3),
            dot(half, middle, KEPT, f"half within {lasting(times.p50)}"),
            dot(ninety, middle, SHADES[1], f"90 % within {lasting(times.p90)}"),
            dot(most_of_all, middle, MISSED, f"95 % within {lasting(times.p95)}"),
        ]
    return drawing(parts, height, "Times as shares of their targets: 50, 90 and 95 % of replies")


def _parts(times: Percentiles, cell: Cell, most: float) -> list[float]:
    target = cell.targets[-1].within
    return [min(time / target, most) for time in (times.p50, times.p90, times.p95)]


def weekly_columns(weeks: Sequence[Week], impacts: Sequence[str]) -> Markup:
    """Return a chart with one column for each week: its tickets stacked by impact, the most urgent at the bottom."""
    height, left, bottom = 210, 40, 170
    peak = _round_up(max((week.total for week in weeks), default=0))
    step = (WIDTH - left - 10) / max(len(weeks), 1)
    parts = []
    for number in range(3):
        y = bottom - number * (bottom - 10) / 2
        parts += [
            line(left, y, WIDTH - 10, y, FAINT),
            text_at(left - 6, y + 4, f"{peak * number / 2:g}", anchor="end"),
        ]
    for place, week in enumerate(weeks):
        x, y = left + place * step + step * 0.15, float(bottom)
        for order, impact in enumerate(impacts):
            tall = (bottom - 10) * week.tickets.get(impact, 0) / peak
            y -= tall
            parts.append(bar(x, y, step * 0.7, tall, shade(order)))
        if week.total:
            parts.append(text_at(x + step * 0.35, y - 3, f"{week.total:,}", anchor="middle"))
        parts.append(text_at(x + step * 0.35, bottom + 16, f"{week.first_day:%d %b}", anchor="middle"))
    return drawing([*parts, *_legend(impacts, height - 8)], height, "Tickets of each week by impact")


def _legend(names: Sequence[str], y: float) -> list[Markup]:
    parts, x = [], 40.0
    for order, name in enumerate(names):
        parts += [bar(x, y - 9, 10, 10, shade(order)), text_at(x + 15, y, name)]
        x += 40 + 7 * len(name)
    return parts


def pairs(rows: Sequence[tuple[str, float | None, float | None]], names: tuple[str, str]) -> Markup:
    """Return a chart that compares shares (0 to 1) of two periods as bars, the earlier one in grey.

    rows: a label, the earlier share and the later share. names: of the earlier and of the later period.
    """
    plot = WIDTH - _LABELS - 80
    parts = []
    for number, (label, before, now) in enumerate(rows):
        top = number * 44 + 4
        parts.append(text_at(_LABELS - 8, top + 20, label, anchor="end"))
        for place, (value, colour, name) in enumerate(((before, EARLIER, names[0]), (now, KEPT, names[1]))):
            y = top + place * 17
            words = f"{share(value)} {name}" if value is not None else f"nothing in {name}"
            length = (plot - 60) * (value or 0.0)
            parts += [bar(_LABELS, y, length, 14, colour), text_at(_LABELS + length + 6, y + 11, words)]
    return drawing(parts, len(rows) * 44 + 4, f"Promises kept, {names[0]} and {names[1]}")


def _name(cell: Cell) -> str:
    return f"{cell.plan} {cell.impact} {METRIC_WORDS[cell.metric]}"


def _round_up(count: int) -> int:
    """Round a count up to the end of a chart axis that is easy to halve.

    The result is at least 4, else 1, 2, 4, 6, 8 or 10 times a power of ten.
    """
    if count <= 4:
        return 4
    magnitude = int("1" + "0" * (len(str(count)) - 1))
    return next(part * magnitude for part in (1, 2, 4, 6, 8, 10) if part * magnitude >= count)
