"""Draws loads and shares as SVG, with a title and a description for people who cannot see the picture."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from oncall.reports.svg_shapes import FAINT, WIDTH, bar, line, text_at
from oncall.schedule.plan import Load

_LABELS, _ROW, _NUMBERS = 150, 24, 150
_LONGEST = 18
"""The most characters of a name beside its bar; the description has the whole name."""
_OVER, _UNDER, _MARK = "#8a3b00", "#1d4f86", "#1f2933"


def load_bars(kind: str, loads: Sequence[tuple[str, dict[str | None, Load]]], number: int) -> Markup:
    """Return an SVG with a bar for each engineer's shifts of a kind, and a mark at the engineer's share.

    number: the number of the picture on its web page. loads: like those of `KindLoads`, but with names in place of ids;
    the loads of all roles together are drawn.
    """
    rows = [(who, by_role[None]) for who, by_role in loads if None in by_role]
    most = max((max(float(load.count), load.share) for _, load in rows), default=0.0) or 1.0
    plot = WIDTH - _LABELS - _NUMBERS
    parts = [line(_LABELS, 2, _LABELS, len(rows) * _ROW, FAINT)]
    for place, (who, load) in enumerate(rows):
        top = place * _ROW + 4
        mark = _LABELS + plot * max(load.share, 0.0) / most
        colour = _OVER if load.count > load.share else _UNDER
        parts += [
            text_at(_LABELS - 8, top + 13, who if len(who) <= _LONGEST else who[: _LONGEST - 1] + "…", anchor="end"),
            bar(_LABELS, top, plot * load.count / most, 16, colour),
            line(mark, top - 2, mark, top + 18, _MARK, width=3),
            text_at(_LABELS + plot + 12, top + 13, f"{load.count} of {load.share:.2f}"),
        ]
    title = f"{kind}: shifts of each engineer, with a mark at their share"
    words = "; ".join(f"{who} {load.count}, share {load.share:.2f}" for who, load in rows) or "no shifts"
    start = Markup(
        '<svg class="bars" viewBox="0 0 {} {}" role="img" aria-labelledby="bars{}t bars{}d">'
        '<title id="bars{}t">{}</title><desc id="bars{}d">{}</desc>'
    ).format(WIDTH, max(len(rows) * _ROW + 4, 1), number, number, number, title, number, words)
    return start + Markup("").join(parts) + Markup("</svg>")
