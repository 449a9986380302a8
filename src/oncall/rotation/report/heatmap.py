"""A plan as a calendar of engineers by days. Every chart is drawn from it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta

from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Engineer, Roster
from oncall.rosters.time_off import DaysOffRule, days_off_rule
from oncall.rotation.problem.eligibility import can_take, duty_days
from oncall.rotation.problem.fairness import shifts_of_plan
from oncall.schedule.plan import Plan, Shift
from oncall.support.windows import WindowKind


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """An engineer's role on one shift, for one of the shift's days."""

    role: str
    kind: WindowKind


@dataclass(frozen=True, slots=True)
class Row:
    """One engineer's row in the calendar. duties: by date. away: dates on which the engineer can take no shift."""

    engineer: str
    name: str
    duties: dict[date, tuple[CalendarCell, ...]]
    away: frozenset[date]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The weeks of a plan (as Mondays) and a row for each engineer, in roster order. roles: without shadows."""

    weeks: tuple[date, ...]
    rows: tuple[Row, ...]
    roles: tuple[str, ...]

    def days_on_duty(self, row: Row, monday: date) -> int:
        """Return on how many days of a week an engineer is on duty. Days as a shadow do not count."""
        return sum(1 for day in days_of(monday) for duty in row.duties.get(day, ()) if duty.role in self.roles)

    def shadows(self, row: Row, monday: date) -> bool:
        """Return True if the engineer has duties in the week, and all of them are as a shadow."""
        duties = [duty for day in days_of(monday) for duty in row.duties.get(day, ())]
        return bool(duties) and all(duty.role not in self.roles for duty in duties)

    def is_away(self, row: Row, monday: date) -> bool:
        """Return True if the engineer can take no shift in the week."""
        staffed = [day for day in days_of(monday) if day in self.staffed]
        return bool(staffed) and all(day in row.away for day in staffed)

    @property
    def staffed(self) -> frozenset[date]:
        """Return the dates on which some engineer is on duty."""
        return frozenset(day for row in self.rows for day in row.duties)


def days_of(monday: date) -> list[date]:
    """Return the seven dates of the week that begins on `monday`."""
    return [monday + timedelta(days=number) for number in range(7)]


def heat_map_of(plan: Plan, roster: Roster) -> HeatMap:
    """Return the calendar of a plan. The plan must have at least one shift."""
    roster = relaxed(roster, plan.relaxed)
    shifts = shifts_of_plan(plan, roster)
    duties: dict[str, dict[date, list[CalendarCell]]] = defaultdict(lambda: defaultdict(list))
    shift_of = {shift.window: shift for shift in shifts}
    for seat in plan.seats:
        for day in duty_days(shift_of[seat.window]):
            duties[seat.engineer][day].append(CalendarCell(seat.role, seat.kind))
    first, last = (shifts[0].day, duty_days(shifts[-1])[-1])
    monday = first - timedelta(days=first.weekday())
    weeks = tuple(monday + timedelta(weeks=number) for number in range((last - monday).days // 7 + 1))
    rule = days_off_rule(roster)
    rows = tuple(_row(engineer, duties[engineer.id], shifts, rule) for engineer in roster.engineers)
    return HeatMap(weeks, rows, roster.rules.roles)


def _row(
    engineer: Engineer, duties: dict[date, list[CalendarCell]], shifts: tuple[Shift, ...], rule: DaysOffRule
) -> Row:
    # A date is not marked as away only because the engineer does not take its kind of shift.
    any_kind = replace(engineer, kinds=None)
    away = {day for shift in shifts if not can_take(any_kind, shift, rule) for day in duty_days(shift)}
    open_days = {day for shift in shifts if can_take(any_kind, shift, rule) for day in duty_days(shift)}
    held = {day: tuple(each) for day, each in duties.items()}
    return Row(engineer.id, engineer.name, held, frozenset(away - open_days))
