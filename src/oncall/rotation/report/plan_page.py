"""Writes a plan as one HTML page that loads nothing else: no scripts, no other addresses. All text is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, TypedDict
from zoneinfo import ZoneInfo

from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.problem.fairness import ALL_KINDS, KindLoads, fairness_of_plan, loads_by_kind, shifts_of_plan
from oncall.rotation.problem.share_notes import share_notes
from oncall.rotation.report.heatmap import HeatMap, Row, days_of, heat_map_of
from oncall.schedule.plan import Fairness, Load, Plan

if TYPE_CHECKING:
    from jinja2 import Environment, Template

ROLE_COLOURS = ("#23568f", "#7fb0de", "#7a5195", "#c58bd6", "#4d8f86")
SHADOW_COLOUR, AWAY = "#c9d6bf", "#d9dde2"
WIDTH, LINE = 1030, 20
WEEKS_IN_A_ROW = 27
"""The most weeks in one chart: a quarter has wide cells, half a year narrow ones, and a year needs two charts."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; its position and size are in pixels from the top left.

    title: text that the browser shows on hovering. colour: empty to use the colour of the page's style.
    """

    x: float
    y: float
    width: float
    height: float
    colour: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A text and its position, in pixels from the top left. anchor: the SVG attribute `text-anchor`."""

    x: float
    y: float
    text: str
    anchor: str = ""
    faint: bool = False


@dataclass(frozen=True, slots=True)
class VerticalLine:
    """A vertical line and its position, in pixels from the top left."""

    x: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart, with its size in pixels. bands: rectangles behind everything else. marks: vertical lines.

    words: the chart in words, for screen readers.
    """

    width: float
    height: float
    cells: tuple[Box, ...]
    labels: tuple[Label, ...]
    bands: tuple[Box, ...] = ()
    marks: tuple[VerticalLine, ...] = ()
    title: str = ""
    words: str = ""


class ShiftRow(TypedDict):
    """A row of the HTML page's table of shifts. people: names in the order of the columns."""

    start: str
    end: str
    kind: str
    people: list[str]


