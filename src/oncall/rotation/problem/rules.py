"""The hard rules on the duties of one engineer or of two, each as a list of limits. No solver is needed.

A rule states which duties exclude each other. The models turn its limits into constraints, the explanation of an
infeasible roster switches whole rules off, and `rotation.check` checks each rule separately, with its own code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from oncall.rosters.roster import RotationRules
from oncall.rotation.problem.eligibility import weekend_number
from oncall.rotation.problem.hour_rules import MaxHoursPerWeek, MaxShifts, MinRestHours
from oncall.rotation.problem.outside_shifts import PeriodOf, month_of, week_of
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Limit, Rule
from oncall.rotation.problem.rule_relaxations import with_relaxations
from oncall.schedule.plan import Shift

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class RestNights:
    """At least this many free nights lie between two shifts of one engineer, in whatever roles."""

    nights: int
    name: str = "rest_nights"

    @property
    def text(self) -> str:
        """Return the rule with its number, for messages."""
        return f"rest_nights {self.nights}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield one limit for each engineer and set of conflicting shifts: the engineer takes at most one of them.

        Two shifts exclude each other exactly if their spans `[first_night, end_night + rest)` overlap. Spans of which
        any two overlap all have a night in common, so that these sets are equivalent to all pairs.
        """
        for engineer, numbers in enumerate(problem.eligible_shifts):
            groups = {number: (Duty(engineer, number),) for number in numbers}
            for conflict in rest_conflicts(problem.unit_spans, problem.first_of_units(numbers), self.nights):
                yield Limit(1, tuple(groups[number] for number in conflict))


def rest_conflicts(shifts: Sequence[Shift], numbers: Sequence[int], rest: int) -> Iterator[tuple[int, ...]]:
    """Yield the largest sets of shifts of which an engineer may take only one under the rest rule.

    numbers: the shifts to examine, in time order. rest: the free nights required between two shifts.
    """
    close: list[int] = []
    for number in numbers:
        still_close = [each for each in close if are_too_close(shifts[each], shifts[number], rest)]
        if len(still_close) < len(close) and len(close) > 1:
            yield tuple(close)
        close = [*still_close, number]
    if len(close) > 1:
        yield tuple(close)


def are_too_close(earlier: Shift, later: Shift, rest: int) -> bool:
    """Return True if one engineer may not take both shifts: they overlap, or have too few free nights between them.

    No rest is needed between the shifts of one turn.
    """
    if earlier.turn is not None and earlier.turn == later.turn:
        return later.window.start < earlier.window.end
    return later.first_night - earlier.end_night < rest or later.window.start < earlier.window.end


@dataclass(frozen=True, slots=True)
class WeekendsApart:
    """At most one weekend in any `weekends` in a row. The daily shifts of one weekend count as one weekend."""

    weekends: int
    name: str = "weekends_apart"

    @property
    def text(self) -> str:
        """Return the rule with its number, for messages."""
        return f"weekends_apart {self.weekends}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield one limit for each engineer and run of weekends: the engineer works on at most one of them."""
        for engineer, numbers in enumerate(problem.eligible_shifts):
            by_weekend = _grouped(engineer, numbers, lambda n: _weekend_of(problem.shifts[n]))
            if problem.has_turns:
                yield from _one_turn_in_a_row(problem, by_weekend, self.weekends)
            else:
                yield from _once_in_a_row(by_weekend, self.weekends)


def _one_turn_in_a_row(problem: Problem, by_weekend: Mapping[int, Sequence[Duty]], length: int) -> Iterator[Limit]:
    """Yield limits for turns: an engineer may have one of the turns that touch `length` weekends in a row.

    A relaxation applies to a turn by the dates of its weekend shifts. Without relaxations one duty stands for the turn.
    """
    is_relaxed = bool(problem.roster.rules.relaxed)
    found: dict[tuple[tuple[Duty, ...], ...], None] = {}
    for first in by_weekend:
        turns: dict[int, list[Duty]] = {}
        for number in range(first, first + length):
            for duty in by_weekend.get(number, ()):
                turns.setdefault(problem.unit_of[duty.shift][0], []).append(duty)
        groups = {start: duties if is_relaxed else [duties[0]._replace(shift=start)] for start, duties in turns.items()}
        found[tuple(tuple(duties) for duties in groups.values())] = None
    yield from (Limit(1, groups) for groups in found if len(groups) > 1)


def _once_in_a_row(by_number: Mapping[int, Sequence[Duty]], length: int) -> Iterator[Limit]:
    """Yield limits: of any `length` numbers in a row, a plan may contain duties of only one number."""
    covered_to = -1
    numbers = sorted(by_number)
    for first in numbers:
        run = [each for each in numbers if first <= each < first + length]
        if len(run) > 1 and run[-1] > covered_to:
            covered_to = run[-1]
            yield Limit(1, tuple(tuple(by_number[each]) for each in run))


