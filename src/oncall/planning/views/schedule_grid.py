"""The schedule as a table of people by days, for the board. It is computed from the published schedule alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.planning.views.shift_view import shift_path
from oncall.rosters.roster import Absence, Roster
from oncall.schedule.gaps import gaps_between
from oncall.schedule.schedule import Schedule
from oncall.schedule.timeline import Assignment
from oncall.support.calendar import SupportCalendar, first_instant
from oncall.support.windows import Window

CHANGE_SIGNS = {"": "", "override": "◇", "swap": "⇄", "cover": "△", "away": "▷"}
"""The sign of a shift that a change gave to its engineer, by the kind of the change."""
ABSENCE_SIGNS = {"leave": "L", "away": "A", "weekly": "–", "holiday": "h"}
"""The sign of a day off, by its kind: long leave, days off, a weekly day off, or the person's own holiday."""
_NOON = time(12)


@dataclass(frozen=True, slots=True)
class GridDay:
    """One column of the table. holiday: the holiday's name; empty on other days."""

    day: date
    is_weekend: bool
    holiday: str


@dataclass(slots=True)
class GridCell:
    """One engineer on one day. absence: the CSS class of a day off, or empty. signs: one for each shift of the day.

    paths: for each shift the path of its web page; empty for a gap.
    """

    absence: str = ""
    signs: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row: an engineer, or the gaps of the schedule (then `id` is empty).

    Days without shift or absence have no cell.
    """

    id: str
    name: str
    cells: dict[date, GridCell]


@dataclass(frozen=True, slots=True)
class GridDuty:
    """A shift or a gap of one day in words. name: the engineer's. A gap has neither name nor path."""

    name: str
    sign: str
    classes: str
    words: str
    path: str


@dataclass(frozen=True, slots=True)
class GridNight:
    """One day of the list for narrow windows. duties: in the order of the table's rows."""

    day: GridDay
    duties: list[GridDuty]


@dataclass(frozen=True, slots=True)
class ScheduleGrid:
    """The table.

    nights: the same shifts as a list by day, for narrow browser windows; days without shifts are left out.
    """

    days: list[GridDay]
    rows: list[GridRow]
    nights: list[GridNight]

    def nights_from(self, today: date) -> list[GridNight]:
        """Return the days of the list from `today` on; all days if the table ends before today."""
        return [night for night in self.nights if night.day.day >= today] or self.nights


def schedule_grid(
    schedule: Schedule, roster: Roster | None, first: date, weeks: int, person: str | None = None
) -> ScheduleGrid:
    """Return the table of some weeks. roster: the roster in force, for days off; None to show none.

    A shift is shown on each date (in the policy's zone) on which it includes some time between noon and midnight, or,
    if there is none, on its start date. person: only this engineer's row, and no gaps; None for everyone.
    """
    zone = schedule.calendar.zone
    days = [first + timedelta(days=number) for number in range(7 * weeks)]
    start, end = (first_instant(zone, datetime.combine(day, time())) for day in (first, days[-1] + timedelta(days=1)))
    rows = {each: GridRow(each, name, {}) for each, name in _people(schedule, roster) if person in (None, each)}
    for assignment in schedule.assignments(start, end):
        if person in (None, assignment.engineer):
            row = rows.setdefault(assignment.engineer, GridRow(assignment.engineer, _name(assignment, schedule), {}))
            _put(assignment, row, zone, first, days[-1])
    for engineer in roster.engineers if roster is not None else ():
        if engineer.id in rows:
            _put_absences(engineer.absences, rows[engineer.id], days)
    found = list(rows.values())
    gaps = GridRow("", "NOBODY", {})
    for gap in gaps_between(schedule, start, end) if person is None else ():
        for day in _dates(gap.window, zone, first, days[-1]):
            _add(gaps.cells.setdefault(day, GridCell()), "!", "gap", f"nobody is {gap.role}")
    found += [gaps] if gaps.cells else []
    columns = [_column(day, schedule.calendar) for day in days]
    return ScheduleGrid(columns, found, _nights(columns, found))


