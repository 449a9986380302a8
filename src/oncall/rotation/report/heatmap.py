"""Who is on duty on which day: a plan as a calendar of people by days, for drawings of every kind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Engineer, Roster
from oncall.rotation.problem.eligibility import can_take, duty_days
from oncall.rotation.problem.fairness import shifts_of_plan
from oncall.schedule.plan import Plan, Shift
from oncall.support.windows import WindowKind


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """One person's role of one shift, on one of its days."""

    role: str
    kind: WindowKind


@dataclass(frozen=True, slots=True)
class Row:
    """One person. duties: by date; away: dates that are shifts' days and on which the person can take none."""

    engineer: str
    name: str
    duties: dict[date, tuple[CalendarCell, ...]]
    away: frozenset[date]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A plan's weeks, by their Mondays, and its people in the order of the roster. roles: those that share the load."""

    weeks: tuple[date, ...]
    rows: tuple[Row, ...]
    roles: tuple[str, ...]

    def nights(self, row: Row, monday: date) -> int:
        """How many days of duty a person has in a week; coming along as a shadow is none."""
        return sum(1 for day in days_of(monday) for duty in row.duties.get(day, ()) if duty.role in self.roles)

    def shadows(self, row: Row, monday: date) -> bool:
        """Whether a person only comes along in a week, to learn."""
        duties = [duty for day in days_of(monday) for duty in row.duties.get(day, ())]
        return bool(duties) and all(duty.role not in self.roles for duty in duties)

    def is_away(self, row: Row, monday: date) -> bool:
        """Whether a person can take no shift of a week at all."""
        staffed = [day for day in days_of(monday) if day in self.staffed]
        return bool(staffed) and all(day in row.away for day in staffed)

    @property
    def staffed(self) -> frozenset[date]:
        """The dates on which anybody is on duty."""
        return frozenset(day for row in self.rows for day in row.duties)


def days_of(monday: date) -> list[date]:
    """The seven dates of a week."""
    return [monday + timedelta(days=number) for number in range(7)]


def heat_map_of(plan: Plan, roster: Roster) -> HeatMap:
    """The calendar of a plan that has shifts."""
    roster = relaxed(roster, plan.relaxed)
    shifts = shifts_of_plan(plan, roster.policy.zone)
    duties: dict[str, dict[date, list[CalendarCell]]] = defaultdict(lambda: defaultdict(list))
    shift_of = {shift.window: shift for shift in shifts}
    for seat in plan.seats:
        for day in duty_days(shift_of[seat.window]):
            duties[seat.engineer][day].append(CalendarCell(seat.role, seat.kind))
    first, last = (shifts[0].day, duty_days(shifts[-1])[-1])
    monday = first - timedelta(days=first.weekday())
    weeks = tuple(monday + timedelta(weeks=number) for number in range((last - monday).days // 7 + 1))
    rows = tuple(_row(engineer, duties[engineer.id], shifts) for engineer in roster.engineers)
    return HeatMap(weeks, rows, roster.rules.roles)


def _row(engineer: Engineer, duties: dict[date, list[CalendarCell]], shifts: tuple[Shift, ...]) -> Row:
    away = {day for shift in shifts if not can_take(engineer, shift) for day in duty_days(shift)}
    open_days = {day for shift in shifts if can_take(engineer, shift) for day in duty_days(shift)}
    held = {day: tuple(each) for day, each in duties.items()}
    return Row(engineer.id, engineer.name, held, frozenset(away - open_days))
