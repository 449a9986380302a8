"""Finds fixed seats that exclude each other by a rule, before there is a plan: too little rest, or one turn for two.

They are warnings and no faults, because a relaxation of the rule can allow them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from oncall.rosters.roster import FixedSeat, Roster
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rules import rules_of
from oncall.schedule.plan import Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.windows import Window

Numbered = dict[int, list[int]]
"""The numbers of fixed seats, by the number of the first shift of the unit to which they belong."""


def fixed_seat_conflicts(roster: Roster) -> Iterator[tuple[int, str]]:
    """Yield the number of each fixed seat that an earlier one excludes, with a sentence about both."""
    seats = roster.rules.fixed
    if len(seats) < 2:
        return
    problem = Problem.of(roster, _shifts_of_seats(roster))
    by_unit: Numbered = {}
    for number, seat in enumerate(seats):
        for shift in problem.staffed:
            if _is_of(seat, problem.shifts[shift]):
                by_unit.setdefault(problem.unit_of[shift][0], []).append(number)
    named: set[int] = set()
    for number, sentence in (*_in_one_turn(problem, by_unit), *_by_rules(problem, by_unit)):
        if number not in named:
            named.add(number)
            yield number, sentence


def _is_of(seat: FixedSeat, shift: Shift) -> bool:
    return shift.day == seat.day and seat.kind in (None, shift.kind)


def _shifts_of_seats(roster: Roster) -> list[Shift]:
    """Return the shifts of the fixed seats. If the roster has turns, all shifts of their turns."""
    rules = roster.rules
    calendar, reach = calendar_of(roster.policy, roster.holidays), timedelta(weeks=rules.turn_weeks)
    # Seats can be years apart, so that only the days around each of them are examined.
    found: dict[Window, Shift] = {}
    for day in {seat.day for seat in rules.fixed}:
        near = shifts_between(calendar, first_day=day - reach, last_day=day + reach, rules=rules)
        found.update({shift.window: shift for shift in near})
    shifts = list(found.values())
    own = {shift.window: shift.turn for shift in shifts if any(_is_of(seat, shift) for seat in rules.fixed)}
    turns = set(own.values()) - {None}
    return [shift for shift in shifts if shift.window in own or shift.turn in turns]


def _in_one_turn(problem: Problem, by_unit: Numbered) -> Iterator[tuple[int, str]]:
    """Yield the seats of one turn that give a role two engineers, or an engineer two roles."""
    seats = problem.roster.rules.fixed
    for numbers in by_unit.values() if problem.has_turns else ():
        for place, number in enumerate(numbers):
            for earlier in numbers[:place]:
                one, other = seats[earlier], seats[number]
                if (one.role == other.role) != (one.engineer == other.engineer):
                    yield number, _one_turn_text(problem.roster, earlier)


def _one_turn_text(roster: Roster, earlier: int) -> str:
    seat = roster.rules.fixed[earlier]
    return (
        f"is in the turn in which {_seat_text(roster, earlier)} fixes {seat.engineer} as {seat.role}, and an engineer "
        "has one role for a whole turn; delete one of the two"
    )


def _by_rules(problem: Problem, by_unit: Numbered) -> Iterator[tuple[int, str]]:
    """Yield the seats of one engineer of which a rule allows fewer than the roster fixes."""
    fixed = set(problem.fixed_duties)
    for rule in rules_of(problem.roster.rules):
        for limit in rule.limits(problem):
            taken = [(group, weight) for group, weight in limit.weighted_groups if fixed & set(group)]
            if sum(weight for _, weight in taken) > limit.most:
                duties = fixed & {duty for group, _ in taken for duty in group}
                numbers = _numbers(problem, by_unit, duties)
                if len(numbers) > 1:
                    yield numbers[-1], _rule_text(problem.roster, numbers, rule.text)


def _numbers(problem: Problem, by_unit: Numbered, duties: Collection[Duty]) -> list[int]:
    """Return the numbers of the fixed seats to which these duties belong."""
    seats = problem.roster.rules.fixed
    own = {(problem.unit_of[duty.shift][0], problem.engineers[duty.engineer].id) for duty in duties}
    return sorted({number for unit, who in own for number in by_unit.get(unit, ()) if seats[number].engineer == who})


def _rule_text(roster: Roster, numbers: Sequence[int], rule: str) -> str:
    *others, last = numbers
    seats = roster.rules.fixed
    who = sorted({seats[number].engineer for number in numbers})
    if len(who) > 1:
        return f"{rule} does not allow this seat and {_seat_text(roster, others[0])}; delete one of the two"
    listed = " and ".join(_seat_text(roster, number) for number in others)
    both = "both" if len(others) == 1 else f"all {len(numbers)}"
    return (
        f"{seats[last].engineer} also has {listed}, and {rule} does not let one engineer have {both}; fix one for "
        "another engineer or date"
    )


def _seat_text(roster: Roster, number: int) -> str:
    """Return a fixed seat with its place: `the seat of Mon 2027-02-01 (rotation.fixed[0], line 8)`."""
    seat, path = roster.rules.fixed[number], f"rotation.fixed[{number}]"
    line = f", line {roster.lines[path]}" if path in roster.lines else ""
    return f"the seat of {seat.day:%a} {seat.day} ({path}{line})"
