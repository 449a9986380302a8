"""Decides whether an engineer's dates (days off, joining, leaving) allow on-call time.

The planner, the checker and overrides all use these functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Absence, DaysOff, Roster, moment_text
from oncall.support.calendar import first_instant
from oncall.support.windows import Window

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DaysOffRule:
    """How days off block shifts. zone: the time zone of the dates and times of days off, joining and leaving."""

    style: DaysOff
    zone: ZoneInfo


class HasDates(Protocol):
    """A person with dates of joining and leaving, and days off."""

    @property
    def joins(self) -> date | None:
        """Return the first day in the rotation, or None.

        If the day counts only in part, `joins_at` is the local time.
        """

    @property
    def joins_at(self) -> time | None: ...

    @property
    def leaves(self) -> date | None:
        """Return the last day in the rotation, or None.

        If the day counts only in part, `leaves_at` is the local time.
        """

    @property
    def leaves_at(self) -> time | None: ...

    @property
    def absences(self) -> tuple[Absence, ...]: ...


def joining_text(person: HasDates) -> str:
    """Return the date, or date and time, at which a person joins: `2027-03-01`, or `2027-03-01 18:00`."""
    return moment_text(person.joins, person.joins_at)


def leaving_text(person: HasDates) -> str:
    """Return the date, or date and time, at which a person leaves: `2027-06-30`, or `2027-06-30 12:00`."""
    return moment_text(person.leaves, person.leaves_at)


def days_off_rule(roster: Roster) -> DaysOffRule:
    """Return how days off block the roster's shifts.

    The dates are in the roster's zone, for `evenings` in the policy's.
    """
    style = roster.rules.days_off
    return DaysOffRule(style, roster.zone if style is DaysOff.WHOLE else roster.policy.zone)


@dataclass(frozen=True, slots=True)
class DutyTime:
    """The part of an on-call time that days off can block. first_day, last_day: the local dates that it overlaps."""

    window: Window
    first_day: date
    last_day: date
    zone: ZoneInfo

    @property
    def days(self) -> tuple[date, ...]:
        """Return the local dates that the time overlaps, in order."""
        return tuple(self.first_day + number * _DAY for number in range((self.last_day - self.first_day).days + 1))


@lru_cache(maxsize=65536)
def duty_time(window: Window, rule: DaysOffRule) -> DutyTime:
    """Return the part of a shift that days off can block: all of it, or with `evenings` all but the last morning."""
    zone = rule.zone
    first, end = window.start.astimezone(zone).date(), window.end.astimezone(zone).date()
    if rule.style is DaysOff.EVENINGS and first < end:
        midnight = first_instant(zone, datetime.combine(end, time()))
        return DutyTime(Window(window.start, min(window.end, midnight)), first, end - _DAY, zone)
    return DutyTime(window, first, (window.end - _INSTANT).astimezone(zone).date(), zone)


def joins_after(person: HasDates, duty: DutyTime) -> bool:
    """Return True if the duty starts before the person joins."""
    if person.joins is None or duty.first_day > person.joins:
        return False
    if duty.first_day < person.joins:
        return True
    return person.joins_at is not None and duty.window.start < _at(duty.zone, person.joins, person.joins_at)


def leaves_before(person: HasDates, duty: DutyTime) -> bool:
    """Return True if the duty ends after the person leaves."""
    if person.leaves is None or duty.last_day < person.leaves:
        return False
    if duty.last_day > person.leaves:
        return True
    return person.leaves_at is not None and duty.window.end > _at(duty.zone, person.leaves, person.leaves_at)


def absences_in(person: HasDates, duty: DutyTime) -> Iterator[Absence]:
    """Yield each absence, leave or not, that overlaps the duty."""
    for absence in person.absences:
        # Most absences are far away; this is asked for every engineer and shift.
        if absence.last_day < duty.first_day or duty.last_day < absence.first_day:
            continue
        if next(blocked_days(absence, duty), None) is not None:
            yield absence


def dated_absences(absence: Absence, days: Iterable[date]) -> Iterator[Absence]:
    """Yield the absence. If it stands for all public holidays, yield one absence for each holiday among `days` instead.

    The reason of each such absence is the name of the holiday.
    """
    if absence.holidays is None or not absence.holidays.codes:
        yield absence
        return
    for day in days:
        if day in absence:
            reason = absence.reason or absence.holidays.title_of(day)
            yield replace(absence, first_day=day, last_day=day, reason=reason, holidays=None)


def dated_absences_in(person: HasDates, duty: DutyTime) -> Iterator[Absence]:
    """Yield each absence that overlaps the duty.

    For public holidays, yields one absence for each date, with its name.
    """
    for absence in absences_in(person, duty):
        yield from dated_absences(absence, blocked_days(absence, duty))


def blocked_days(absence: Absence, duty: DutyTime) -> Iterator[date]:
    """Yield the local dates of the duty, in order, on which the absence overlaps it."""
    day, last = max(duty.first_day, absence.first_day), min(duty.last_day, absence.last_day)
    while day <= last:
        if day in absence and _meets(absence, day, duty):
            yield day
        day += _DAY


def _meets(absence: Absence, day: date, duty: DutyTime) -> bool:
    """Return True if the absence overlaps the duty on this date. Both must include the date."""
    if day == absence.first_day and absence.starts_at is not None:
        begin = _at(duty.zone, day, absence.starts_at)
        ends = duty.window.end if day == duty.last_day else _at(duty.zone, day + _DAY, time())
        if ends <= begin:
            return False
    if day == absence.last_day and absence.ends_at is not None:
        begins = duty.window.start if day == duty.first_day else _at(duty.zone, day, time())
        return begins < _at(duty.zone, day, absence.ends_at)
    return True


def is_free(person: HasDates, duty: DutyTime) -> bool:
    """Return True if the person has joined, has not left and has no day off during the duty."""
    if joins_after(person, duty) or leaves_before(person, duty):
        return False
    return not person.absences or next(absences_in(person, duty), None) is None


@lru_cache(maxsize=4096)
def _at(zone: ZoneInfo, day: date, at: time) -> datetime:
    return first_instant(zone, datetime.combine(day, at))
