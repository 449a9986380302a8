"""The number of a rule for given shifts under a plan's relaxations, computed without the planner's code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from oncall.rosters.roster import RotationRules


@dataclass(frozen=True, slots=True)
class Excess:
    """A maximum that is exceeded. count: how many shifts count against it; most: how many are allowed."""

    count: int
    most: int


def smallest_number(rules: RotationRules, rule: str, engineer: str, days: Sequence[date]) -> int:
    """Return the number of `rest_nights` or `weekends_apart` that applies to an engineer's shifts on these days.

    It is the smallest one that a relaxation sets for any of them, or the rule's own. days: on which the shifts start.
    """
    number: int = getattr(rules, rule)
    return min([number, *_relaxed_to(rules, rule, engineer, days)])


def largest_number(rules: RotationRules, rule: str, engineer: str, day: date) -> int:
    """Return the number of a maximum that applies to an engineer's shift on this day.

    It is the largest one that a relaxation sets, or the rule's own.
    """
    number: int = getattr(rules, rule)
    return max([number, *_relaxed_to(rules, rule, engineer, [day])])


def is_relaxed(rules: RotationRules, rule: str, engineer: str) -> bool:
    """Return True if a relaxation of this rule applies to the engineer on any date."""
    return any(each.rule == rule and each.person in (None, engineer) for each in rules.relaxed)


def excess(rules: RotationRules, rule: str, engineer: str, days: Sequence[date]) -> Excess | None:
    """Return by how much one engineer's shifts in one week or month exceed the maximum; None if they do not.

    days: the date on which each shift starts. A shift with a relaxed maximum counts only against the relaxed maximum,
    together with all other shifts.
    """
    most: int | None = getattr(rules, rule)
    if most is None:
        return None
    allowed = [max([most, *_relaxed_to(rules, rule, engineer, [day])]) for day in days]
    for level in sorted(set(allowed)):
        count = sum(1 for each in allowed if each <= level)
        if count > level:
            return Excess(count, level)
    return None


def _relaxed_to(rules: RotationRules, rule: str, engineer: str, days: Sequence[date]) -> list[int]:
    return [
        each.value
        for each in rules.relaxed
        if each.value is not None
        and each.rule == rule
        and each.person in (None, engineer)
        and any(each.first_day <= day <= each.last_day for day in days)
    ]
