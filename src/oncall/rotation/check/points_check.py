"""Checks the points that a plan states: counts its seats without the planner's code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from fractions import Fraction

from oncall.rosters.roster import Points, Roster
from oncall.rotation.check.checked_shares import CheckedShares
from oncall.rotation.check.violation import Violation
from oncall.schedule.plan import Plan, Shift
from oncall.support.windows import WindowKind

_STATED = re.compile(r"(?:hours|points): everyone's total is within ([0-9]+\.[0-9]) of their share;")


def check_points(plan: Plan, roster: Roster, shifts: Sequence[Shift]) -> Iterator[Violation]:
    """Yield a violation if the distance in points that a note of the plan states is not that of its seats.

    shifts: the calendar's shifts on the plan's dates.
    """
    rule = roster.rules.points
    stated = next((match[1] for note in plan.notes if (match := _STATED.match(note))), None)
    if rule is None or stated is None or plan.fairness is None or not shifts:
        return
    found = f"{float(_largest_distance(plan, roster, shifts, rule)):.1f}"
    if found != stated:
        sentence = f"the plan states that everyone's total is within {stated} points of their share; it is {found}"
        yield Violation("points", shifts[0].day, (), sentence)


def _largest_distance(plan: Plan, roster: Roster, shifts: Sequence[Shift], rule: Points) -> Fraction:
    checked, roles = CheckedShares(roster, shifts, plan.balances), roster.rules.roles
    worth = {kind: points_of_a_shift(rule, kind, shifts) for kind in dict.fromkeys(shift.kind for shift in shifts)}
    largest = Fraction(0)
    for person in roster.engineers:
        carried = (seat.kind for seat in plan.seats if seat.engineer == person.id and seat.role in roles)
        total = sum((worth.get(kind, Fraction(0)) for kind in carried), Fraction(0))
        share = sum((worth[kind] * checked.of_all_roles(kind, person.id, roles) for kind in worth), Fraction(0))
        largest = max(largest, abs(total - share))
    return largest


def points_of_a_shift(rule: Points, kind: WindowKind, shifts: Sequence[Shift]) -> Fraction:
    """Return the points of a shift of a kind. With `hours`: the mean length of its shifts, rounded to six minutes."""
    if not rule.is_hours:
        return rule.of(kind)
    lengths = [shift.window.end - shift.window.start for shift in shifts if shift.kind is kind]
    tenths = Fraction(sum(each // timedelta(seconds=1) for each in lengths), 360 * len(lengths))
    return Fraction(round(tenths), 10)
