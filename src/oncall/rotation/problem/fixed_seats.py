"""Refuses fixed seats that no plan can keep, before any search, with the reason for each seat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import FixedSeat
from oncall.rotation.problem.problem import Problem


def refuse_impossible_seats(problem: Problem) -> None:
    """Raise PlanInfeasible if a seat is fixed for an engineer who cannot have it, or on a day without a shift."""
    first, last = problem.shifts[0].day, problem.shifts[-1].day
    seats = [seat for seat in problem.roster.rules.fixed if first <= seat.day <= last]
    reasons = [reason for seat in seats for reason in _reasons(problem, seat)]
    reasons += _contradictions(seats)
    if reasons:
        count = "1 fixed seat" if len(reasons) == 1 else f"{len(reasons)} fixed seats"
        raise PlanInfeasible(f"no plan is possible: {count} cannot be kept", reasons)


def _reasons(problem: Problem, seat: FixedSeat) -> Iterator[str]:
    """Yield the reason why this seat cannot be kept; nothing if it can."""
    what = seat_text(seat)
    starting = [n for n, shift in enumerate(problem.shifts) if shift.day == seat.day]
    numbers = [n for n in starting if seat.kind in (None, problem.shifts[n].kind)]
    engineer = next((n for n, each in enumerate(problem.engineers) if each.id == seat.engineer), None)
    if engineer is None:
        yield f"{what}, and is not on the roster"
    elif not numbers:
        yield f"{what}, but no {f'{seat.kind} ' if seat.kind else ''}shift starts on that day"
    elif len(numbers) > 1:
        kinds = " and ".join(f"kind: {problem.shifts[n].kind}" for n in numbers)
        yield f"{what}, and {len(numbers)} shifts start on that day; write which one: {kinds}"
    else:
        obstacle = problem.first_obstacle(engineer, numbers[0])
        if obstacle is not None:
            yield f"{what}, but {obstacle.sentence}"
        elif seat.role not in problem.roles_of(engineer):
            yield f"{what}, but does not take the role {seat.role}"


def _contradictions(seats: Sequence[FixedSeat]) -> Iterator[str]:
    """Yield a reason for each seat with two engineers, and for each engineer with two seats on one shift."""
    by_seat: dict[tuple[date, str | None, str], FixedSeat] = {}
    by_engineer: dict[tuple[date, str | None, str], FixedSeat] = {}
    for seat in seats:
        other = by_seat.setdefault((seat.day, seat.kind, seat.role), seat)
        if other.engineer != seat.engineer:
            yield f"{seat_text(other)}, and so is {seat.engineer}"
        other = by_engineer.setdefault((seat.day, seat.kind, seat.engineer), seat)
        if other.role != seat.role:
            yield f"{seat_text(other)}, and as {seat.role} of the same shift"


def seat_text(seat: FixedSeat) -> str:
    """Return a fixed seat in words: `ana is fixed as primary on Wed 2027-03-17`."""
    return f"{seat.engineer} is fixed as {seat.role} on {seat.day:%a} {seat.day}"
