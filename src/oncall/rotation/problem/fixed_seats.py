"""Refuses fixed seats that no plan can keep, before any search, with the reason for each seat."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import FixedSeat
from oncall.rotation.problem.problem import Problem


def refuse_impossible_seats(problem: Problem) -> None:
    """Raise PlanInfeasible if a seat is fixed for an engineer who cannot have it, or on a day without a shift."""
    first, last = problem.shifts[0].day, problem.shifts[-1].day
    seats = [seat for seat in problem.roster.rules.fixed if first <= seat.day <= last]
    reasons = [reason for seat in seats for reason in _reasons(problem, seat)]
    reasons += _contradictions(problem, seats)
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


def _contradictions(problem: Problem, seats: Sequence[FixedSeat]) -> Iterator[str]:
    """Yield a reason for each seat with two engineers, and for each engineer with two seats, of one shift or turn."""
    by_seat: dict[tuple[int, str], FixedSeat] = {}
    by_engineer: dict[tuple[int, str], FixedSeat] = {}
    unit = "turn" if problem.has_turns else "shift"
    for seat in seats:
        for first in _units(problem, seat):
            other = by_seat.setdefault((first, seat.role), seat)
            if other.engineer != seat.engineer:
                of_turn = f", which is in the same turn as {seat.day:%a} {seat.day}" if other.day != seat.day else ""
                yield f"{seat_text(other)}{of_turn}, and so is {seat.engineer}"
            other = by_engineer.setdefault((first, seat.engineer), seat)
            if other.role != seat.role:
                yield f"{seat_text(other)}, and as {seat.role} of the same {unit}"


def _units(problem: Problem, seat: FixedSeat) -> Iterator[int]:
    """Yield the number of the first shift of each unit to which a fixed seat belongs."""
    for number in problem.staffed:
        shift = problem.shifts[number]
        if shift.day == seat.day and seat.kind in (None, shift.kind):
            yield problem.unit_of[number][0]


def seat_text(seat: FixedSeat) -> str:
    """Return a fixed seat in words: `ana is fixed as primary on Wed 2027-03-17`."""
    return f"{seat.engineer} is fixed as {seat.role} on {seat.day:%a} {seat.day}"