def plan_page(plan: Plan, roster: Roster) -> str:
    """Return an HTML page that shows a plan. The plan must have at least one shift.

    roster: the roster of the plan.
    """
    measured = fairness_of_plan(plan, roster)
    calendar = heat_map_of(plan, roster)
    zone = roster.policy.zone
    days = sorted(day for day in calendar.staffed)
    columns = [*roster.rules.roles, *([SHADOW] if any(seat.role == SHADOW for seat in plan.seats) else [])]
    colours = _colours(roster)
    content: str = _template().render(
        team=roster.team,
        first=_day(plan.first_day or days[0]),
        last=_day(plan.last_day or days[-1]),
        zone=zone.key,
        roles=roster.rules.roles,
        columns=columns,
        people=len(roster.engineers),
        cost=measured.cost,
        notes=plan.notes,
        unmet=plan.unmet,
        share_notes=share_notes(plan, roster),
        legend=[(role, colours[role]) for role in columns],
        away=AWAY,
        calendars=list(_calendars(calendar, colours)),
        bars=list(_bars(measured, roster)),
        shifts=list(_shifts(plan, roster, columns, zone)),
        **_proof(plan, measured),
    )
    return content


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment: Environment = Environment(
        loader=PackageLoader("oncall.rotation.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("plan.html.j2")


def _proof(plan: Plan, measured: Fairness) -> dict[str, str]:
    if plan.fairness is None or plan.fairness.cost != measured.cost:
        return {"proof": "-", "proof_words": "no proof is known", "proof_sentence": ""}
    bound = plan.fairness.bound
    if bound == measured.cost:
        sentence = "Proven: no plan that keeps the rules costs less."
        return {"proof": "optimal", "proof_words": "no plan that keeps the rules is fairer", "proof_sentence": sentence}
    sentence = f"No plan that keeps the rules can cost less than {bound}."
    return {"proof": f"\u2265 {bound}", "proof_words": "no plan costs less", "proof_sentence": sentence}


def _colours(roster: Roster) -> dict[str, str]:
    colours = {role: ROLE_COLOURS[number % len(ROLE_COLOURS)] for number, role in enumerate(roster.rules.roles)}
    return {**colours, SHADOW: SHADOW_COLOUR}


def _day(day: date) -> str:
    return f"{day:%a} {day}"


def _shifts(plan: Plan, roster: Roster, columns: Sequence[str], zone: ZoneInfo) -> Iterator[ShiftRow]:
    names = {engineer.id: engineer.name for engineer in roster.engineers}
    seats = {(seat.window, seat.role): names.get(seat.engineer, seat.engineer) for seat in plan.seats}
    for shift in shifts_of_plan(plan, roster):
        yield {
            "start": _time(shift.window.start, zone),
            "end": _time(shift.window.end, zone),
            "kind": roster.policy.title(shift.kind),
            "people": [seats.get((shift.window, role), "") for role in columns],
        }


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}"


def _gutter(names: Sequence[str]) -> float:
    """Return the width in pixels for the names on the left, at about 6.2 pixels a letter."""
    return min(240.0, 14 + 6.2 * max(len(name) for name in names))


def _calendars(calendar: HeatMap, colours: dict[str, str]) -> Iterator[Chart]:
    rows = -(-len(calendar.weeks) // WEEKS_IN_A_ROW)
    each = -(-len(calendar.weeks) // rows)
    for begin in range(0, len(calendar.weeks), each):
        yield _calendar(calendar, calendar.weeks[begin : begin + each], each, colours)


def _calendar(calendar: HeatMap, weeks: Sequence[date], most: int, colours: dict[str, str]) -> Chart:
    left, top = _gutter([row.name for row in calendar.rows]), 34
    cell = min(22.0, (WIDTH - left) / (7 * most))
    height = top + LINE * len(calendar.rows)
    bands = []
    cells: list[Box] = []
    labels = [Label(left - 8, top + LINE * n + 14, row.name, "end") for n, row in enumerate(calendar.rows)]
    month_until = 0.0
    for number, monday in enumerate(weeks):
        x = left + 7 * cell * number
        bands.append(Box(_px(x + 5 * cell), top - 4, _px(2 * cell), height - top + 4, ""))
        if 7 * cell >= 16:
            labels.append(Label(_px(x), top - 8, str(monday.day), faint=True))
        if (number == 0 or monday.day <= 7) and x >= month_until:
            labels.append(Label(_px(x), 11, f"{monday:%b %Y}"))
            month_until = x + 58
        for line, row in enumerate(calendar.rows):
            cells += _week(row, monday, (x, top + LINE * line + 2), cell, colours, calendar.staffed)
    span = f"{weeks[0]} to {days_of(weeks[-1])[-1]}"
    return Chart(
        _px(left + 7 * cell * len(weeks)),
        height,
        tuple(cells),
        tuple(labels),
        tuple(bands),
        title=f"Who is on duty on which day, {span}",
        words="A row for each engineer, a column for each day, coloured by role; the table of shifts has the same.",
    )


def _week(
    row: Row, monday: date, at: tuple[float, float], cell: float, colours: dict[str, str], staffed: frozenset[date]
) -> Iterator[Box]:
    for number, day in enumerate(days_of(monday)):
        place = (_px(at[0] + number * cell), at[1], _px(max(1.0, cell - (1 if cell > 5 else 0.4))), LINE - 4)
        duties = row.duties.get(day, ())
        if duties:
            what = ", ".join(f"{duty.role}, {duty.kind}" for duty in duties)
            yield Box(*place, colours.get(duties[0].role, ROLE_COLOURS[0]), f"{row.name}: {_day(day)}, {what}")
        elif day in row.away and day in staffed:
            yield Box(*place, AWAY, f"{row.name}: {_day(day)}, away")


def _px(number: float) -> float:
    return round(number, 2)


def _bars(measured: Fairness, roster: Roster) -> Iterator[Chart]:
    for of_kind in loads_by_kind(measured):
        yield _bar_chart(of_kind, roster)


def _bar_chart(of_kind: KindLoads, roster: Roster) -> Chart:
    kind, loads = of_kind
    names = {engineer.id: engineer.name for engineer in roster.engineers}
    name = kind if kind == ALL_KINDS else roster.policy.title(kind)
    left, top = _gutter(list(names.values())), 30
    roles = roster.rules.roles if len(roster.rules.roles) > 1 else ()
    right = 150 + 92 * len(roles)
    room = WIDTH - left - right
    most = max(max(each[None].count, each[None].share) for _, each in loads) or 1
    cells, marks = [], []
    heads = ["load", "share", "off", *roles]
    edges = [WIDTH - right + 50 * (n + 1) if n < 3 else WIDTH - right + 150 + 92 * (n - 2) for n in range(len(heads))]
    labels = [Label(x, top - 6, head, "end", faint=True) for x, head in zip(edges, heads, strict=True)]
    for line, (engineer, each) in enumerate(loads):
        y = top + LINE * line
        labels.append(Label(left - 8, y + 14, names[engineer], "end"))
        together = each[None]
        title = f"{names[engineer]}: {together.count} {name} shifts, share {together.share:.2f}"
        cells.append(Box(left, y + 4, _px(room * together.count / most), LINE - 8, _shade(together), title))
        marks.append(VerticalLine(_px(left + room * max(0.0, together.share) / most), y + 1, y + LINE - 1))
        labels += [Label(x, y + 14, text, "end") for x, text in zip(edges, _figures(each, roles), strict=True)]
    total = sum(each[None].count for _, each in loads) // len(roster.rules.roles)
    note = ", roles as load / share" if roles else ""
    height = top + LINE * len(loads)
    words = "; ".join(f"{names[who]} has {each[None].count}, share {each[None].share:.2f}" for who, each in loads)
    title = f"{name}: {total} shift{'' if total == 1 else 's'}{note}"
    return Chart(WIDTH, height, tuple(cells), tuple(labels), marks=tuple(marks), title=title, words=words)


def _figures(loads: dict[str | None, Load], roles: Sequence[str]) -> list[str]:
    together = loads[None]
    each = [f"{loads[role].count} / {loads[role].share:.2f}" for role in roles]
    return [str(together.count), f"{together.share:.2f}", f"{together.count - together.share:+.2f}", *each]


def _shade(load: Load) -> str:
    off = abs(load.count - load.share)
    return "#3f8f5b" if off <= 1 else "#d59a2a" if off <= 2 else "#c0392b"
