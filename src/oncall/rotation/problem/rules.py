"""The hard rules between the duties of one person, each as a named list of limits; it knows no solver.

A rule says which duties exclude each other; the model turns its limits into constraints, the explanation of an
infeasible roster switches whole rules off, and `check` tests the same rule by name in its own way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from oncall.rosters.roster import RotationRules
from oncall.rotation.problem.eligibility import weekend_number
from oncall.rotation.problem.outside_shifts import month_of, week_of
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Limit, Rule
from oncall.rotation.problem.rule_stages import with_exceptions
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind

K = TypeVar("K", bound=Hashable)


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
            for clique in cliques(problem.shifts, numbers, self.nights):
                yield Limit(1, tuple(((engineer, number),) for number in clique))


def cliques(shifts: Sequence[Shift], numbers: Sequence[int], rest: int) -> Iterator[tuple[int, ...]]:
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
            yield from _once_in_a_run(by_weekend, self.weekends)


def _once_in_a_run(by_number: Mapping[int, Sequence[Duty]], length: int) -> Iterator[Limit]:
    """Of the duties of any `length` neighbouring numbers only one number's."""
    reach = -1
    numbers = sorted(by_number)
    for first in numbers:
        run = [each for each in numbers if first <= each < first + length]
        if len(run) > 1 and run[-1] > reach:
            reach = run[-1]
            yield Limit(1, tuple(tuple(by_number[each]) for each in run))


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
        return _at_most_in_each(problem, self.most, week_of)


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
        return _at_most_in_each(problem, self.most, month_of)


def _at_most_in_each(problem: Problem, most: int, key: Callable[[Shift], Hashable]) -> Iterator[Limit]:
    for engineer, numbers in enumerate(problem.open_to):
        who = problem.engineers[engineer].id
        for bucket, duties in _grouped(engineer, numbers, lambda n: key(problem.shifts[n])).items():
            # Shifts outside the plan count too; who has no room left has no duty there either.
            left = most - problem.seam.taken(who, key, bucket)
            if len(duties) > left >= 1:
                yield Limit(left, tuple((duty,) for duty in duties))


@dataclass(frozen=True, slots=True)
class HolidaysApart:
    """The same holiday at most once in any `years` in a row; all shifts on one year's are one."""

    years: int
    name: str = "holidays_apart"

    @property
    def text(self) -> str:
        """How a person reads it."""
        return f"holidays_apart {self.years}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """For each person, holiday and run of years the shifts on it: of one year alone."""
        for engineer, numbers in enumerate(problem.open_to):
            by_name: dict[str, dict[int, list[Duty]]] = defaultdict(lambda: defaultdict(list))
            for number in numbers:
                for feast in problem.feasts[number]:
                    by_name[feast.name][feast.year].append((engineer, number))
            for by_year in by_name.values():
                yield from _once_in_a_run(by_year, self.years)


@dataclass(frozen=True, slots=True)
class NeverTogether:
    """Two people who are never on the same shift."""

    one: str
    other: str
    name: str = "never_together"

    @property
    def text(self) -> str:
        """How a person reads it."""
        return f"never_together {self.one} and {self.other}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """One limit for each shift that both could take."""
        numbers = {engineer.id: index for index, engineer in enumerate(problem.engineers)}
        if self.one in numbers and self.other in numbers:
            pair = numbers[self.one], numbers[self.other]
            for number in sorted(set(problem.open_to[pair[0]]) & set(problem.open_to[pair[1]])):
                yield Limit(1, tuple(((each, number),) for each in pair))


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
    if settings.holidays_apart > 1:
        rules.append(HolidaysApart(settings.holidays_apart))
    rules += [NeverTogether(*pair) for pair in settings.never_together]
    return with_exceptions(tuple(rules), settings, rules_of)
