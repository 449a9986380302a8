"""The causes of a conflict in words: weeks to cover, an engineer's dates, fixed seats and rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from oncall.rosters.roster import Absence, Engineer, FixedSeat, Shadowing
from oncall.rosters.time_off import (
    DaysOffRule,
    absences_in,
    dated_absences,
    duty_time,
    joining_text,
    joins_after,
    leaves_before,
    leaving_text,
)
from oncall.rotation.problem.eligibility import away_text, duty_days
from oncall.rotation.problem.fixed_seats import seat_text
from oncall.rotation.problem.problem import Problem
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind


@dataclass(frozen=True, slots=True)
class WeekToCover:
    """A week as a cause: each of its shifts must be staffed. shifts: the numbers of these shifts."""

    monday: date
    shifts: tuple[int, ...]


Cause = WeekToCover | str
"""One cause of a conflict: a week to cover, or any other cause in words."""


def date_causes(person: Engineer, shifts: Sequence[Shift], rule: DaysOffRule) -> Iterator[tuple[str, list[int]]]:
    """Yield each of the engineer's dates and absences in words, with the numbers of the shifts that it forbids."""
    days = [(number, day) for number, shift in enumerate(shifts) for day in duty_days(shift)]
    duties = [duty_time(shift.window, rule) for shift in shifts]
    if person.joins is not None:
        yield joins_text(person), [number for number, duty in enumerate(duties) if joins_after(person, duty)]
    if person.leaves is not None:
        yield leaves_text(person), [number for number, duty in enumerate(duties) if leaves_before(person, duty)]
    for shadowing in person.shadows:
        yield shadows_text(person, shadowing), sorted({number for number, day in days if day in shadowing})
    for absence in absences_by_date(person, shifts, rule):
        alone = replace(person, absences=(absence,))
        yield absence_text(person, absence), [n for n, duty in enumerate(duties) if any(absences_in(alone, duty))]


def absences_by_date(person: Engineer, shifts: Sequence[Shift], rule: DaysOffRule) -> Iterator[Absence]:
    """Yield the engineer's absences. Public holidays off become one absence for each holiday with a shift."""
    days: list[date] | None = None
    for absence in person.absences:
        if absence.holidays is not None and days is None:
            days = sorted({day for shift in shifts for day in duty_time(shift.window, rule).days})
        yield from dated_absences(absence, days or ())


def joins_text(person: Engineer) -> str:
    """Return a cause in words: the engineer joins only on a date."""
    return f"{person.id} joins only on {joining_text(person)}"


def leaves_text(person: Engineer) -> str:
    """Return a cause in words: the engineer leaves on a date."""
    return f"{person.id} leaves (last day {leaving_text(person)})"


def shadows_text(person: Engineer, shadowing: Shadowing) -> str:
    """Return a cause in words: the engineer only shadows on some dates."""
    return f"{person.id} only shadows {shadowing.first_day} to {shadowing.last_day}"


def absence_text(person: Engineer, absence: Absence) -> str:
    """Return a cause in words: the engineer is away."""
    return f"{person.id} is away {away_text(absence)}"


def fixed_seat_text(problem: Problem, number: int, role: str, engineer: int) -> str:
    """Return a cause in words: a seat is fixed for an engineer. number: of the shift.

    engineer: the engineer's number.
    """
    return seat_text(FixedSeat(problem.shifts[number].day, role, problem.engineers[engineer].id))


def shifts_of(problem: Problem, causes: Sequence[Cause]) -> frozenset[int]:
    """Return the numbers of the shifts to which these causes refer, as weeks to cover or as fixed seats."""
    numbers = {number for cause in causes if isinstance(cause, WeekToCover) for number in cause.shifts}
    for number, seats in problem.fixed_seats.items():
        numbers |= {number for role, who in seats.items() if fixed_seat_text(problem, number, role, who) in causes}
    return frozenset(numbers)


def week_texts(weeks: Sequence[WeekToCover], problem: Problem) -> Iterator[str]:
    """Yield the weeks in words, one sentence for weeks in a row. A single week names its holidays."""
    numbered = [(week.monday.toordinal() // 7 - index, week) for index, week in enumerate(weeks)]
    seats = "1 role each" if len(problem.roles) == 1 else f"{len(problem.roles)} roles each"
    for _, group in groupby(numbered, key=lambda item: item[0]):
        run = [week for _, week in group]
        shifts = sum(len(week.shifts) for week in run)
        count = f"{shifts} shift{'' if shifts == 1 else 's'}, {seats}"
        if len(run) == 1:
            yield f"the week of Mon {run[0].monday}: {count}{_holiday_shifts(problem, run[0])}"
        else:
            last = run[-1].monday + timedelta(days=6)
            yield f"the {len(run)} weeks from Mon {run[0].monday} to Sun {last}: {count}"


def _holiday_shifts(problem: Problem, week: WeekToCover) -> str:
    """Return the holiday shifts of a week, which stand beside its ordinary shifts; empty if there are none."""
    days = [shift.day for number in week.shifts if (shift := problem.shifts[number]).kind is WindowKind.HOLIDAY]
    dates = " and ".join(f"{day:%a} {day}" for day in days)
    return f", with the holiday shift{'' if len(days) == 1 else 's'} of {dates}" if days else ""
