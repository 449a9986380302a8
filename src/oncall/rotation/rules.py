"""The hard rules between the duties of one person, each as a named list of limits; it knows no solver.

A rule says which duties exclude each other; the model turns its limits into constraints, the explanation of an
infeasible roster switches whole rules off, and `check` tests the same rule by name in its own way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from oncall.rosters.roster import RotationRules
from oncall.rotation.eligibility import weekend_number
from oncall.rotation.problem import Duty, Problem
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` of the groups may have a duty that is taken; a group counts once, however many of its are."""

    most: int
    groups: tuple[tuple[Duty, ...], ...]

    @property
    def single(self) -> tuple[Duty, ...] | None:
        """The duties, when every group is just one."""
        return tuple(group[0] for group in self.groups) if all(len(group) == 1 for group in self.groups) else None


class Rule(Protocol):
    """A hard rule. `name` is its YAML key; `text` is how a person reads it."""

    @property
    def name(self) -> str: ...

    @property
    def text(self) -> str: ...

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """The limits that this rule puts on the duties of a problem, none of them contained in another."""
        ...


@dataclass(frozen=True, slots=True)
class RestNights:
    """Free nights between two shifts of one person, whatever their roles."""

    nights: int
    name: str = "rest_nights"

    @property
    def text(self) -> str:
        """How a person reads it."""
        return f"rest_nights {self.nights}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """For each night the shifts that block it, their rest included: of those, a person has one.

        Two shifts exclude each other exactly if the spans [first_night, end_night + rest) meet, and spans that
        meet pairwise share a night, so these sets say all that the pairs would say.
        """
        for engineer, numbers in enumerate(problem.open_to):
            for clique in _cliques(problem.shifts, numbers, self.nights):
                yield Limit(1, tuple(((engineer, number),) for number in clique))


def _cliques(shifts: Sequence[Shift], numbers: Sequence[int], rest: int) -> Iterator[tuple[int, ...]]:
    """The largest sets of shifts that block one common night. `numbers` are in time order."""
    blocking: list[int] = []
    for number in numbers:
        still = [each for each in blocking if blocks(shifts[each], shifts[number], rest)]
        if len(still) < len(blocking) and len(blocking) > 1:
            yield tuple(blocking)
        blocking = [*still, number]
    if len(blocking) > 1:
        yield tuple(blocking)


def blocks(earlier: Shift, later: Shift, rest: int) -> bool:
    """Whether one person may not take both: too few free nights between them, or the two overlap."""
    return later.first_night - earlier.end_night < rest or later.window.start < earlier.window.end


@dataclass(frozen=True, slots=True)
class WeekendsApart:
    """At most one weekend in any `weekends` in a row. A weekend cut into daily shifts is one weekend."""

    weekends: int
    name: str = "weekends_apart"

    @property
    def text(self) -> str:
        """How a person reads it."""
        return f"weekends_apart {self.weekends}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """For each run of weekends the ones a person could work: of those, one."""
        for engineer, numbers in enumerate(problem.open_to):
            by_weekend = _grouped(engineer, numbers, lambda n: _weekend_of(problem.shifts[n]))
            reach = -1
            weekends = sorted(by_weekend)
            for first in weekends:
                run = [each for each in weekends if first <= each < first + self.weekends]
                if len(run) > 1 and run[-1] > reach:
                    reach = run[-1]
                    yield Limit(1, tuple(tuple(by_weekend[each]) for each in run))


def _weekend_of(shift: Shift) -> int | None:
    return weekend_number(shift) if shift.kind is WindowKind.WEEKEND else None


@dataclass(frozen=True, slots=True)
class MaxShiftsPerWeek:
    """Most shifts of one person that start in one ISO week."""

    most: int
    name: str = "max_shifts_per_week"

    @property
    def text(self) -> str:
        """How a person reads it."""
        return f"max_shifts_per_week {self.most}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """One limit for each person and week in which they could exceed it."""
        return _at_most_in_each(problem, self.most, lambda shift: shift.day.isocalendar()[:2])


@dataclass(frozen=True, slots=True)
class MaxShiftsPerMonth:
    """Most shifts of one person that start in one calendar month."""

    most: int
    name: str = "max_shifts_per_month"

    @property
    def text(self) -> str:
        """How a person reads it."""
        return f"max_shifts_per_month {self.most}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """One limit for each person and month in which they could exceed it."""
        return _at_most_in_each(problem, self.most, lambda shift: (shift.day.year, shift.day.month))


def _at_most_in_each(problem: Problem, most: int, key: Callable[[Shift], Hashable]) -> Iterator[Limit]:
    for engineer, numbers in enumerate(problem.open_to):
        for duties in _grouped(engineer, numbers, lambda n: key(problem.shifts[n])).values():
            if len(duties) > most:
                yield Limit(most, tuple((duty,) for duty in duties))


def _grouped(engineer: int, numbers: Sequence[int], key: Callable[[int], K | None]) -> dict[K, list[Duty]]:
    """One person's duties by `key` of the shift's number; those whose key is None are left out."""
    groups: dict[K, list[Duty]] = defaultdict(list)
    for number in numbers:
        found = key(number)
        if found is not None:
            groups[found].append((engineer, number))
    return groups


def rules_of(settings: RotationRules) -> tuple[Rule, ...]:
    """The rules that a roster switches on, the ones people care about most first."""
    rules: list[Rule] = [RestNights(settings.rest_nights)]
    if settings.weekends_apart > 1:
        rules.append(WeekendsApart(settings.weekends_apart))
    if settings.max_shifts_per_week is not None:
        rules.append(MaxShiftsPerWeek(settings.max_shifts_per_week))
    if settings.max_shifts_per_month is not None:
        rules.append(MaxShiftsPerMonth(settings.max_shifts_per_month))
    return tuple(rules)
