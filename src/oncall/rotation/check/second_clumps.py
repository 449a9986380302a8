"""The search for the least clumps in the second opinion's model: which distance to ask for next, and what is known."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from ortools.math_opt.python import mathopt


@dataclass(frozen=True, slots=True)
class Span:
    """Four weeks in a row of one engineer.

    numbers: the open shifts in them that the engineer can have. had: settled duties in them. held: all duties that the
    plan has in them. share: the engineer's share of these weeks. row: limits the open duties.
    """

    engineer: str
    numbers: frozenset[int]
    had: int
    held: int
    share: Fraction
    row: mathopt.LinearConstraint


class SpanSearch:
    """The distances that are known, and the next one to ask for.

    value: the plan's own distance. bound: no plan has less. best: the least that was found.
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
        """Return the numbers of duties nearest to the share."""
        most = span.had + len(span.numbers)
        return {min(most, max(span.had, near)) for near in (floor(span.share), ceil(span.share))}

    def next_level(self) -> Fraction | None:
        """Return a distance below the best to ask for; None if there is none left.

        The first one is just below the plan's own, because that is a proof if no plan has it. After that, the middle of
        those that are still open.
        """
        levels = [each for each in self._levels() if self._undecided is None or each < self._undecided]
        if not levels:
            return None
        is_first = self.best == self.value and self._undecided is None
        return levels[-1] if is_first else levels[(len(levels) - 1) // 2]

    def _levels(self) -> list[Fraction]:
        """Return the distances between the bound and the best that a plan can have, from low to high."""
        found = {self.bound}
        for span in self.spans:
            low = max(span.had, ceil(span.share - self.best))
            high = min(span.had + len(span.numbers), floor(span.share + self.best))
            found.update(abs(count - span.share) for count in range(low, high + 1))
        return sorted(each for each in found if self.bound <= each < self.best)

    def limit(self, distance: Fraction) -> bool:
        """Keep every span within a distance of its share; return False if no number of duties is."""
        for span in self.spans:
            low, high = ceil(span.share - distance) - span.had, floor(span.share + distance) - span.had
            low, high = max(0, low), min(high, len(span.numbers))
            if low > high:
                return False
            span.row.lower_bound, span.row.upper_bound = float(low), float(high)
        return True

    def note_impossible(self, level: Fraction) -> None:
        """Raise the bound: no plan has this distance or less."""
        self.bound = next((each for each in self._levels() if each > level), self.best)

    def note_found(self, duties: Set[tuple[str, int]]) -> None:
        """Lower the best to the distance of these open duties, by engineer and shift."""
        distance = max(
            abs(span.had + sum((span.engineer, number) in duties for number in span.numbers) - span.share)
            for span in self.spans
        )
        self.best = min(self.best, distance)

    def note_undecided(self, level: Fraction) -> None:
        """Ask only for smaller distances from now on."""
        self._undecided = level
