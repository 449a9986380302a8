"""Explains why no plan exists while some shifts are frozen: what conflicts, and which dates to open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from ortools.sat.python import cp_model

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import FixedSeat
from oncall.rotation.explain.infeasible import conflict_text
from oncall.rotation.explain.minimal_conflict import MinimalConflict, minimal_conflict
from oncall.rotation.problem.fixed_seats import seat_text
from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_model import RepairModel
from oncall.rotation.solve.search import Search, SearchStatus

EFFORT = 3.0
"""Deterministic seconds to find the fewest dates to open."""


def frozen_conflict(baseline: RepairBaseline, frozen: frozenset[StaffedSeat], search: Search) -> PlanInfeasible | None:
    """Return the error that names what conflicts with the frozen seats; None if they are not the cause."""
    days = sorted({baseline.open.shifts[seat.shift].day for seat in frozen})
    span = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
    summary = f"no plan keeps the rules while the shifts of {span} are frozen"
    status, dates = _dates_to_open(baseline, frozen, search)
    if status is SearchStatus.INFEASIBLE:
        return None
    if status is SearchStatus.UNKNOWN:
        return PlanInfeasible(f"{summary}; the search for the reason was cut short, allow more time")
    conflict = _conflict(baseline, frozen, search)
    options = " ".join(f"--open {day}" for day in dates)
    advice = f"a plan exists when {' and '.join(map(str, dates))} may change: {options}"
    return PlanInfeasible(f"{summary}{conflict_text(conflict)}", [*conflict.causes, advice])


def _dates_to_open(
    baseline: RepairBaseline, frozen: frozenset[StaffedSeat], search: Search
) -> tuple[SearchStatus, tuple[date, ...]]:
    """Return how the search ended, and the fewest frozen dates that must be opened for a plan to exist.

    Where there is a choice, late dates are preferred.
    """
    model = RepairModel(baseline)
    opened: dict[date, cp_model.IntVar] = {}
    for seat in sorted(frozen):
        day = baseline.open.shifts[seat.shift].day
        if day not in opened:
            opened[day] = model.model.new_bool_var("")
        model.model.add_implication(~opened[day], model.in_seat[seat])
    price = {day: 1000 + (max(opened) - day).days for day in opened}
    model.model.minimize(cp_model.LinearExpr.sum([price[day] * literal for day, literal in opened.items()]))
    result = search.run(model.model, effort=EFFORT)
    if not result.has_solution:
        return result.status, ()
    return result.status, tuple(day for day, literal in sorted(opened.items()) if result.is_true(literal))


def _conflict(baseline: RepairBaseline, frozen: frozenset[StaffedSeat], search: Search) -> MinimalConflict:
    """Return a minimal conflict of the open shifts in which each frozen seat is a fixed seat."""
    rules = baseline.open.roster.rules
    fixed_anyway = {(seat.day, seat.role, seat.engineer) for seat in rules.fixed}
    seats = [seat for seat in _as_fixed(baseline, frozen) if (seat.day, seat.role, seat.engineer) not in fixed_anyway]
    roster = replace(baseline.open.roster, rules=replace(rules, fixed=(*rules.fixed, *seats)))
    conflict = minimal_conflict(Problem(roster, baseline.open.shifts, baseline.open.context), search)
    words = {seat_text(seat): _frozen_text(seat) for seat in seats}
    return replace(conflict, causes=tuple(words.get(cause, cause) for cause in conflict.causes))


def _frozen_text(seat: FixedSeat) -> str:
    return f"{seat.engineer} stays {seat.role} on {seat.day:%a} {seat.day} (frozen)"


def _as_fixed(baseline: RepairBaseline, frozen: frozenset[StaffedSeat]) -> Iterator[FixedSeat]:
    for seat in sorted(frozen):
        shift = baseline.open.shifts[seat.shift]
        yield FixedSeat(shift.day, seat.role, baseline.open.engineers[seat.engineer].id, str(shift.kind))
