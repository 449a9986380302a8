"""Types of turns, and the patterns of turns that one engineer can have.

Turns with the same number of shifts of each kind are of one type. A pattern is how many turns of each type an engineer
has in each role. The cost of a plan is the sum of the costs of its engineers' patterns, so that the fairest patterns
can be chosen before any calendar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from oncall.rotation.problem.cost import load_cost
from oncall.rotation.problem.problem import Problem
from oncall.support.windows import WindowKind

SLACK = 30
"""How far above a good pattern's cost patterns are listed, to be multiplied by a square.

The square is the sum of the squared numbers of shifts of each kind in the largest turn.
"""


class TurnKey(NamedTuple):
    """A type of turn, by its number, and a role."""

    type: int
    role: str


class Pattern(NamedTuple):
    """How many turns of each type and role an engineer has, and their cost. unevenness: of the total over all kinds."""

    counts: tuple[tuple[TurnKey, int], ...]
    cost: int
    unevenness: int


@dataclass(frozen=True)
class TurnTypes:
    """The types of a problem's turns. shifts: for each type, how many shifts of each kind a turn has.

    units: for each type, its turns as units of the problem.
    """

    problem: Problem
    shifts: tuple[Mapping[WindowKind, int], ...]
    units: tuple[tuple[tuple[int, ...], ...], ...]

    @classmethod
    def of(cls, problem: Problem) -> TurnTypes:
        """Return the types of the units of a problem, the most frequent one first."""
        by_shifts: dict[tuple[tuple[WindowKind, int], ...], list[tuple[int, ...]]] = {}
        for unit in problem.units:
            counted = Counter(problem.shifts[number].kind for number in unit)
            by_shifts.setdefault(tuple(sorted(counted.items())), []).append(unit)
        ordered = sorted(by_shifts.items(), key=lambda each: -len(each[1]))
        return cls(problem, tuple(dict(key) for key, _ in ordered), tuple(tuple(units) for _, units in ordered))

    @cached_property
    def slack(self) -> int:
        """Return by how much a listed pattern may cost more than a good one."""
        return SLACK * max(sum(count * count for count in shifts.values()) for shifts in self.shifts)

    def most(self, engineer: int) -> dict[TurnKey, int]:
        """Return the most turns of each type and role that an engineer may have: none, or all turns of the type.

        Days off are ignored, so that engineers with the same shares have the same patterns. The bound remains true.
        """
        eligible = self.problem.eligible_shift_sets[engineer]
        return {
            TurnKey(number, role): len(units)
            for number, units in enumerate(self.units)
            for role in self.problem.roles
            if any(unit[0] in eligible and role in self.problem.roles_at(engineer, unit[0]) for unit in units)
        }


class PatternList:
    """All patterns of an engineer that cost no more than `limit`."""

    def __init__(self, types: TurnTypes, engineer: int, slack: int) -> None:
        problem = types.problem
        who = problem.engineers[engineer].id
        self.most = types.most(engineer)
        self._keys = list(self.most)
        # Loads are numbered: of each kind in each role, and in all roles together.
        places = [(kind, role) for kind in problem.shares.totals for role in (*problem.roles, None)]
        self._shares = [problem.shares.of(kind, role, who) for kind, role in places]
        self._nearest = [round(share) for share in self._shares]
        self._total_share = problem.shares.of_all_kinds(who)
        self._adds = [
            [types.shifts[key.type].get(kind, 0) if role in (key.role, None) else 0 for kind, role in places]
            for key in self._keys
        ]
        room = [0] * len(places)
        self._rooms = [room]
        for key, adds in zip(reversed(self._keys), reversed(self._adds), strict=True):
            room = [each + self.most[key] * add for each, add in zip(room, adds, strict=True)]
            self._rooms.insert(0, room)
        self._in_all_roles = [role is None for _, role in places]
        self.limit = self._cost_of_good_counts() + slack
        self.patterns = tuple(self._search(0, (), [0] * len(places)))

    def only(self, places: Sequence[int]) -> PatternList:
        """Return a copy of this list with only the patterns at these places."""
        found = copy(self)
        found.patterns = tuple(self.patterns[place] for place in places)
        return found

    def counts_of(self, key: TurnKey) -> list[int]:
        """Return how many turns of a type and role each pattern has."""
        if key not in self._keys:
            return [0] * len(self.patterns)
        place = self._keys.index(key)
        return [pattern.counts[place][1] for pattern in self.patterns]

    def _cost_of_good_counts(self) -> int:
        """Return the cost of a good pattern, in which each count is the cheapest one, given the counts before it."""
        loads = [0] * len(self._shares)
        for place, (key, adds) in enumerate(zip(self._keys, self._adds, strict=True)):
            ends = [
                [load + count * add for load, add in zip(loads, adds, strict=True)]
                for count in range(self.most[key] + 1)
            ]
            loads = min(ends, key=lambda own: self._least(own, self._rooms[place + 1]))
        return self._least(loads, [0] * len(loads))

    def _search(self, place: int, counts: tuple[int, ...], loads: list[int]) -> Iterator[Pattern]:
        """Yield the patterns that begin with these counts. place: the number of counts that are given.

        The least cost is a convex function of the next count, so that the counts within the limit are consecutive.
        """
        if place == len(self._keys):
            cost = self._least(loads, self._rooms[place])
            total = sum(load for load, is_all in zip(loads, self._in_all_roles, strict=True) if is_all)
            unevenness = load_cost(total, self._total_share)
            yield Pattern(tuple(zip(self._keys, counts, strict=True)), cost, unevenness)
            return
        adds, room, is_inside = self._adds[place], self._rooms[place + 1], False
        for count in range(self.most[self._keys[place]] + 1):
            own = [load + count * add for load, add in zip(loads, adds, strict=True)]
            if self._least(own, room) <= self.limit:
                is_inside = True
                yield from self._search(place + 1, (*counts, count), own)
            elif is_inside:
                return

    def _least(self, loads: Sequence[int], room: Sequence[int]) -> int:
        """Return the least cost of loads between `loads` and `loads` plus `room`."""
        return sum(
            load_cost(min(max(nearest, load), load + more), share)
            for load, more, nearest, share in zip(loads, room, self._nearest, self._shares, strict=True)
        )


def pattern_lists(types: TurnTypes, slack: int) -> tuple[PatternList, ...]:
    """Return the patterns of each engineer. Engineers with the same shares have the same PatternList object."""
    made: dict[object, PatternList] = {}
    shares, found = types.problem.shares, []
    for number, engineer in enumerate(types.problem.engineers):
        own = tuple(shares.of(kind, role, engineer.id) for kind in shares.totals for role in shares.roles)
        key = own, tuple(types.most(number).items())
        if key not in made:
            made[key] = PatternList(types, number, slack)
        found.append(made[key])
    return tuple(found)


def grouped(lists: Sequence[PatternList]) -> list[list[int]]:
    """Return the numbers of the engineers, in groups of engineers with the same patterns."""
    groups: dict[int, list[int]] = {}
    for engineer, each in enumerate(lists):
        groups.setdefault(id(each), []).append(engineer)
    return list(groups.values())
