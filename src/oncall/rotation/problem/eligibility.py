"""Which engineers may take a shift, judged by dates and roles alone, and the reason when one may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from oncall.rosters.roster import Absence, Engineer
from oncall.schedule.plan import Shift


class ObstacleKind(StrEnum):
    """Why an engineer cannot take a shift. The value is the roster key behind it."""

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
class Obstacle:
    """One reason why an engineer cannot take a shift.

    engineer: the id. sentence: complete by itself, such as "ana is away 2027-02-15 to 2027-02-19 (vacation)".
    """

    kind: ObstacleKind
    engineer: str
    sentence: str


def duty_days(shift: Shift) -> tuple[date, ...]:
    """Return the local dates on which a shift puts a person on duty: its first day and the date of each of its nights.

    A block weekend has Friday, Saturday and Sunday; a weeknight or a holiday has its own date.
    """
    nights = {date.fromordinal(night) for night in range(shift.first_night, shift.end_night)}
    return tuple(sorted(nights | {shift.day}))


def weekend_number(shift: Shift) -> int:
    """Return the number of the week (Monday first) that a shift starts in; neighbouring weekends differ by one."""
    return (shift.day.toordinal() - 1) // 7


def is_member_for(engineer: Engineer, shift: Shift) -> bool:
    """Return True if joining, leaving, shadowing and `leave: true` let the engineer take the shift.

    Ordinary days off do not count here.
    """
    return all(engineer.is_member_on(day) for day in duty_days(shift))


def can_take(engineer: Engineer, shift: Shift) -> bool:
    """Return True if the engineer is a member and has no day off on any day of the shift."""
    return next(_date_obstacles(engineer, shift), None) is None


def first_obstacle(engineer: Engineer, shift: Shift, role: str | None = None) -> Obstacle | None:
    """Return the first reason why the engineer cannot take the shift (in `role`, if given), or None."""
    obstacle = next(_date_obstacles(engineer, shift), None)
    if obstacle is None and role is not None and role not in engineer.roles:
        return Obstacle(ObstacleKind.ROLE, engineer.id, f"{engineer.id} does not take the role {role}")
    return obstacle


def _date_obstacles(engineer: Engineer, shift: Shift) -> Iterator[Obstacle]:
    for day in duty_days(shift):
        if engineer.joins is not None and day < engineer.joins:
            yield Obstacle(ObstacleKind.NOT_JOINED, engineer.id, f"{engineer.id} joins only on {engineer.joins}")
        if engineer.leaves is not None and day > engineer.leaves:
            yield Obstacle(ObstacleKind.LEFT, engineer.id, f"{engineer.id} has left (last day {engineer.leaves})")
        shadowing = engineer.shadowing_on(day)
        if shadowing is not None:
            span = f"{shadowing.first_day} to {shadowing.last_day}"
            yield Obstacle(ObstacleKind.SHADOWS, engineer.id, f"{engineer.id} only shadows {span}")
        absence = engineer.absence_on(day)
        if absence is not None:
            yield Obstacle(ObstacleKind.AWAY, engineer.id, f"{engineer.id} is away {away_text(absence)}")


def away_text(absence: Absence) -> str:
    """Return the dates of an absence and its reason, such as `2027-02-15 to 2027-02-19 (vacation)`."""
    if absence.last_day != absence.first_day:
        span = f"{absence.first_day} to {absence.last_day}"
    else:
        span = f"on {absence.first_day}"
    return f"{span} ({absence.reason})" if absence.reason else span
