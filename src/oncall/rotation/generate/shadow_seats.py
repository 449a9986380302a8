"""Shadow seats: newcomers accompany some shifts to learn, about as often as others are on call.

They are added after all other seats, at most one newcomer to a shift, where the newcomer's own rules allow it.
Therefore a shadow seat never makes a plan impossible or less fair, and never changes other seats.
"""

from __future__ import annotations

from collections.abc import Sequence

from oncall.rosters.roster import SHADOW, Engineer
from oncall.rosters.time_off import DaysOffRule, duty_time, is_free
from oncall.rotation.problem.eligibility import duty_days, weekend_number
from oncall.rotation.problem.outside_shifts import month_of, week_of
from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.problem.rules import are_too_close
from oncall.schedule.plan import Seat, Shift


def shadow_seats(problem: Problem, seats: Sequence[StaffedSeat]) -> list[Seat]:
    """Return the shadow seats for a plan with these seats, in time order."""
    shadowed: set[int] = set()
    found = []
    for index, engineer in enumerate(problem.engineers):
        own = [problem.shifts[seat.shift] for seat in seats if seat.engineer == index]
        own += problem.outside_shifts.of(engineer.id)
        for number in _shifts_to_shadow(problem, engineer, own, shadowed):
            shadowed.add(number)
            shift = problem.shifts[number]
            found.append(Seat(shift.window, shift.kind, SHADOW, engineer.id))
    return sorted(found, key=lambda seat: seat.window.start)


def with_shadows(seats: Sequence[Seat], shadows: Sequence[Seat]) -> tuple[Seat, ...]:
    """Return all seats in order of start; the shadow seat of a shift comes after its other seats."""
    return tuple(sorted([*seats, *shadows], key=lambda seat: seat.window.start))


def _shifts_to_shadow(problem: Problem, engineer: Engineer, own: list[Shift], shadowed: set[int]) -> list[int]:
    """Return the shifts that one newcomer shadows: about as often as others are on call, always the next that fits.

    own: the newcomer's shifts, to which the chosen ones are added. shadowed: the shifts that already have a shadow.
    """
    possible = [n for n, shift in enumerate(problem.shifts) if _may_shadow(engineer, shift, problem.days_off_rule)]
    others = sum(1 for each in problem.engineers if not each.shadows)
    pace = len(problem.roles) / max(1, others)
    chosen: list[int] = []
    due = 0.5
    for number in possible:
        due += pace
        if due >= 1 and number not in shadowed and _fits(problem, own, problem.shifts[number]):
            due -= 1
            chosen.append(number)
            own.append(problem.shifts[number])
    return chosen


def _may_shadow(engineer: Engineer, shift: Shift, rule: DaysOffRule) -> bool:
    """Return True if the engineer shadows on every day of the shift, takes its kind, and is free then."""
    shadows = all(engineer.shadowing_on(day) for day in duty_days(shift))
    return shadows and engineer.takes(shift.kind) and is_free(engineer, duty_time(shift.window, rule))


def _fits(problem: Problem, own: Sequence[Shift], shift: Shift) -> bool:
    """Return True if the rules allow an engineer with the shifts `own` to be on this shift too."""
    rules = problem.roster.rules
    for other in own:
        earlier, later = sorted((other, shift), key=lambda each: each.window.start)
        if are_too_close(earlier, later, rules.rest_nights):
            return False
        apart = abs(weekend_number(other) - weekend_number(shift))
        if other.is_weekend and shift.is_weekend and 0 < apart < rules.weekends_apart:
            return False
    limits = ((rules.max_shifts_per_week, week_of), (rules.max_shifts_per_month, month_of))
    return all(
        most is None or sum(1 for other in own if period_of(other) == period_of(shift)) < most
        for most, period_of in limits
    )
