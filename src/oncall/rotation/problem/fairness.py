"""The loads of a finished plan and their shares, as numbers and as a table. `rotation.report` draws them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from oncall.rosters.roster import Roster
from oncall.rotation.problem.cost import counted_seats, fairness_of
from oncall.rotation.problem.shares import shares_of
from oncall.schedule.plan import EngineerFairness, Fairness, Load, Plan, Shift
from oncall.schedule.shifts import ShiftFacts

if TYPE_CHECKING:
    import pandas as pd

ALL_ROLES = "all"
"""The name of all roles together in the table."""
ALL_KINDS = "all kinds"
"""The name of all kinds of shift together in charts."""


def fairness_of_plan(plan: Plan, roster: Roster) -> Fairness:
    """Return the cost and loads of a plan, computed from its seats. The bound is that of the plan's proof, or 0."""
    shares = shares_of(roster, shifts_of_plan(plan, roster), plan.balances)
    return fairness_of(counted_seats(plan.seats), shares, bound=plan.fairness.bound if plan.fairness else 0)


def shifts_of_plan(plan: Plan, roster: Roster) -> tuple[Shift, ...]:
    """Return the shifts of the plan's seats, in time order. Days and nights are in the policy's zone."""
    kinds = {seat.window: seat.kind for seat in plan.seats}
    facts = ShiftFacts.of(roster)
    return tuple(facts.shift(window, kinds[window]) for window in sorted(kinds, key=lambda window: window.start))


class KindLoads(NamedTuple):
    """The loads of one kind of shift, or of all kinds together.

    loads: for each engineer's id, the loads by role; None is all roles together.
    """

    name: str
    loads: list[tuple[str, dict[str | None, Load]]]


def loads_by_kind(fairness: Fairness) -> list[KindLoads]:
    """Return the loads of each kind, and then of all kinds together if there is more than one.

    Engineers without a share of a kind are left out of its loads, if they have shares of other kinds.
    """
    kinds = list(dict.fromkeys(load.kind for each in fairness.engineers for load in each.loads))
    found = []
    for kind in kinds:
        takers = [each for each in fairness.engineers if _has_load(each, kind) or not any(map(_counts, each.loads))]
        of_kind = ((each.engineer, [load for load in each.loads if load.kind is kind]) for each in takers)
        found.append(KindLoads(str(kind), [(who, {load.role: load for load in loads}) for who, loads in of_kind]))
    if len(kinds) > 1:
        totals = [(each.engineer, _totals(each.loads)) for each in fairness.engineers]
        found.append(KindLoads(ALL_KINDS, totals))
    return found


def _counts(load: Load) -> bool:
    return bool(load.count or load.share)


def _has_load(engineer: EngineerFairness, kind: str) -> bool:
    return any(_counts(load) for load in engineer.loads if load.kind == kind)


def _totals(loads: Iterable[Load]) -> dict[str | None, Load]:
    """Return the loads of all kinds together, by role."""
    totals: dict[str | None, Load] = {}
    for load in loads:
        before = totals.get(load.role)
        count, share = (before.count, before.share) if before is not None else (0, 0.0)
        totals[load.role] = replace(load, count=count + load.count, share=share + load.share)
    return totals


def load_table(fairness: Fairness) -> pd.DataFrame:
    """Return one row for each engineer, kind and role (`all`: all roles together): count, share and difference."""
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
