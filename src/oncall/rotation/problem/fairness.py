"""Who carries how much, against their share, as numbers; `drawing` makes pictures of them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.rosters.roster import Roster
from oncall.rotation.problem.cost import fairness_of
from oncall.rotation.problem.shares import shares_of
from oncall.schedule.plan import Fairness, Plan, Shift

if TYPE_CHECKING:
    import pandas as pd

ALL_ROLES = "all"


def fairness_of_plan(plan: Plan, roster: Roster) -> Fairness:
    """The loads of a plan as it stands, worked out anew; the bound is the plan's own, 0 when it has none."""
    shares = shares_of(roster, staffed_shifts(plan, roster.policy.zone), plan.balances)
    held = [(seat.kind, seat.role, seat.engineer) for seat in plan.seats]
    return fairness_of(held, shares, bound=plan.fairness.bound if plan.fairness else 0)


def staffed_shifts(plan: Plan, zone: ZoneInfo) -> tuple[Shift, ...]:
    """The shifts that the plan's seats are of, in time order, with the nights they take in `zone`."""
    kinds = {seat.window: seat.kind for seat in plan.seats}
    shifts = []
    for window in sorted(kinds, key=lambda window: window.start):
        first, last = window.start.astimezone(zone).date(), window.end.astimezone(zone).date()
        shifts.append(Shift(window, kinds[window], first, first.toordinal(), last.toordinal()))
    return tuple(shifts)


def table_of(fairness: Fairness) -> pd.DataFrame:
    """One row per engineer, kind and role (`all` is all roles together): count, share, and count less share."""
    import pandas as pd

    rows = [
        {
            "engineer": engineer.engineer,
            "kind": str(load.kind),
            "role": load.role or ALL_ROLES,
            "count": load.count,
            "share": load.share,
            "difference": load.count - load.share,
        }
        for engineer in fairness.engineers
        for load in engineer.loads
    ]
    return pd.DataFrame(rows, columns=["engineer", "kind", "role", "count", "share", "difference"])
