"""Searches for the least clumps in the second opinion's model: chooses the next distance, and records results."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from ortools.math_opt.python import mathopt


@dataclass(frozen=True, slots=True)
class Span:
    """Four weeks in a row of one engineer.

    numbers: the open shifts in these weeks that the engineer can have. had: how many settled duties are in them. held:
    how many duties the plan has in them. share: the engineer's share of these weeks. row: limits the number of open
    duties.
    """

    engineer: str
    numbers: frozenset[int]
    had: int
    held: int
    share: Fraction
    row: mathopt.LinearConstraint


class SpanSearch:
    """Chooses distances to ask the solver for, and records its answers.

    value: the plan's own distance. bound: no plan has a smaller distance. best: the smallest distance found.
    """

    def __init__(self, spans: list[Span]) -> None:
        self.spans = spans
        self.value = max((abs(span.held - span.share) for span in spans), default=Fraction(0))
        self.best = self.value
        nearest = (min(abs(count - span.share) for count in self._counts(span)) for span in spans)
        self.bound = min(self.value, max(nearest, default=Fraction(0)))
        # The least distance about which the solver did not decide in its time.
        self._undecided: Fraction | None = None

    @staticmethod
    def _counts(span: Span) -> set[int]:
        """Return the possible numbers of duties that are nearest to the share."""
        most = span.had + len(span.numbers)
        return {min(most, max(span.had, near)) for near in (floor(span.share), ceil(span.share))}

    def next_level(self) -> Fraction | None:
        """Return a distance below the best one to ask for; None if there is none left.

        The first one is just below the plan's own distance: if no plan has it, the plan is proven best. After that, it
        is the middle one of the distances still possible.
        """
        levels = [each for each in self._levels() if self._undecided is None or each < self._undecided]
        if not levels:
            return None
        is_first = self.best == self.value and self._undecided is None
        return levels[-1] if is_first else levels[(len(levels) - 1) // 2]

    def _levels(self) -> list[Fraction]:
        """Return the distances that a plan can have, from the bound up to the best one (not included), rising."""
        found = {self.bound}
        for span in self.spans:
            low = max(span.had, ceil(span.share - self.best))
            high = min(span.had + len(span.numbers), floor(span.share + self.best))
            found.update(abs(count - span.share) for count in range(low, high + 1))
        return sorted(each for each in found if self.bound <= each < self.best)

    def limit(self, distance: Fraction) -> bool:
        """Limit every span to this distance from its share in the model.

        Returns False if some span cannot keep to it.
        """
        for span in self.spans:
            low, high = ceil(span.share - distance) - span.had, floor(span.share + distance) - span.had
            low, high = max(0, low), min(high, len(span.numbers))
            if low > high:
                return False
            span.row.lower_bound, span.row.upper_bound = float(low), float(high)
        return True

    def note_impossible(self, level: Fraction) -> None:
        """Record that no plan has this distance or a smaller one: raises the bound."""
        self.bound = next((each for each in self._levels() if each > level), self.best)

    def note_found(self, duties: Set[tuple[str, int]]) -> None:
        """Record a plan that was found: lowers the best distance to the plan's, if it is smaller.

        duties: the open duties of the plan, as (engineer's id, number of the shift).
        """
        distance = max(
            abs(span.had + sum((span.engineer, number) in duties for number in span.numbers) - span.share)
            for span in self.spans
        )
        self.best = min(self.best, distance)

    def note_undecided(self, level: Fraction) -> None:
        """Record that the solver did not decide about this distance: only smaller ones are asked for from now on."""
        self._undecided = level
