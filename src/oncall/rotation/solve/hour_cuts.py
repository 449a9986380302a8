"""Cuts: limits that follow from the hours of seven days together with rest, and that tighten the linear relaxation.

A limit in minutes is weak there: with half a weekend, it allows nearly as many nights as without one. A cut counts
shifts instead. It allows every legal choice among the shifts of one or two weeks, and forbids some that only the hours
forbid.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import combinations
from typing import NamedTuple

from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Limit

DAYS = (8, 15)
"""How many days in a row a cut looks at: a week or two, and the day that touches the next one."""
MOST_SHIFTS = 14
"""More shifts of one engineer in these days have too many legal choices to list."""
_MINUTE = timedelta(minutes=1)


class _Week(NamedTuple):
    """Some shifts in time order, known by their place, and what one engineer may have of them.

    lengths: of the shifts, in minutes. conflicts: for each shift, the others that exclude it, as bits. hours: for each
    limit in hours, its most and what each shift adds. Equal weeks have the same cuts.
    """

    lengths: tuple[int, ...]
    conflicts: tuple[int, ...]
    hours: tuple[tuple[int, tuple[int, ...]], ...]


class _Cut(NamedTuple):
    factors: tuple[int, ...]
    most: int


class _HourLimits:
    """The limits in hours of one engineer, in time order."""

    def __init__(self) -> None:
        self._limits: list[tuple[int, Mapping[int, int]]] = []
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, limit: Limit, duties: Sequence[Duty]) -> None:
        """Add a limit; each limit begins and ends no earlier than the one before it."""
        self._limits.append((limit.most, {duty.shift: n for duty, n in zip(duties, limit.weights, strict=True)}))
        self._firsts.append(duties[0].shift)
        self._lasts.append(duties[-1].shift)

    def binding(self, stretch: Sequence[int]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield the most of each limit that these shifts together exceed, and what each of them adds."""
        begin, end = bisect_left(self._lasts, stretch[0]), bisect_right(self._firsts, stretch[-1])
        for most, added in self._limits[begin:end]:
            own = tuple(added.get(number, 0) for number in stretch)
            if sum(own) > most:
                yield most, own


def hour_cuts(problem: Problem, limits: Sequence[Limit]) -> Iterator[Limit]:
    """Yield cuts for each engineer. limits: of all hard rules; only limits in hours have weights."""
    if problem.has_turns:
        return
    hours: dict[int, _HourLimits] = defaultdict(_HourLimits)
    for limit in limits:
        if limit.weights and limit.single is not None:
            hours[limit.single[0].engineer].add(limit, limit.single)
    conflicts = _conflicts(limits) if hours else {}
    for engineer, own in hours.items():
        numbers = problem.eligible_shifts[engineer]
        for stretch in dict.fromkeys(each for days in DAYS for each in _stretches(problem, numbers, days)):
            binding = tuple(dict.fromkeys(own.binding(stretch)))
            week = _week(problem, stretch, conflicts.get(engineer, {}), binding) if binding else None
            for cut in _cuts(week) if week is not None else ():
                used = [(number, factor) for number, factor in zip(stretch, cut.factors, strict=True) if factor]
                groups = tuple((Duty(engineer, number),) for number, _ in used)
                yield Limit(cut.most, groups, tuple(factor for _, factor in used))


def _conflicts(limits: Sequence[Limit]) -> dict[int, dict[int, set[int]]]:
    """Return for each engineer and shift the other shifts that a limit of one excludes beside it."""
    found: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for limit in limits:
        if limit.most != 1 or limit.weights or len({duty.engineer for group in limit.groups for duty in group}) > 1:
            continue
        for group, other in combinations(limit.groups, 2):
            for engineer, number in group:
                found[engineer][number].update(duty.shift for duty in other)
            for engineer, number in other:
                found[engineer][number].update(duty.shift for duty in group)
    return found


def _stretches(problem: Problem, numbers: Sequence[int], days: int) -> Iterator[tuple[int, ...]]:
    """Yield the shifts that begin on `days` days in a row, out of these; no stretch contains another."""
    last = -1
    for place, first in enumerate(numbers):
        end = problem.shifts[first].day.toordinal() + days
        stretch = tuple(n for n in numbers[place : place + MOST_SHIFTS + 1] if problem.shifts[n].day.toordinal() < end)
        if stretch[-1] > last and len(stretch) <= MOST_SHIFTS:
            last = stretch[-1]
            yield stretch


def _week(
    problem: Problem,
    stretch: Sequence[int],
    conflicts: Mapping[int, set[int]],
    hours: tuple[tuple[int, tuple[int, ...]], ...],
) -> _Week:
    windows = [problem.shifts[number].window for number in stretch]
    bits = {number: 1 << place for place, number in enumerate(stretch)}
    excluded = tuple(sum(bits.get(other, 0) for other in conflicts.get(number, ())) for number in stretch)
    return _Week(tuple((each.end - each.start) // _MINUTE for each in windows), excluded, hours)


@lru_cache(maxsize=4096)
def _cuts(week: _Week) -> tuple[_Cut, ...]:
    """Return the cuts of a week: all shifts count, or first the shorter ones, whose number is limited most."""
    rested = list(_choices(week.conflicts))
    legal = [each for each in rested if all(_sum(added, each) <= most for most, added in week.hours)]
    everything = (1 << len(week.lengths)) - 1
    longest = max(week.lengths)
    shorter = sum(1 << place for place, length in enumerate(week.lengths) if length < longest)
    cuts = dict.fromkeys(_lifted(legal, core, len(week.lengths)) for core in (everything, shorter))
    return tuple(cut for cut in cuts if any(_sum(cut.factors, each) > cut.most for each in rested))


def _choices(conflicts: Sequence[int]) -> Iterator[int]:
    """Yield every set of shifts that do not exclude each other, as bits."""
    found = [0]
    for place, excluded in enumerate(conflicts):
        found += [each | 1 << place for each in found if not each & excluded]
    yield from found


def _lifted(legal: Sequence[int], core: int, size: int) -> _Cut:
    """Return the cut that counts the shifts of the core once, and each other shift as often as is still true."""
    factors = [core >> place & 1 for place in range(size)]
    most = max(_sum(factors, each) for each in legal)
    for place in range(size):
        beside = [each for each in legal if each >> place & 1]
        if not core >> place & 1 and beside:
            factors[place] = most - max(_sum(factors, each) for each in beside)
    return _Cut(tuple(factors), most)


def _sum(values: Sequence[int], chosen: int) -> int:
    """Return the sum of the values at the chosen places."""
    return sum(value for place, value in enumerate(values) if chosen >> place & 1)
