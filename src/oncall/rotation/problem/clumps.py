"""Clumps: the largest distance, over any four weeks in a row, between what an engineer carries and their share.

An engineer's share of four weeks depends on the shifts that joining, leaving and leave allow them: if a tenth of these
shifts is in the four weeks, it is a tenth of the engineer's share of all kinds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from oncall.rotation.problem.eligibility import is_member_for, weekend_number
from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.schedule.plan import Clumps

WEEKS = 4
"""How many weeks in a row are one span."""


def stated_clumps(problem: Problem, seats: Iterable[StaffedSeat]) -> Clumps | None:
    """Return how clumped these seats are: the largest distance from a share in four weeks in a row, and a lower bound.

    None for a plan of fewer than four weeks.
    """
    measure = ClumpMeasure(problem)
    if not measure.spans:
        return None
    distance = measure.distance(seats)
    return Clumps(round(1000 * distance), round(1000 * min(distance, measure.least)))


class ClumpMeasure:
    """The weeks of a problem, and every engineer's share of each span (four weeks in a row).

    Engineers have their numbers in the problem; weeks and spans are numbered from 0. A plan of fewer than four weeks
    has no spans.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        first = weekend_number(problem.shifts[0])
        self.weeks = [weekend_number(shift) - first for shift in problem.shifts]
        """The number of each shift's week."""
        self.spans = max(0, self.weeks[-1] + 2 - WEEKS)

    @cached_property
    def shares(self) -> list[list[Fraction]]:
        """Return the share of each span, by the engineer's number and then the span."""
        return [self._shares_of(engineer) for engineer in range(len(self._problem.engineers))]

    def _shares_of(self, engineer: int) -> list[Fraction]:
        problem = self._problem
        person, rule = problem.engineers[engineer], problem.days_off_rule
        able = Counter(
            week for week, shift in zip(self.weeks, problem.shifts, strict=True) if is_member_for(person, shift, rule)
        )
        total = able.total()
        rate = problem.shares.of_all_kinds(person.id) / total if total else Fraction(0)
        return [rate * count for count in self.sums(able)]

    def sums(self, by_week: Counter[int]) -> list[int]:
        """Return, for each span, the sum of a count that is given by week."""
        before = [0, *accumulate(by_week[week] for week in range(self.weeks[-1] + 1))]
        return [before[span + WEEKS] - before[span] for span in range(self.spans)]

    def weeks_of(self, span: int) -> range:
        """Return the numbers of the weeks of a span."""
        return range(span, span + WEEKS)

    def distance(self, seats: Iterable[StaffedSeat]) -> Fraction:
        """Return the largest distance between an engineer's number of shifts in a span and their share of it."""
        carried: list[Counter[int]] = [Counter() for _ in self._problem.engineers]
        for seat in seats:
            carried[seat.engineer][self.weeks[seat.shift]] += 1
        return max(
            (
                abs(count - share)
                for by_week, shares in zip(carried, self.shares, strict=True)
                for count, share in zip(self.sums(by_week), shares, strict=True)
            ),
            default=Fraction(0),
        )

    @property
    def least(self) -> Fraction:
        """Return a lower bound on the distance of any plan: engineers carry whole shifts, but shares are fractions."""
        every = (share for own in self.shares for share in own)
        return max((abs(max(0, round(share)) - share) for share in every), default=Fraction(0))

    def duties_in(self, engineer: int, span: int, numbers: Sequence[int]) -> list[Duty]:
        """Return the engineer's duties on those shifts of `numbers` that are in a span."""
        return [Duty(engineer, number) for number in numbers if span <= self.weeks[number] < span + WEEKS]
