"""Checks that a roster has as many engineers as its roles and rest rules need in an ordinary week.

Shifts that are too near each other for one engineer need different engineers in each role. Days off and holidays are
ignored here: the planner checks them for the dates of a plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations

from oncall.rosters.roster import Engineer, Roster
from oncall.schedule.plan import Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import SupportCalendar

_MONDAY = date(2001, 1, 8)
"""The Monday on which the examined weeks begin. Any year will do, because holidays are ignored."""
_MOST_WEEKS = 9
Near = tuple[str, Sequence[Shift]]
"""A rest rule in words, and a group of shifts of which the rule allows one engineer only one."""


def too_few_people(roster: Roster) -> str | None:
    """Return a sentence about the first rest rule for which the roster has too few engineers; None if it has enough."""
    shifts = _ordinary_shifts(roster)
    kinds = list(dict.fromkeys(shift.kind for shift in shifts))
    for group in [kinds, *([kind] for kind in kinds if len(kinds) > 1)]:
        own = [shift for shift in shifts if shift.kind in group]
        for rule, near in _too_near(roster, own):
            for size in (len(roster.rules.roles), *range(1, len(roster.rules.roles))):
                for roles in combinations(roster.rules.roles, size):
                    people = [each for each in roster.engineers if _may_take(each, roles, near)]
                    if len(people) < len(near) * len(roles):
                        return _sentence(rule, near, roles, len(people))
    return None


def _ordinary_shifts(roster: Roster) -> list[Shift]:
    """Return the shifts of some weeks without holidays. If the roster has turns, each turn is one long shift."""
    rules, policy = roster.rules, roster.policy
    weeks = min(_MOST_WEEKS, max(3, rules.weekends_apart + 1, (rules.rest_nights + 13) // 7))
    calendar = SupportCalendar(policy.zone, policy.spans)
    last = _MONDAY + timedelta(days=7 * weeks - 1)
    found = shifts_between(calendar, first_day=_MONDAY, last_day=last, rules=rules)
    return [] if any(shift.turn is not None for shift in found) else list(found)


def _too_near(roster: Roster, shifts: Sequence[Shift]) -> Iterator[Near]:
    """Yield each rest rule with one of its largest groups of shifts of which an engineer may have only one."""
    rules = roster.rules
    if rules.rest_nights:
        yield (
            f"rest_nights {rules.rest_nights}",
            _most(shifts, lambda one, last: _nights(one, last) < rules.rest_nights),
        )
    if rules.min_rest_hours:
        least = timedelta(hours=rules.min_rest_hours)
        near = _most(shifts, lambda one, last: last.window.start - one.window.end < least)
        yield f"min_rest_hours {rules.min_rest_hours}", near
    if rules.weekends_apart > 1:
        weekends = [shift for shift in shifts if shift.is_weekend]
        apart = timedelta(weeks=rules.weekends_apart)
        weeks = {shift.day - timedelta(days=shift.day.weekday()): shift for shift in weekends}
        near = _most(list(weeks.values()), lambda one, last: _monday(last) - _monday(one) < apart)
        yield f"weekends_apart {rules.weekends_apart}", near


def _nights(one: Shift, last: Shift) -> int:
    return last.first_night - one.end_night


def _monday(shift: Shift) -> date:
    return shift.day - timedelta(days=shift.day.weekday())


def _most(shifts: Sequence[Shift], are_near: Callable[[Shift, Shift], bool]) -> Sequence[Shift]:
    """Return a largest group: one shift with all earlier shifts that are too near it.

    They are also too near each other.
    shifts: in time order. are_near: True if an engineer cannot have both.
    """
    groups = ([one for one in shifts[:place] if are_near(one, shifts[place])] for place in range(len(shifts)))
    return max(([*group, shifts[place]] for place, group in enumerate(groups)), key=len, default=())


def _may_take(engineer: Engineer, roles: Sequence[str], shifts: Sequence[Shift]) -> bool:
    return bool(set(roles) & set(engineer.roles)) and any(engineer.takes(shift.kind) for shift in shifts)


def _sentence(rule: str, near: Sequence[Shift], roles: Sequence[str], people: int) -> str:
    days = [f"{shift.day:%a}" for shift in near]
    weekends = rule.startswith("weekends_apart")
    shifts = f"{len(near)} weekends in a row" if weekends else f"the {len(near)} shifts of {_and(days)}"
    engineers = "1 engineer" if people == 1 else f"{people} engineers"
    return (
        f"has {engineers} for {_and(roles)}, and needs {len(near) * len(roles)}: by {rule} one engineer can have only "
        f"one of {shifts}"
    )


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
