"""The squared distance of an engineer's points from their share, in the second opinion's linear model."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor, isqrt, lcm

from ortools.math_opt.python import mathopt

_MOST_LINES = 80
"""The most straight lines that approximate the squared distance of one engineer's points at first."""

Values = Mapping[mathopt.Variable, float]
"""The values of the model's variables in a solution."""


class SquaredDistance:
    """A variable that is at least the squared distance of an engineer's points from their share.

    points: the points of each open shift, with the shift's variable. most: larger squared distances need not be
    correct. The variable lies above straight lines through neighbouring possible sums, so that it is exact if there are
    few sums. If there are many, it can be too low at first; `refine` makes it exact for the points of a solution.
    """

    def __init__(
        self,
        model: mathopt.Model,
        points: Sequence[tuple[Fraction, mathopt.Variable]],
        share: Fraction,
        most: Fraction,
    ) -> None:
        self._model, self._points, self._share = model, points, share
        reach = Fraction(isqrt(floor(most) + 1) + 1)
        self._total = model.add_variable(lb=float(share - reach), ub=float(share + reach))
        model.add_linear_constraint(mathopt.fast_sum([float(each) * on for each, on in points]) == self._total)
        self.variable = model.add_variable(lb=0)
        self._sums = _sums(Counter(each for each, _ in points), share - reach, share + reach)
        if len(self._sums) <= _MOST_LINES:
            lines = list(pairwise(self._sums))
        else:
            # Tangents are never above the square.
            some = [share - reach + 2 * reach * step / _MOST_LINES for step in range(_MOST_LINES + 1)]
            lines = [(each, each) for each in some]
        if len(self._sums) == 1:
            lines.append((self._sums[0], self._sums[0]))
        self._lines: set[tuple[Fraction, Fraction]] = set()
        self._add(lines)

    def of(self, values: Values) -> Fraction:
        """Return the exact squared distance in a solution."""
        return (self._carried(values) - self._share) ** 2

    def refine(self, values: Values) -> None:
        """Make the variable exact for the points of a solution."""
        place = bisect_left(self._sums, self._carried(values))
        self._add(list(pairwise(self._sums[max(0, place - 1) : place + 2])))

    def _carried(self, values: Values) -> Fraction:
        return sum((worth for worth, on in self._points if values[on] > 0.5), Fraction(0))

    def _add(self, lines: Sequence[tuple[Fraction, Fraction]]) -> None:
        """Keep the variable above the lines through two points of the parabola each, given by their sums."""
        for one, other in lines:
            if (one, other) not in self._lines:
                self._lines.add((one, other))
                slope, base = one + other - 2 * self._share, self._share**2 - one * other
                self._model.add_linear_constraint(self.variable >= float(slope) * self._total + float(base))


def _sums(points: Mapping[Fraction, int], low: Fraction, high: Fraction) -> list[Fraction]:
    """Return every sum of these points between two limits, in order. points: how many shifts have each value."""
    unit = lcm(*(worth.denominator for worth in points))
    sums, most = {0}, floor(high * unit)
    for worth, many in points.items():
        step = int(worth * unit)
        if step:
            sums = {more for each in sums for more in range(each, min(each + step * many, most) + 1, step)}
    return [Fraction(each, unit) for each in sorted(sums) if each >= low * unit]
