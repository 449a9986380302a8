"""Checks the clumps that a plan states: counts its seats without the planner's code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction

from oncall.rosters.roster import Engineer, Roster
from oncall.rotation.check.checked_shares import CheckedShares, able_shifts
from oncall.rotation.check.violation import Violation
from oncall.schedule.plan import Plan, Shift

_FOUR_WEEKS = timedelta(weeks=4)


def check_clumps(plan: Plan, roster: Roster, shifts: Sequence[Shift]) -> Iterator[Violation]:
    """Yield a violation if the largest distance in the plan's proof is not the distance of its seats.

    shifts: the calendar's shifts on the plan's dates.
    """
    if plan.clumps is None or plan.fairness is None or not shifts:
        return
    found = round(1000 * _largest_distance(plan, roster, shifts))
    if found != plan.clumps.distance:
        stated = f"the plan states that nobody is more than {plan.clumps.distance / 1000:.3f} shifts from their share"
        sentence = f"{stated} in any four weeks in a row; it is {found / 1000:.3f}"
        yield Violation("clumps", shifts[0].day, (), sentence)
    if plan.clumps.bound > plan.clumps.distance:
        sentence = f"the plan states a bound of {plan.clumps.bound / 1000:.3f}, above its own distance"
        yield Violation("clumps", shifts[0].day, (), sentence)


def _largest_distance(plan: Plan, roster: Roster, shifts: Sequence[Shift]) -> Fraction:
    checked = CheckedShares(roster, shifts, plan.balances)
    kinds = list(dict.fromkeys(shift.kind for shift in shifts))
    day_of = {shift.window: shift.day for shift in shifts}
    largest = Fraction(0)
    for person in roster.engineers:
        share = sum((checked.of_all_roles(kind, person.id, roster.rules.roles) for kind in kinds), Fraction(0))
        duties = (seat for seat in plan.seats if seat.engineer == person.id and seat.role in roster.rules.roles)
        carried = Counter(_monday(day_of[seat.window]) for seat in duties if seat.window in day_of)
        largest = max(largest, _distance(person, roster, shifts, share, carried))
    return largest


def _distance(
    person: Engineer, roster: Roster, shifts: Sequence[Shift], share: Fraction, carried: Counter[date]
) -> Fraction:
    able = able_shifts(person, shifts, roster)
    spans = shares_of_four_weeks(share, able, shifts)
    return max((abs(sum(carried[week] for week in weeks) - part) for weeks, part in spans), default=Fraction(0))


def shares_of_four_weeks(
    share: Fraction, able: Sequence[Shift], shifts: Sequence[Shift]
) -> Iterator[tuple[list[date], Fraction]]:
    """Yield every four weeks in a row, as a list of Mondays, with an engineer's share of these weeks.

    share: of the whole plan. able: the shifts that the engineer's joining, leaving and leave allow. shifts: the
    calendar's.
    """
    by_week = Counter(_monday(shift.day) for shift in able)
    first, last = _monday(shifts[0].day), _monday(shifts[-1].day)
    while first + _FOUR_WEEKS <= last + timedelta(weeks=1):
        weeks = [first + timedelta(weeks=number) for number in range(4)]
        yield weeks, share * sum(by_week[week] for week in weeks) / len(able) if able else Fraction(0)
        first += timedelta(weeks=1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