def _weekend_of(shift: Shift) -> int | None:
    return weekend_number(shift) if shift.is_weekend else None


@dataclass(frozen=True, slots=True)
class MaxShiftsPerWeek:
    """The most shifts of one engineer that may start in one ISO week."""

    most: int
    name: str = "max_shifts_per_week"

    @property
    def text(self) -> str:
        """Return the rule with its number, for messages."""
        return f"max_shifts_per_week {self.most}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield one limit for each engineer and week in which they could exceed the maximum."""
        return _at_most_in_each(problem, self.most, week_of)


@dataclass(frozen=True, slots=True)
class MaxShiftsPerMonth:
    """The most shifts of one engineer that may start in one calendar month."""

    most: int
    name: str = "max_shifts_per_month"

    @property
    def text(self) -> str:
        """Return the rule with its number, for messages."""
        return f"max_shifts_per_month {self.most}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield one limit for each engineer and month in which they could exceed the maximum."""
        return _at_most_in_each(problem, self.most, month_of)


def _at_most_in_each(problem: Problem, most: int, period_of: PeriodOf) -> Iterator[Limit]:
    for engineer, numbers in enumerate(problem.eligible_shifts):
        who = problem.engineers[engineer].id
        for period, duties in _grouped(engineer, numbers, lambda n: period_of(problem.shifts[n])).items():
            # Outside shifts count too. Where they reach the maximum, the engineer is eligible for no shift anyway.
            left = most - problem.outside_shifts.count_in(who, period_of, period)
            if len(duties) > left >= 1:
                yield Limit(left, tuple((duty,) for duty in duties))


@dataclass(frozen=True, slots=True)
class HolidaysApart:
    """The same holiday at most once in any `years` in a row. Several shifts on one year's holiday count as one."""

    years: int
    name: str = "holidays_apart"

    @property
    def text(self) -> str:
        """Return the rule with its number, for messages."""
        return f"holidays_apart {self.years}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield one limit for each engineer, holiday and run of years: the engineer has it in at most one of these."""
        for engineer, numbers in enumerate(problem.eligible_shifts):
            by_name: dict[str, dict[int, list[Duty]]] = defaultdict(lambda: defaultdict(list))
            for number in numbers:
                for holiday in problem.holidays[number]:
                    by_name[holiday.name][holiday.year].append(Duty(engineer, number))
            for by_year in by_name.values():
                yield from _once_in_a_row(by_year, self.years)


@dataclass(frozen=True, slots=True)
class NeverTogether:
    """Two engineers, by id, who are never on the same shift."""

    one: str
    other: str
    name: str = "never_together"

    @property
    def text(self) -> str:
        """Return the rule with its engineers, for messages."""
        return f"never_together {self.one} and {self.other}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield one limit for each shift that both engineers could take."""
        numbers = {engineer.id: index for index, engineer in enumerate(problem.engineers)}
        if self.one in numbers and self.other in numbers:
            pair = numbers[self.one], numbers[self.other]
            for number in sorted(set(problem.eligible_shifts[pair[0]]) & set(problem.eligible_shifts[pair[1]])):
                yield Limit(1, tuple((Duty(each, number),) for each in pair))


def _grouped(engineer: int, numbers: Sequence[int], key: Callable[[int], K | None]) -> dict[K, list[Duty]]:
    """Return one engineer's duties in groups, by the key of the shift's number. Those with key None are left out."""
    groups: dict[K, list[Duty]] = defaultdict(list)
    for number in numbers:
        found = key(number)
        if found is not None:
            groups[found].append(Duty(engineer, number))
    return groups


def rules_of(settings: RotationRules) -> tuple[Rule, ...]:
    """Return the hard rules that a roster switches on, with its relaxations, always in the same order."""
    rules: list[Rule] = [RestNights(settings.rest_nights)]
    if settings.weekends_apart > 1:
        rules.append(WeekendsApart(settings.weekends_apart))
    if settings.max_shifts_per_week is not None:
        rules.append(MaxShiftsPerWeek(settings.max_shifts_per_week))
    if settings.max_shifts_per_month is not None:
        rules.append(MaxShiftsPerMonth(settings.max_shifts_per_month))
    if settings.holidays_apart > 1:
        rules.append(HolidaysApart(settings.holidays_apart))
    if settings.min_rest_hours:
        rules.append(MinRestHours(settings.min_rest_hours))
    if settings.max_hours_per_week is not None:
        rules.append(MaxHoursPerWeek(settings.max_hours_per_week))
    rules += [MaxShifts(*each) for each in settings.max_shifts]
    rules += [NeverTogether(*pair) for pair in settings.never_together]
    return with_relaxations(tuple(rules), settings, rules_of)
