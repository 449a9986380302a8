"""Who may take a shift at all, and the reason in words when somebody may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from oncall.rosters.roster import Absence, Engineer
from oncall.schedule.plan import Shift


class Bar(StrEnum):
    """What keeps a person off a shift."""

    NOT_JOINED = "joins"
    LEFT = "leaves"
    AWAY = "unavailable"
    ROLE = "roles"
    SHADOWS = "shadows"
    FIXED = "fixed"
    BUSY = "busy"
    REST = "rest_nights"
    WEEKENDS = "weekends_apart"
    WEEK = "max_shifts_per_week"
    MONTH = "max_shifts_per_month"
    HOLIDAYS = "holidays_apart"


@dataclass(frozen=True, slots=True)
class Barred:
    """One person kept off one shift. `sentence` stands alone: "ana is away 2027-02-15 to 2027-02-19 (vacation)"."""

    bar: Bar
    engineer: str
    sentence: str


def duty_days(shift: Shift) -> tuple[date, ...]:
    """The local dates whose duty the shift is: the one it starts on and every night it takes.

    A block weekend is Friday, Saturday and Sunday; a weeknight or a holiday is its own date.
    """
    nights = {date.fromordinal(night) for night in range(shift.first_night, shift.end_night)}
    return tuple(sorted(nights | {shift.day}))


def weekend_number(shift: Shift) -> int:
    """Which weekend it belongs to, counted in weeks that begin on Monday; neighbours differ by one."""
    return (shift.day.toordinal() - 1) // 7


def is_member_for(engineer: Engineer, shift: Shift) -> bool:
    """Whether joining, leaving, shadowing and `leave: true` let the person take it; ordinary days off do not count."""
    return all(engineer.is_member_on(day) for day in duty_days(shift))


def can_take(engineer: Engineer, shift: Shift) -> bool:
    """Whether the person may take the shift in some role: a member, and with no day off on any of its days."""
    return next(_bars_of_days(engineer, shift), None) is None


def why_not(engineer: Engineer, shift: Shift, role: str | None = None) -> Barred | None:
    """The first thing that keeps the person off the shift (off `role` of it, when one is named), or None."""
    barred = next(_bars_of_days(engineer, shift), None)
    if barred is None and role is not None and role not in engineer.roles:
        return Barred(Bar.ROLE, engineer.id, f"{engineer.id} does not take the role {role}")
    return barred


def _bars_of_days(engineer: Engineer, shift: Shift) -> Iterator[Barred]:
    for day in duty_days(shift):
        if engineer.joins is not None and day < engineer.joins:
            yield Barred(Bar.NOT_JOINED, engineer.id, f"{engineer.id} joins only on {engineer.joins}")
        if engineer.leaves is not None and day > engineer.leaves:
            yield Barred(Bar.LEFT, engineer.id, f"{engineer.id} has left (last day {engineer.leaves})")
        shadowing = engineer.shadowing_on(day)
        if shadowing is not None:
            span = f"{shadowing.first_day} to {shadowing.last_day}"
            yield Barred(Bar.SHADOWS, engineer.id, f"{engineer.id} only shadows {span}")
        absence = engineer.absence_on(day)
        if absence is not None:
            yield Barred(Bar.AWAY, engineer.id, f"{engineer.id} is away {away_text(absence)}")


def away_text(absence: Absence) -> str:
    """The dates of an absence and its reason: `2027-02-15 to 2027-02-19 (vacation)`."""
    span = str(absence.first_day)
    if absence.last_day != absence.first_day:
        span += f" to {absence.last_day}"
    else:
        span = f"on {span}"
    return f"{span} ({absence.reason})" if absence.reason else span
