"""The units of some ordinary weeks: the turns, or else the single shifts, that a roster has in weeks without holidays.

`check` counts on them what the rules allow, before there is a plan with dates.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from oncall.rosters.roster import Roster, RotationRules
from oncall.schedule.plan import Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import SupportCalendar
from oncall.support.windows import Window

_MONDAY = date(2029, 1, 1)
"""The first Monday on which the examined weeks may begin. Any year with today's time zones will do."""
_BEGINS = 52
"""On how many Mondays the examined weeks may begin."""
_MOST_WEEKS = 9
"""The most weeks in which single shifts are examined."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A turn or a single shift: one engineer has it as a whole. shifts: in time order."""

    shifts: tuple[Shift, ...]

    @property
    def span(self) -> Shift:
        """Return the whole unit as one shift, from its start to its end."""
        first, last = self.shifts[0], self.shifts[-1]
        return replace(first, window=Window(first.window.start, last.window.end), end_night=last.end_night)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of its shifts."""
        return tuple(dict.fromkeys(shift.kind for shift in self.shifts))

    @property
    def weekends(self) -> tuple[date, ...]:
        """Return the Monday of each week in which the unit has a weekend shift."""
        return tuple(dict.fromkeys(monday_of(shift) for shift in self.shifts if shift.is_weekend))


def ordinary_units(roster: Roster) -> list[Unit]:
    """Return the units of ordinary weeks, in order of start: enough of them for every rule of rest to show.

    The turns at both ends are left out, because the examined weeks may cut them.
    """
    rules, policy = roster.rules, roster.policy
    first, weeks = _first_monday(roster), _weeks(rules)
    calendar = SupportCalendar(policy.zone, policy.spans)
    last = first + timedelta(days=7 * weeks - 1)
    shifts = shifts_between(calendar, first_day=first, last_day=last, rules=rules)
    if not rules.turn_weeks:
        return [Unit((shift,)) for shift in shifts]
    turns: dict[int, list[Shift]] = defaultdict(list)
    for shift in shifts:
        assert shift.turn is not None
        turns[shift.turn].append(shift)
    groups = max(1, len(rules.turn_groups))
    spans = [turn // groups for turn in turns]
    return [Unit(tuple(own)) for turn, own in turns.items() if min(spans) < turn // groups < max(spans)]


def _first_monday(roster: Roster) -> date:
    """Return a Monday after which no clock of the roster changes in the examined weeks, if the year has one.

    A change of the clocks makes a shift or the rest after it an hour longer or shorter than in ordinary weeks.
    """
    weeks, zones = _weeks(roster.rules), (roster.zone, roster.policy.zone)
    mondays = [_MONDAY + timedelta(weeks=number) for number in range(_BEGINS + weeks)]
    noons = [datetime.combine(monday, time(12)) for monday in mondays]
    offsets = [tuple(noon.replace(tzinfo=zone).utcoffset() for zone in zones) for noon in noons]
    steady = (place for place in range(_BEGINS) if len(set(offsets[place : place + weeks + 1])) == 1)
    return mondays[next(steady, 0)]


def _weeks(rules: RotationRules) -> int:
    rest = max(rules.rest_nights, -(-rules.min_rest_hours // 24))
    if not rules.turn_weeks:
        return min(_MOST_WEEKS, max(3, rules.weekends_apart + 1, (rest + 13) // 7))
    reach = max(rules.weekends_apart, -(-rest // 7)) + 1
    # A turn at each end is left out, and between them are as many turns as can exclude each other.
    return rules.turn_weeks * (reach // rules.turn_weeks + 5)


def monday_of(shift: Shift) -> date:
    """Return the Monday of the week in which a shift starts."""
    return shift.day - timedelta(days=shift.day.weekday())