def _nights(columns: Iterable[GridDay], rows: Iterable[GridRow]) -> list[GridNight]:
    """Return the list by day: the shifts and gaps of each day that has any."""
    duties: dict[date, list[GridDuty]] = {}
    for row in rows:
        for day, cell in row.cells.items():
            parts = zip(cell.signs, cell.classes, cell.words, cell.paths, strict=True)
            duties.setdefault(day, []).extend(GridDuty(row.name if row.id else "", *part) for part in parts)
    return [GridNight(column, duties[column.day]) for column in columns if duties.get(column.day)]


def _people(schedule: Schedule, roster: Roster | None) -> Iterator[tuple[str, str]]:
    if roster is not None:
        yield from ((engineer.id, engineer.name) for engineer in roster.engineers)
    elif schedule.latest is not None:
        yield from ((each.id, each.name) for each in schedule.latest.people.values())


def _name(assignment: Assignment, schedule: Schedule) -> str:
    person = schedule.people.get(assignment.engineer)
    return person.name if person is not None else assignment.engineer


def _put(assignment: Assignment, row: GridRow, zone: ZoneInfo, first: date, last: date) -> None:
    override = assignment.override
    kind = override.kind if override is not None else ""
    sign = assignment.role[:1].upper() + CHANGE_SIGNS.get(kind, CHANGE_SIGNS["override"])
    words = f"{assignment.role}, {assignment.kind}"
    if override is not None:
        words += f", {kind}: {override.reason}"
    classes = " ".join(filter(None, ("duty", "first" if assignment.role == "primary" else "other", kind and "changed")))
    path = shift_path(assignment.window.start, assignment.role)
    for day in _dates(assignment.window, zone, first, last):
        _add(row.cells.setdefault(day, GridCell()), sign, classes, words, path)


def _add(cell: GridCell, sign: str, classes: str, words: str, path: str = "") -> None:
    if words not in cell.words:
        cell.signs.append(sign)
        cell.classes.append(classes)
        cell.words.append(words)
        cell.paths.append(path)


def _put_absences(absences: Iterable[Absence], row: GridRow, days: list[date]) -> None:
    for absence in absences:
        kind = _class_of(absence)
        for day in days:
            if day in absence:
                cell = row.cells.setdefault(day, GridCell())
                cell.absence = cell.absence or kind


def _class_of(absence: Absence) -> str:
    if absence.leave:
        return "leave"
    if absence.holidays is not None:
        return "holiday"
    return "weekly" if absence.weekday is not None else "away"


def _dates(window: Window, zone: ZoneInfo, first: date, last: date) -> list[date]:
    """Return the dates between `first` and `last` on which a shift or gap is shown; see `schedule_grid`."""
    starts = window.start.astimezone(zone)
    ends = (window.end - timedelta(microseconds=1)).astimezone(zone)
    begin = starts.date()
    finish = ends.date() if ends.time() >= _NOON else ends.date() - timedelta(days=1)
    found = [begin + timedelta(days=number) for number in range((finish - begin).days + 1)] or [begin]
    return [day for day in found if first <= day <= last]


def _column(day: date, calendar: SupportCalendar) -> GridDay:
    return GridDay(day, day.weekday() >= 5, _holiday(day, calendar))


def _holiday(day: date, calendar: SupportCalendar) -> str:
    """Return the name of the holiday on a day; `holiday` if it has no name; empty if the day is no holiday."""
    if day not in calendar.holidays:
        return ""
    own = calendar.holidays.days
    names = [feast.name for feast in own.feasts_on(day)] if own is not None else []
    return ", ".join(names) or "holiday"


def monday_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the Monday of the week of an instant (aware UTC), in local time of the zone."""
    day = at.astimezone(UTC).astimezone(zone).date()
    return day - timedelta(days=day.weekday())
