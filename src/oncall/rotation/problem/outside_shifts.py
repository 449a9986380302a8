"""Outside shifts (before or after a plan, or on other teams), and the shifts of the plan that they forbid."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from oncall.rosters.relaxation import MINIMUM_RULES
from oncall.rosters.roster import Roster
from oncall.rotation.problem.eligibility import Obstacle, ObstacleKind, duty_days, weekend_number
from oncall.schedule.plan import Seat, Shift
from oncall.support.holidays import CompanyDays, Feast

Period = tuple[int, int]
"""A year, and the number of an ISO week or a calendar month in it."""
PeriodOf = Callable[[Shift], Period]
"""Returns the week or the month in which a shift starts."""


def week_of(shift: Shift) -> Period:
    """Return the ISO year and week in which a shift starts."""
    return shift.day.isocalendar()[:2]


def month_of(shift: Shift) -> Period:
    """Return the year and the month in which a shift starts."""
    return shift.day.year, shift.day.month


class _HolidayShift(NamedTuple):
    """An outside shift on a holiday, and the year to which that holiday belongs."""

    shift: Shift
    year: int


class OutsideShifts:
    """The shifts that engineers have outside a plan. Finds the shifts of the plan that these forbid.

    by_engineer: outside shifts by engineer id, each in time order. other_teams: those of their seats that are in other
    teams' plans.
    """

    def __init__(self, roster: Roster, by_engineer: Mapping[str, Sequence[Shift]], other_teams: Sequence[Seat]) -> None:
        self._company_days = roster.holidays
        self._rules = roster.rules
        self._by_engineer = by_engineer
        self._teams = {(seat.engineer, seat.window): seat.team for seat in other_teams}
        self._first_nights = {who: [shift.first_night for shift in own] for who, own in by_engineer.items()}
        # No rule of weeks, months, weekends or rest connects shifts that are more nights apart.
        self._reach = max(
            31,
            7 * self._rules.weekends_apart + 7,
            self._rules.rest_nights + 8,
            self._rules.min_rest_hours // 24 + 9,
        )
        self._on_holidays = {who: self._holiday_shifts(own) for who, own in by_engineer.items()}

    def of(self, engineer: str) -> Sequence[Shift]:
        """Return an engineer's outside shifts in time order."""
        return self._by_engineer.get(engineer, ())

    def count_in(self, engineer: str, period_of: PeriodOf, period: Period) -> int:
        """Return how many outside shifts of an engineer start in one week or month."""
        return sum(1 for shift in self.of(engineer) if period_of(shift) == period)

    def obstacle(self, engineer: str, shift: Shift, holidays: Sequence[Feast]) -> Obstacle | None:
        """Return the first rule by which an outside shift forbids the engineer this shift; None if none does.

        holidays: the holidays on the days of the shift, if `holidays_apart` is on.
        """
        if engineer not in self._by_engineer:
            return None
        return next(self._obstacles(engineer, shift, holidays), None)

    def _obstacles(self, engineer: str, shift: Shift, holidays: Sequence[Feast]) -> Iterator[Obstacle]:
        near = self._near(engineer, shift)
        yield from self._too_close(engineer, shift, near)
        yield from self._too_many(engineer, shift, near)
        yield from self._same_holiday(engineer, holidays)

    def _near(self, engineer: str, shift: Shift) -> Sequence[Shift]:
        nights = self._first_nights[engineer]
        first = bisect_left(nights, shift.first_night - self._reach)
        return self._by_engineer[engineer][first : bisect_right(nights, shift.end_night + self._reach)]

    def _too_close(self, engineer: str, shift: Shift, near: Sequence[Shift]) -> Iterator[Obstacle]:
        for other in near:
            if not self._leaves_rest(engineer, other, shift):
                yield self._obstacle(ObstacleKind.REST, engineer, other, f"rest_nights {self._rules.rest_nights}")
            if not self._leaves_hours(engineer, other, shift):
                yield self._obstacle(
                    ObstacleKind.REST_HOURS, engineer, other, f"min_rest_hours {self._rules.min_rest_hours}"
                )
            if not self._leaves_weekends(engineer, other, shift):
                text = f"weekends_apart {self._rules.weekends_apart}"
                yield self._obstacle(ObstacleKind.WEEKENDS, engineer, other, text)

    def _too_many(self, engineer: str, shift: Shift, near: Sequence[Shift]) -> Iterator[Obstacle]:
        for kind, most, period_of in (
            (ObstacleKind.WEEK, self._rules.max_shifts_per_week, week_of),
            (ObstacleKind.MONTH, self._rules.max_shifts_per_month, month_of),
        ):
            if most is None:
                continue
            same_period = [other for other in near if period_of(other) == period_of(shift)]
            if len(same_period) >= max([most, *self._relaxed_values(kind, engineer, shift)]):
                yield self._obstacle(kind, engineer, same_period[0], f"{kind} {most}")

    def _same_holiday(self, engineer: str, holidays: Sequence[Feast]) -> Iterator[Obstacle]:
        for holiday in holidays:
            for other, year in self._on_holidays[engineer].get(holiday.name, ()):
                if 0 < abs(year - holiday.year) < self._rules.holidays_apart:
                    text = f"holidays_apart {self._rules.holidays_apart} ({holiday.name})"
                    yield self._obstacle(ObstacleKind.HOLIDAYS, engineer, other, text)

    def _leaves_rest(self, engineer: str, other: Shift, shift: Shift) -> bool:
        if self._is_same_turn(engineer, other, shift):
            return True
        earlier, later = sorted((other, shift), key=lambda each: each.window.start)
        if later.window.start < earlier.window.end:
            return False
        rest = self._least("rest_nights", self._rules.rest_nights, engineer, other, shift)
        return later.first_night - earlier.end_night >= rest

    def _leaves_hours(self, engineer: str, other: Shift, shift: Shift) -> bool:
        """Return True if the rest hours between the two shifts are enough."""
        earlier, later = sorted((other, shift), key=lambda each: each.window.start)
        if self._is_same_turn(engineer, other, shift) or later.window.start < earlier.window.end:
            return True
        hours = self._least("min_rest_hours", self._rules.min_rest_hours, engineer, other, shift)
        return later.window.start - earlier.window.end >= timedelta(hours=hours)

    def _is_same_turn(self, engineer: str, other: Shift, shift: Shift) -> bool:
        """Return True if the outside shift is this team's and in the same turn as the shift."""
        is_ours = (engineer, other.window) not in self._teams
        return is_ours and other.turn is not None and other.turn == shift.turn

    def _leaves_weekends(self, engineer: str, other: Shift, shift: Shift) -> bool:
        if not (other.is_weekend and shift.is_weekend):
            return True
        if self._is_same_turn(engineer, other, shift):
            return True
        between = abs(weekend_number(other) - weekend_number(shift))
        apart = self._least("weekends_apart", self._rules.weekends_apart, engineer, other, shift)
        return between == 0 or between >= apart

    def _least(self, rule: str, number: int, engineer: str, *shifts: Shift) -> int:
        """Return the smallest number that applies to these shifts: the rule's own, or that of a relaxation."""
        assert rule in MINIMUM_RULES
        return min([number, *self._relaxed_values(rule, engineer, *shifts)])

    def _relaxed_values(self, rule: str, engineer: str, *shifts: Shift) -> Iterator[int]:
        """Yield the numbers to which relaxations set a rule for any of these shifts."""
        for each in self._rules.relaxed:
            touched = any(each.touches(shift.day, engineer) for shift in shifts)
            if each.rule == rule and each.value is not None and touched:
                yield each.value

    def _holiday_shifts(self, shifts: Sequence[Shift]) -> Mapping[str, Sequence[_HolidayShift]]:
        """Return the shifts on holidays, by the name of the holiday; empty if `holidays_apart` is off."""
        found: dict[str, list[_HolidayShift]] = {}
        for shift in shifts if self._rules.holidays_apart > 1 else ():
            for holiday in holidays_of(self._company_days, shift):
                found.setdefault(holiday.name, []).append(_HolidayShift(shift, holiday.year))
        return found

    def _obstacle(self, kind: ObstacleKind, engineer: str, other: Shift, rule: str) -> Obstacle:
        team = self._teams.get((engineer, other.window))
        where = "outside this plan" if team is None else f"on team {team}" if team else "on another team"
        sentence = f"{engineer} is on {other.day:%a} {other.day} ({other.kind}) {where}, and the rule is {rule}"
        return Obstacle(kind if team is None else ObstacleKind.BUSY, engineer, sentence)


def holidays_of(days: CompanyDays | None, shift: Shift) -> tuple[Feast, ...]:
    """Return the holidays on the days of a shift; none if `days` is None."""
    if days is None:
        return ()
    return tuple(dict.fromkeys(holiday for day in duty_days(shift) for holiday in days.feasts_on(day)))
