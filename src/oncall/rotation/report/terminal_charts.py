"""Shows the fairness of a plan as charts for the terminal: loads and shares, and a calendar of duties.

Every line fits the width, down to 40 columns. If the width is too small, bars are left out, but never numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

from oncall.rotation.problem.fairness import loads_by_kind
from oncall.rotation.report.heatmap import HeatMap, Row
from oncall.schedule.plan import Fairness, Load
from oncall.support.windows import WindowKind

if TYPE_CHECKING:
    from rich.text import Text

LEAST_BAR, MOST_BAR = 6, 40
_SHADES = ("on color(253)", "on color(180)", "on color(173)", "white on color(130)", "white on color(88)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_NO_TITLES: Mapping[WindowKind, str] = MappingProxyType({})

Loads = Sequence[tuple[str, dict[str | None, Load]]]
"""The loads of one kind, by engineer and then by role; None is all roles together."""


def load_lines(
    fairness: Fairness, *, width: int, plain: bool = False, titles: Mapping[WindowKind, str] = _NO_TITLES
) -> Iterator[Text]:
    """Yield lines with every engineer's load and share, for each kind of shift and for all kinds.

    A load is shown for all roles together and for each role. The bar is green within one shift of the share, yellow
    within two, else red. width: in columns. plain: use ASCII only. titles: display names of kinds that have one.
    """
    for number, (kind, loads) in enumerate(loads_by_kind(fairness)):
        if number:
            yield _text("")
        yield from _kind_lines(titles.get(WindowKind(kind), kind), loads, width, plain)


def _kind_lines(kind: str, loads: Loads, width: int, plain: bool) -> Iterator[Text]:
    roles = [role for role in loads[0][1] if role is not None]
    shown_roles = roles if len(roles) > 1 else []
    columns = ["load", "share", "off", *shown_roles]
    figures = [_figures(each, shown_roles) for _, each in loads]
    widths = [max(len(row[n]) for row in [columns, *figures]) for n in range(len(columns))]
    name = max(len(person) for person, _ in loads)
    beside = name + 2 + sum(widths) + 2 * (len(widths) - 1)
    total = sum(each[None].count for _, each in loads) // len(roles)
    yield _text(f"{kind}: {total} shift{'' if total == 1 else 's'}{'; roles load/share' if shown_roles else ''}")
    if beside > width:
        yield from _stacked(loads, columns, figures, width)
        return
    bar = min(MOST_BAR, width - beside - 2)
    bar = bar if bar >= LEAST_BAR else 0
    most = max(max(each[None].count, each[None].share) for _, each in loads)
    yield _text(" " * (name + 2 + (bar + 2 if bar else 0)) + _row(columns, widths))
    for (person, each), row in zip(loads, figures, strict=True):
        line = _text(f"{person:<{name}}  ")
        if bar:
            line.append_text(_bar(each[None], most, bar, plain=plain)).append("  ")
        yield line.append(_row(row, widths))


def _figures(loads: dict[str | None, Load], roles: Sequence[str]) -> list[str]:
    together = loads[None]
    shares = [f"{loads[role].count}/{loads[role].share:.2f}" for role in roles]
    return [str(together.count), f"{together.share:.2f}", f"{together.count - together.share:+.2f}", *shares]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True))


def _stacked(loads: Loads, columns: Sequence[str], figures: Sequence[Sequence[str]], width: int) -> Iterator[Text]:
    """Yield each engineer's numbers on as many lines as they need."""
    for (person, _), row in zip(loads, figures, strict=True):
        line = person
        for label, figure in zip(columns, row, strict=True):
            part = f"{label} {figure}"
            if len(line) + 2 + len(part) > width:
                yield _text(line)
                line = " "
            line += f"  {part}"
        yield _text(line)


def _bar(load: Load, most: float, cells: int, *, plain: bool) -> Text:
    full, empty, mark = ("#", ".", "|") if plain else ("█", "░", "┃")
    scale = (cells - 1) / most if most > 0 else 0.0
    filled, share_at = round(load.count * scale), max(0, round(load.share * scale))
    off = abs(load.count - load.share)
    drawn = [full if cell < filled else empty for cell in range(cells)]
    drawn[share_at] = mark
    return _text("".join(drawn), "green" if off <= 1 else "yellow" if off <= 2 else "red")


def calendar_lines(calendar: HeatMap, *, width: int, plain: bool = False) -> Iterator[Text]:
    """Yield a line for each engineer with a cell for each week: the number of days on duty, or `-` if away.

    width: in columns. plain: use ASCII only.
    """
    name = max(len(row.engineer) for row in calendar.rows)
    each = max(4, width - name - 2)
    yield _text("days on duty in each week" + _legend(calendar))
    yield _text(f"weeks of {calendar.weeks[0]} to {calendar.weeks[-1]}")
    for begin in range(0, len(calendar.weeks), each):
        weeks = calendar.weeks[begin : begin + each]
        yield _text(f"{'':<{name}}  {_months(weeks, each)}".rstrip())
        for row in calendar.rows:
            line = _text(f"{row.engineer:<{name}}  ")
            for monday in weeks:
                line.append(*_cell(calendar, row, monday, plain))
            yield line
        if begin + each < len(calendar.weeks):
            yield _text("")


def _legend(calendar: HeatMap) -> str:
    """Return the legend of those signs that the chart has."""
    cells = [_cell(calendar, row, monday, plain=True)[0] for row in calendar.rows for monday in calendar.weeks]
    return ("; - away" if "-" in cells else "") + ("; s shadow" if "s" in cells else "")


def _cell(calendar: HeatMap, row: Row, monday: date, plain: bool) -> tuple[str, str]:
    days = calendar.days_on_duty(row, monday)
    if days:
        return str(min(days, 9)), "" if plain else _SHADES[min(days, len(_SHADES)) - 1]
    if calendar.shadows(row, monday):
        return "s", "dim"
    if calendar.is_away(row, monday):
        return "-", "dim"
    return "." if plain else "·", "dim"


def _months(weeks: Sequence[date], room: int) -> str:
    """Return a line with the names of the months, each above the first week that ends in the month.

    A name without enough room is left out. If a month has too few weeks for its name, the next month may use the room.
    """
    ends = [monday + timedelta(days=6) for monday in weeks]
    begins = [n for n, sunday in enumerate(ends) if n == 0 or sunday.day <= 7]
    lengths = [end - begin for begin, end in pairwise([*begins, len(weeks)])]
    line = ""
    for number, length, following in zip(begins, lengths, [*lengths[1:], 0], strict=True):
        gives_way = length <= len(_MONTHS[0]) and length < following
        has_room = (not line or len(line) < number) and number <= max(0, room - len(_MONTHS[0]))
        if has_room and not gives_way:
            line = line.ljust(number) + _MONTHS[ends[number].month - 1]
    return line


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style, no_wrap=True, end="\n")
