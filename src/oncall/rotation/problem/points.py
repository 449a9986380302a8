"""Points: one more total over all kinds, for teams whose shifts have different weights (`rotation.points`).

Totals are counted in small whole units, so that a solver can square them exactly. With `hours`, the points of a kind
are the mean length of its shifts in the plan, rounded to six minutes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import reduce
from math import gcd

from oncall.rosters.roster import Points
from oncall.rotation.problem.cost import CountedSeat
from oncall.rotation.problem.shares import Shares
from oncall.schedule.plan import Shift
from oncall.support.windows import Window, WindowKind

_PER_HOUR, _PER_POINT = 10, 1000


@dataclass(frozen=True, slots=True)
class PointTotal:
    """The points that one engineer carries (`points`) and should carry (`share`), over all kinds and roles."""

    engineer: str
    points: Fraction
    share: Fraction


@dataclass(frozen=True)
class PointsMeasure:
    """How points are counted in a plan. weights: the units of a shift, by kind. unit: the points of one unit.

    share_of: each engineer's share in units, by engineer id. name: `hours` or `points`.
    """

    name: str
    weights: Mapping[WindowKind, int]
    unit: Fraction
    share_of: Mapping[str, Fraction]

    @classmethod
    def of(cls, points: Points, shifts: Sequence[Shift], shares: Shares) -> PointsMeasure:
        """Return how points are counted in a plan of these shifts."""
        windows = {shift.window: shift.kind for shift in shifts}
        exact = _hours(windows) if points.is_hours else {kind: points.of(kind) * _PER_POINT for kind in shares.totals}
        units = {kind: round(number) for kind, number in exact.items()}
        common = reduce(gcd, units.values(), 0) or 1
        weights = {kind: number // common for kind, number in units.items()}
        unit = Fraction(common, _PER_HOUR if points.is_hours else _PER_POINT)
        share_of = {
            who: sum((weights[kind] * shares.of(kind, None, who) for kind in shares.totals), Fraction(0))
            for who in shares.weights
        }
        return cls("hours" if points.is_hours else "points", weights, unit, share_of)

    def totals(self, seats: Iterable[CountedSeat]) -> list[PointTotal]:
        """Return the total and the share of every engineer, in points. Seats of kinds without shares are ignored."""
        counts = Counter(seat.engineer for seat in seats for _ in range(self.weights.get(seat.kind, 0)))
        return [PointTotal(who, counts[who] * self.unit, share * self.unit) for who, share in self.share_of.items()]

    def furthest(self, seats: Iterable[CountedSeat]) -> Fraction:
        """Return the largest distance of an engineer's total from their share, in points."""
        return max((abs(each.points - each.share) for each in self.totals(seats)), default=Fraction(0))


def points_of_kinds(
    points: Points, windows: Mapping[Window, WindowKind]
) -> tuple[str, Callable[[WindowKind], Fraction]]:
    """Return the unit's name (`hours` or `points`), and a function for the points of a shift of a kind.

    windows: the shifts, each with its kind. With `hours`, a kind's points are the mean length of its shifts.
    """
    if not points.is_hours:
        return "points", points.of
    units = _hours(windows)
    return "hours", lambda kind: Fraction(round(units.get(kind, Fraction(0))), _PER_HOUR)


def _hours(windows: Mapping[Window, WindowKind]) -> dict[WindowKind, Fraction]:
    """Return the mean length of the shifts of each kind, in units of six minutes."""
    lengths: dict[WindowKind, list[timedelta]] = defaultdict(list)
    for window, kind in windows.items():
        lengths[kind].append(window.end - window.start)
    second = timedelta(seconds=1)
    return {
        kind: Fraction(sum(each // second for each in own), len(own)) / 3600 * _PER_HOUR
        for kind, own in lengths.items()
    }
