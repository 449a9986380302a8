"""Even points in a solver's model: the squared distances of engineers' points from their shares, added up.

`point_choices` has a form of them that is faster to prove, for most plans.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

from ortools.sat.python import cp_model

from oncall.rotation.problem.points import PointsMeasure
from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat

_PRECISION = 1000
"""The linear part of a squared distance is rounded to this fraction of a unit."""


def add_squares(
    model: cp_model.CpModel, problem: Problem, measure: PointsMeasure, on_duty: Mapping[Duty, cp_model.IntVar]
) -> cp_model.LinearExprT:
    """Add and return the unevenness of the points. It is scaled and has no constant part, like `points_value`."""
    parts: list[cp_model.LinearExprT] = []
    for number, (near, slope) in enumerate(_centres(problem, measure)):
        duties = [
            (measure.weights[problem.shifts[shift].kind], on_duty[Duty(number, shift)])
            for shift in problem.eligible_shifts[number]
        ]
        most = sum(weight for weight, _ in duties) + abs(near)
        distance = model.new_int_var(-most, most, "")
        model.add(distance == cp_model.LinearExpr.sum([weight * literal for weight, literal in duties]) - near)
        square = model.new_int_var(0, most**2, "")
        model.add_multiplication_equality(square, [distance, distance])
        parts += [_PRECISION * square, -slope * distance]
    return cp_model.LinearExpr.sum(parts)


def points_value(problem: Problem, measure: PointsMeasure, seats: Iterable[StaffedSeat]) -> int:
    """Return the unevenness of the points of these seats, as the models compute it."""
    totals: Counter[int] = Counter()
    for seat in seats:
        totals[seat.engineer] += measure.weights[problem.shifts[seat.shift].kind]
    return sum(unevenness_of_points(problem, measure, each, totals[each]) for each in range(len(problem.engineers)))


def unevenness_of_points(problem: Problem, measure: PointsMeasure, engineer: int, total: int) -> int:
    """Return one engineer's part of `points_value`. total: their points, in units."""
    near, slope = _centre(measure.share_of[problem.engineers[engineer].id])
    return _PRECISION * (total - near) ** 2 - slope * (total - near)


def _centres(problem: Problem, measure: PointsMeasure) -> list[tuple[int, int]]:
    """Return, for each engineer, the whole number nearest to their share, and the slope for the remaining fraction."""
    return [_centre(measure.share_of[engineer.id]) for engineer in problem.engineers]


def _centre(share: Fraction) -> tuple[int, int]:
    return round(share), round(2 * _PRECISION * (share - round(share)))
