"""Checks that a roster has as many engineers as its roles and rest rules need in an ordinary week.

Shifts or turns that are too near each other for one engineer need different engineers in each role. Dated days off and
holidays are ignored here: the planner checks them for the dates of a plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from oncall.rosters.roster import Engineer, Roster
from oncall.schedule.never_on_call import can_have_some
from oncall.schedule.ordinary_weeks import Unit, monday_of, ordinary_units


@dataclass(frozen=True, slots=True)
class _Near:
    """A rule in words, and units of which it lets one engineer have at most `most`."""

    rule: str
    units: Sequence[Unit]
    most: int = 1

    def needed(self, roles: int) -> int:
        """Return how many engineers these units need in so many roles."""
        return -(-len(self.units) * roles // self.most)


def too_few_people(roster: Roster) -> str | None:
    """Return a sentence about the first rule for which the roster has too few engineers; None if it has enough."""
    units = ordinary_units(roster)
    sets = list(dict.fromkeys(unit.kinds for unit in units))
    for kinds in [None, *(sets if len(sets) > 1 else ())]:
        own = [unit for unit in units if kinds is None or unit.kinds == kinds]
        if kinds is None and roster.rules.turn_groups:
            # Each group has turns of its own, at the same time as the others.
            continue
        for near in _too_near(roster, own):
            for size in (len(roster.rules.roles), *range(1, len(roster.rules.roles))):
                for roles in combinations(roster.rules.roles, size):
                    people = [each for each in roster.engineers if _may_take(roster, each, roles, near.units)]
                    if len(people) < near.needed(len(roles)):
                        return _sentence(roster, near, roles, len(people))
    return None


def _too_near(roster: Roster, units: Sequence[Unit]) -> Iterator[_Near]:
    """Yield each rule with one of its largest groups of units of which an engineer may have only some."""
    rules = roster.rules
    if rules.rest_nights:
        near = _most(units, lambda one, last: last.span.first_night - one.span.end_night < rules.rest_nights)
        yield _Near(f"rest_nights {rules.rest_nights}", near)
    if rules.min_rest_hours:
        least = timedelta(hours=rules.min_rest_hours)
        near = _most(units, lambda one, last: last.span.window.start - one.span.window.end < least)
        yield _Near(f"min_rest_hours {rules.min_rest_hours}", near)
    if rules.weekends_apart > 1:
        apart = timedelta(weeks=rules.weekends_apart)
        weekends = {unit.weekends: unit for unit in units if unit.weekends}
        near = _most(list(weekends.values()), lambda one, last: last.weekends[0] - one.weekends[-1] < apart)
        yield _Near(f"weekends_apart {rules.weekends_apart}", near)
    if (most := rules.max_shifts_per_week) is not None:
        yield _in_one_week(f"max_shifts_per_week {most}", units, most, is_turn=bool(rules.turn_weeks))


def _in_one_week(rule: str, units: Sequence[Unit], most: int, *, is_turn: bool) -> _Near:
    """Return the units that have shifts in one week: the shifts of a fullest week, or turns that meet in a week."""
    if is_turn:
        return _Near(rule, _most(units, lambda one, last: _meet_over(one, last, most)))
    weeks: dict[date, list[Unit]] = defaultdict(list)
    for unit in units:
        weeks[monday_of(unit.span)].append(unit)
    return _Near(rule, max(weeks.values(), key=len, default=[]), most)


def _meet_over(one: Unit, last: Unit, most: int) -> bool:
    """Return True if two turns together have more than `most` shifts in a week, and neither of them alone has."""
    counts = [[monday_of(shift) for shift in unit.shifts] for unit in (one, last)]
    weeks = set(counts[0]) & set(counts[1])
    return any(max(each.count(week) for each in counts) <= most < sum(e.count(week) for e in counts) for week in weeks)


def _most(units: Sequence[Unit], are_near: Callable[[Unit, Unit], bool]) -> Sequence[Unit]:
    """Return a largest group: one unit with all earlier units that are too near it.

    They are also too near each other.
    units: in time order. are_near: True if an engineer cannot have both.
    """
    groups = ([one for one in units[:place] if are_near(one, units[place])] for place in range(len(units)))
    return max(([*group, units[place]] for place, group in enumerate(groups)), key=len, default=())


def _may_take(roster: Roster, engineer: Engineer, roles: Sequence[str], units: Sequence[Unit]) -> bool:
    return bool(set(roles) & set(engineer.roles)) and can_have_some(roster, engineer, units)


def _sentence(roster: Roster, near: _Near, roles: Sequence[str], people: int) -> str:
    able = [each for each in roster.engineers if set(roles) & set(each.roles)]
    is_turn, count = bool(roster.rules.turn_weeks), len(near.units)
    who = "" if len(able) == people or not is_turn else " who can take such a turn"
    engineers = {0: "no engineer", 1: "1 engineer"}.get(people, f"{people} engineers")
    return (
        f"has {engineers} for {_and(roles)}{who}, and needs {near.needed(len(roles))}: by {near.rule} one engineer can "
        f"have only {'one' if near.most == 1 else near.most} of {_units_text(roster, near, count)}"
    )


def _units_text(roster: Roster, near: _Near, count: int) -> str:
    if roster.rules.turn_weeks:
        kinds = f"{_and(near.units[0].kinds)} " if roster.rules.turn_groups else ""
        return f"{count} {kinds}turns in a row"
    if near.rule.startswith("weekends_apart"):
        return f"{count} weekends in a row"
    days = [f"{unit.span.day:%a}" for unit in near.units]
    if len(set(days)) < len(days):
        # Several shifts of one day, or more than a week: the days would tell less than their number.
        named = list(dict.fromkeys(kind for unit in near.units for kind in unit.kinds))
        return f"{count} {_and(named)} shifts {'of a week' if near.rule.startswith('max_') else 'in a row'}"
    return f"the {count} shifts of {_and(days)}"


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
