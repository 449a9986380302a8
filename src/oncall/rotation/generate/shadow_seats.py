"""Shadow seats: newcomers come along on some shifts, about as often as everybody else is on, and cover nothing.

They are added when everybody else is placed, one newcomer to a shift, where the newcomer's own rules allow it; so a
shadow never makes a plan impossible, less fair or different for anybody else.
"""

from __future__ import annotations

from collections.abc import Sequence

from oncall.rosters.roster import SHADOW, Engineer
from oncall.rotation.problem.eligibility import duty_days, weekend_number
from oncall.rotation.problem.outside_shifts import month_of, week_of
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.rules import blocks
from oncall.rotation.solve.model_base import Held
from oncall.schedule.plan import Seat, Shift
from oncall.support.windows import WindowKind


def shadow_seats(problem: Problem, held: Sequence[Held]) -> list[Seat]:
    """The shadow seats that go with the seats of a plan, in time order."""
    taken: set[int] = set()
    seats = []
    for index, engineer in enumerate(problem.engineers):
        turns = [problem.shifts[seat.shift] for seat in held if seat.engineer == index]
        turns += problem.seam.turns(engineer.id)
        for number in _shadowed(problem, engineer, turns, taken):
            taken.add(number)
            shift = problem.shifts[number]
            seats.append(Seat(shift.window, shift.kind, SHADOW, engineer.id))
    return sorted(seats, key=lambda seat: seat.window.start)


def with_shadows(seats: Sequence[Seat], shadows: Sequence[Seat]) -> tuple[Seat, ...]:
    """All seats by start; a shift's shadow comes after its roles."""
    return tuple(sorted([*seats, *shadows], key=lambda seat: seat.window.start))


def _shadowed(problem: Problem, engineer: Engineer, turns: list[Shift], taken: set[int]) -> list[int]:
    """The shifts that one newcomer comes along on: every so often the next one that is free and keeps their rules."""
    able = [n for n, shift in enumerate(problem.shifts) if _may_shadow(engineer, shift)]
    others = sum(1 for each in problem.engineers if not each.shadows)
    pace = len(problem.roles) / max(1, others)
    chosen: list[int] = []
    due = 0.5
    for number in able:
        due += pace
        if due >= 1 and number not in taken and _fits(problem, turns, problem.shifts[number]):
            due -= 1
            chosen.append(number)
            turns.append(problem.shifts[number])
    return chosen


def _may_shadow(engineer: Engineer, shift: Shift) -> bool:
    days = duty_days(shift)
    joined = engineer.joins is None or engineer.joins <= days[0]
    there = joined and (engineer.leaves is None or days[-1] <= engineer.leaves)
    return there and all(engineer.shadowing_on(day) and not engineer.absence_on(day) for day in days)


def _fits(problem: Problem, turns: Sequence[Shift], shift: Shift) -> bool:
    """Whether a person with these turns may also be on this shift."""
    rules = problem.roster.rules
    for turn in turns:
        earlier, later = sorted((turn, shift), key=lambda each: each.window.start)
        if blocks(earlier, later, rules.rest_nights):
            return False
        apart = abs(weekend_number(turn) - weekend_number(shift))
        if turn.kind is shift.kind is WindowKind.WEEKEND and 0 < apart < rules.weekends_apart:
            return False
    most = ((rules.max_shifts_per_week, week_of), (rules.max_shifts_per_month, month_of))
    return all(
        number is None or sum(1 for turn in turns if bucket(turn) == bucket(shift)) < number for number, bucket in most
    )
