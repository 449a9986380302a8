"""Finds out by dates and roles alone who may take a shift, and why an engineer may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from oncall.rosters.roster import Absence, Engineer, Shadowing
from oncall.rosters.time_off import (
    DaysOffRule,
    absences_in,
    dated_absences_in,
    duty_time,
    is_free,
    joining_text,
    joins_after,
    leaves_before,
    leaving_text,
)
from oncall.schedule.plan import Shift


class ObstacleKind(StrEnum):
    """A reason why an engineer cannot take a shift. The value is the key in the roster that causes it."""

    NOT_JOINED = "joins"
    LEFT = "leaves"
    AWAY = "unavailable"
    ROLE = "roles"
    KIND = "kinds"
    SHADOWS = "shadows"
    FIXED = "fixed"
    BUSY = "busy"
    REST = "rest_nights"
    REST_HOURS = "min_rest_hours"
    WEEKENDS = "weekends_apart"
    WEEK = "max_shifts_per_week"
    MONTH = "max_shifts_per_month"
    HOLIDAYS = "holidays_apart"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason why an engineer cannot take a shift.

    engineer: the id. sentence: a whole sentence, such as "ana is away 2027-02-15 to 2027-02-19 (vacation)".
    """

    kind: ObstacleKind
    engineer: str
    sentence: str


def duty_days(shift: Shift) -> tuple[date, ...]:
    """Return the local dates of a shift: its first day, and the date on which each of its nights begins.

    A block weekend has Friday, Saturday and Sunday; a weeknight or a holiday has one date.
    """
    nights = {date.fromordinal(night) for night in range(shift.first_night, shift.end_night)}
    return tuple(sorted(nights | {shift.day}))


def weekend_number(shift: Shift) -> int:
    """Return the number of the week, from Monday on, in which a shift starts. Weeks in a row differ by 1."""
    return (shift.day.toordinal() - 1) // 7


def is_member_for(engineer: Engineer, shift: Shift, rule: DaysOffRule) -> bool:
    """Return True if joining, leaving, shadowing and `leave: true` allow the engineer the shift.

    Ordinary days off are ignored.
    """
    if not has_membership_dates(engineer):
        return True
    duty = duty_time(shift.window, rule)
    if joins_after(engineer, duty) or leaves_before(engineer, duty) or _shadowing_in(engineer, shift) is not None:
        return False
    return not any(absence.leave for absence in absences_in(engineer, duty))


def has_membership_dates(engineer: Engineer) -> bool:
    """Return True if the engineer has a date of joining or leaving, leave, or shadowing."""
    dated = engineer.joins or engineer.leaves or engineer.shadows
    return bool(dated) or any(absence.leave for absence in engineer.absences)


def can_take(engineer: Engineer, shift: Shift, rule: DaysOffRule) -> bool:
    """Return True if the engineer takes the kind of shift, is a member, does not shadow, and has no day off then."""
    if not engineer.takes(shift.kind):
        return False
    duty = duty_time(shift.window, rule)
    return is_free(engineer, duty) and _shadowing_in(engineer, shift) is None


def first_obstacle(engineer: Engineer, shift: Shift, rule: DaysOffRule, role: str | None = None) -> Obstacle | None:
    """Return the first reason why the engineer cannot take the shift (in `role`, if given); None if they can."""
    obstacle = next(_date_obstacles(engineer, shift, rule), None)
    if obstacle is None and not engineer.takes(shift.kind):
        sentence = f"{engineer.id} takes only {', '.join(engineer.kinds or ())} shifts"
        return Obstacle(ObstacleKind.KIND, engineer.id, sentence)
    if obstacle is None and role is not None and role not in engineer.roles:
        return Obstacle(ObstacleKind.ROLE, engineer.id, f"{engineer.id} does not take the role {role}")
    return obstacle


def _date_obstacles(engineer: Engineer, shift: Shift, rule: DaysOffRule) -> Iterator[Obstacle]:
    duty, who = duty_time(shift.window, rule), engineer.id
    if joins_after(engineer, duty):
        yield Obstacle(ObstacleKind.NOT_JOINED, who, f"{who} joins only on {joining_text(engineer)}")
    if leaves_before(engineer, duty):
        yield Obstacle(ObstacleKind.LEFT, who, f"{who} has left (last day {leaving_text(engineer)})")
    shadowing = _shadowing_in(engineer, shift)
    if shadowing is not None:
        span = f"{shadowing.first_day} to {shadowing.last_day}"
        yield Obstacle(ObstacleKind.SHADOWS, who, f"{who} only shadows {span}")
    for absence in dated_absences_in(engineer, duty):
        yield Obstacle(ObstacleKind.AWAY, who, f"{who} is away {away_text(absence)}")


def _shadowing_in(engineer: Engineer, shift: Shift) -> Shadowing | None:
    if not engineer.shadows:
        return None
    found = (engineer.shadowing_on(day) for day in duty_days(shift))
    return next((shadowing for shadowing in found if shadowing is not None), None)


def away_text(absence: Absence) -> str:
    """Return the dates of an absence and its reason, such as `2027-02-15 to 2027-02-19 (vacation)`."""
    span = absence.span_text.removeprefix("from ")
    return f"{span} ({absence.reason})" if absence.reason else span
