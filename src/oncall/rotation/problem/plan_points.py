"""Computes the points of a finished plan (`rotation.points`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oncall.rosters.roster import Roster
from oncall.rotation.problem.cost import counted_seats
from oncall.rotation.problem.fairness import shifts_of_plan
from oncall.rotation.problem.points import PointsMeasure, PointTotal
from oncall.rotation.problem.shares import shares_of
from oncall.schedule.plan import Plan


@dataclass(frozen=True, slots=True)
class PlanPoints:
    """The points that each engineer carries and should carry in a plan.

    name: the unit, `hours` if each hour is one point, else `points`.
    """

    name: str
    totals: Sequence[PointTotal]


def points_of_plan(plan: Plan, roster: Roster) -> PlanPoints | None:
    """Return the points of a plan, computed from its seats; None if the roster has no `points`."""
    if roster.rules.points is None:
        return None
    shifts = shifts_of_plan(plan, roster)
    measure = PointsMeasure.of(roster.rules.points, shifts, shares_of(roster, shifts, plan.balances))
    return PlanPoints(measure.name, measure.totals(counted_seats(plan.seats)))


def points_view(points: PlanPoints) -> list[dict[str, object]]:
    """Return the points and the share of each engineer as JSON."""
    return [
        {"engineer": each.engineer, points.name: round(float(each.points), 3), "share": round(float(each.share), 3)}
        for each in points.totals
    ]
