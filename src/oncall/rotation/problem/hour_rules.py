"""The hard rules on rest hours, on hours in seven days, and on an engineer's number of shifts in a plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Limit
from oncall.schedule.plan import Shift

SEVEN_DAYS = timedelta(days=7)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class MinRestHours:
    """At least this many hours lie between two shifts of one engineer, in whatever roles.

    The shifts of one turn count as one shift.
    """

    hours: int
    name: str = "min_rest_hours"

    @property
    def text(self) -> str:
        """Return the rule with its number, for messages."""
        return f"min_rest_hours {self.hours}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield one limit for each engineer and set of shifts that are too close: the engineer takes at most one."""
        rest = timedelta(hours=self.hours)
        for engineer, numbers in enumerate(problem.eligible_shifts):
            close: list[int] = []
            for number in problem.first_of_units(numbers):
                start = problem.unit_spans[number].window.start
                still = [each for each in close if start < problem.unit_spans[each].window.end + rest]
                if len(still) < len(close) and len(close) > 1:
                    yield _one_of(engineer, close)
                close = [*still, number]
            if len(close) > 1:
                yield _one_of(engineer, close)


def _one_of(engineer: int, numbers: Sequence[int]) -> Limit:
    return Limit(1, tuple((Duty(engineer, number),) for number in numbers))


@dataclass(frozen=True, slots=True)
class MaxHoursPerWeek:
    """The most on-call hours of one engineer in any seven days in a row. Outside shifts count too."""

    hours: int
    name: str = "max_hours_per_week"

    @property
    def text(self) -> str:
        """Return the rule with its number, for messages."""
        return f"max_hours_per_week {self.hours}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield one limit for each engineer and seven days in a row in which they could exceed the maximum.

        Only seven days that begin or end with a shift are checked, because no other seven days have more hours.
        """
        for engineer, numbers in enumerate(problem.eligible_shifts):
            outside = problem.outside_shifts.of(problem.engineers[engineer].id)
            own = [problem.shifts[number] for number in numbers]
            for begin in begins_of([*own, *outside]):
                left = self.hours * 60 - sum(minutes_in(shift, begin) for shift in outside)
                weighted = [(number, minutes_in(problem.shifts[number], begin)) for number in numbers]
                inside = [(number, minutes) for number, minutes in weighted if minutes]
                groups = tuple((Duty(engineer, number),) for number, _ in inside)
                limit = Limit(max(0, left), groups, tuple(minutes for _, minutes in inside))
                if groups and limit.can_be_exceeded:
                    yield limit


def begins_of(shifts: Sequence[Shift]) -> list[datetime]:
    """Return the start of each span of seven days that begins with a shift's start or ends with a shift's end."""
    ends = [shift.window.end - SEVEN_DAYS for shift in shifts]
    return sorted({*(shift.window.start for shift in shifts), *ends})


def minutes_in(shift: Shift, begin: datetime) -> int:
    """Return how many minutes of a shift are in the seven days from `begin` on."""
    start, end = max(shift.window.start, begin), min(shift.window.end, begin + SEVEN_DAYS)
    return max(0, (end - start) // _MINUTE)


@dataclass(frozen=True, slots=True)
class MaxShifts:
    """The most shifts of one engineer (by id) in a plan."""

    who: str
    most: int
    name: str = "max_shifts"

    @property
    def text(self) -> str:
        """Return the rule with its engineer and number, for messages."""
        return f"max_shifts {self.most} of {self.who}"

    def limits(self, problem: Problem) -> Iterator[Limit]:
        """Yield the limit if the engineer could exceed the maximum; nothing otherwise."""
        engineer = next((n for n, each in enumerate(problem.engineers) if each.id == self.who), None)
        if engineer is not None and len(problem.eligible_shifts[engineer]) > self.most:
            groups = tuple((Duty(engineer, number),) for number in problem.eligible_shifts[engineer])
            yield Limit(self.most, groups)
