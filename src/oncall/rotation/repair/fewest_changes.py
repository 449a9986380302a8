"""Finds the fewest seats that must change so that a plan keeps its rules, and the cheapest plan with so few changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from oncall.rosters.roster import Roster
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_costs import RepairCosts
from oncall.rotation.repair.repair_evenness import evened_out
from oncall.rotation.repair.repair_result import SeatChange
from oncall.rotation.repair.repair_search import RepairedSeats, RepairSearch
from oncall.rotation.solve.search import Search
from oncall.schedule.plan import Plan, Shift

COST_EFFORT = 1.0
"""Deterministic seconds to look for the cheapest plan with the fewest changes."""


@dataclass(frozen=True, slots=True)
class FewestChanges:
    """The seats that change. is_proven: no plan that keeps the rules changes fewer seats."""

    changes: tuple[SeatChange, ...]
    is_proven: bool


def fewest_changes(
    roster: Roster,
    shifts: Sequence[Shift],
    plan: Plan,
    context: PlanningContext,
    *,
    first_open: date,
    time_limit: timedelta | None = None,
) -> FewestChanges:
    """Return the fewest seats of shifts from `first_open` on that must change.

    roster: as it is now, with the new absence. shifts: all shifts of the plan. time_limit: wall time; None for no
    limit. Raises PlanInfeasible, with the rules that conflict, if no plan keeps them, and Refused if the time was over
    before a plan was found.
    """
    search = Search(seed=0, time_limit=time_limit)
    baseline = RepairBaseline(roster, shifts, plan, first_open, context)
    costs = RepairCosts(baseline)
    searches = RepairSearch(baseline, costs, frozenset(), search)
    first, is_proven = searches.fewest_changes()
    found = searches.lowest_cost(baseline.changes(first.seats), effort=COST_EFFORT) or first
    found = replace(found, seats=evened_out(baseline, costs, frozenset(), found.seats, search))
    return FewestChanges(tuple(_changes(baseline, found)), is_proven)


def _changes(baseline: RepairBaseline, found: RepairedSeats) -> list[SeatChange]:
    changes = []
    for seat in found.seats:
        shift = baseline.open.shifts[seat.shift]
        before, after = baseline.holders[seat.shift, seat.role], baseline.open.engineers[seat.engineer].id
        if before not in (None, after):
            changes.append(SeatChange(shift.window, shift.kind, seat.role, before, after))
    return changes
