"""Shifts that are frozen and cannot all stay: what clashes, by name, and which dates to open so that a plan exists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from ortools.sat.python import cp_model

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import FixedSeat
from oncall.rotation.explain.minimal_conflict import MinimalConflict, minimal_conflict
from oncall.rotation.problem.fixed_seats import seat_text
from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_model import RepairModel
from oncall.rotation.solve.search import Search, SearchStatus

EFFORT = 3.0
"""Deterministic time to look for the fewest dates that have to be opened."""


def frozen_conflict(kept: RepairBaseline, frozen: frozenset[StaffedSeat], search: Search) -> PlanInfeasible | None:
    """The error that names what clashes with the frozen seats; None when no plan exists without them either."""
    days = sorted({kept.open.shifts[seat.shift].day for seat in frozen})
    count_range = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"
    summary = f"no plan keeps the rules while the shifts of {count_range} are frozen"
    verdict, dates = _dates_to_open(kept, frozen, search)
    if verdict is SearchStatus.INFEASIBLE:
        return None
    if verdict is SearchStatus.UNKNOWN:
        return PlanInfeasible(f"{summary}; the search for the reason was cut short, allow more time")
    clash = _clash(kept, frozen, search)
    if clash.causes:
        summary += ": these cannot hold together"
        summary += ", and without any one of them the others could" if clash.is_minimal else ""
    told = " ".join(f"--open {day}" for day in dates)
    named = " and ".join(map(str, dates))
    return PlanInfeasible(summary, [*clash.causes, f"a plan exists when {named} may change: {told}"])


def _dates_to_open(
    kept: RepairBaseline, frozen: frozenset[StaffedSeat], search: Search
) -> tuple[SearchStatus, tuple[date, ...]]:
    """The fewest frozen dates, as far as found in the time, without which a plan exists; and how that search ended."""
    board = RepairModel(kept)
    opened: dict[date, cp_model.IntVar] = {}
    for seat in sorted(frozen):
        day = kept.open.shifts[seat.shift].day
        if day not in opened:
            opened[day] = board.model.new_bool_var("")
        board.model.add_implication(~opened[day], board.in_seat[seat])
    # Of as few dates the later ones, which people have looked at least.
    price = {day: 1000 + (max(opened) - day).days for day in opened}
    board.model.minimize(cp_model.LinearExpr.sum([price[day] * switch for day, switch in opened.items()]))
    outcome = search.run(board.model, effort=EFFORT)
    if outcome.status not in (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE):
        return outcome.status, ()
    return outcome.status, tuple(day for day, switch in sorted(opened.items()) if outcome.is_true(switch))


def _clash(kept: RepairBaseline, frozen: frozenset[StaffedSeat], search: Search) -> MinimalConflict:
    """A smallest set of causes, the frozen seats among them as seats that are fixed."""
    seats = list(_as_fixed(kept, frozen))
    rules = kept.open.roster.rules
    own = {(seat.day, seat.role, seat.engineer) for seat in rules.fixed}
    new = [seat for seat in seats if (seat.day, seat.role, seat.engineer) not in own]
    roster = replace(kept.open.roster, rules=replace(rules, fixed=(*rules.fixed, *new)))
    clash = minimal_conflict(Problem(roster, kept.open.shifts, kept.open.context), search)
    words = {seat_text(seat): f"{seat.engineer} stays {seat.role} on {seat.day:%a} {seat.day} (frozen)" for seat in new}
    return replace(clash, causes=tuple(words.get(cause, cause) for cause in clash.causes))


def _as_fixed(kept: RepairBaseline, frozen: frozenset[StaffedSeat]) -> Iterator[FixedSeat]:
    for seat in sorted(frozen):
        shift = kept.open.shifts[seat.shift]
        yield FixedSeat(shift.day, seat.role, kept.open.engineers[seat.engineer].id, str(shift.kind))
