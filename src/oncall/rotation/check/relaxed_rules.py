"""The checker's own reading of the exceptions that a plan is marked with; it shares nothing with the planner's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from oncall.rosters.roster import RotationRules


def smallest_number(rules: RotationRules, rule: str, engineer: str, days: Sequence[date]) -> int:
    """What a rule that may only get smaller asks of shifts that start on these days."""
    number: int = getattr(rules, rule)
    return min([number, *_agreed(rules, rule, engineer, days)])


def has_exceptions(rules: RotationRules, rule: str, engineer: str) -> bool:
    """Whether anything was agreed about this rule for this person."""
    return any(each.rule == rule and each.person in (None, engineer) for each in rules.relaxed)


def over_the_most(rules: RotationRules, rule: str, engineer: str, days: Sequence[date]) -> tuple[int, int] | None:
    """How many of the shifts that start on these days are counted against which maximum, where that is exceeded.

    days: of one week or month. A shift with an agreed maximum is only counted against that, together with all others.
    """
    most: int | None = getattr(rules, rule)
    if most is None:
        return None
    allowed = [max([most, *_agreed(rules, rule, engineer, [day])]) for day in days]
    for level in sorted(set(allowed)):
        count = sum(1 for each in allowed if each <= level)
        if count > level:
            return count, level
    return None


def _agreed(rules: RotationRules, rule: str, engineer: str, days: Sequence[date]) -> list[int]:
    return [
        each.value
        for each in rules.relaxed
        if each.value is not None
        and each.rule == rule
        and each.person in (None, engineer)
        and any(each.first_day <= day <= each.last_day for day in days)
    ]
