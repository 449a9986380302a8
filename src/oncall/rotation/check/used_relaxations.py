"""Finds out which relaxations a plan needs: checks the plan again without each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oncall.rosters.relaxation import Relaxation, relaxation_texts
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from oncall.schedule.plan import Plan


@dataclass(frozen=True, slots=True)
class UsedRelaxation:
    """A relaxation of a plan. uses: how many violations the plan would have without it; 0 if it is not needed."""

    relaxation: Relaxation
    uses: int


def used_relaxations(plan: Plan, roster: Roster) -> tuple[UsedRelaxation, ...]:
    """Return a plan's relaxations with their uses. Raises Refused for a relaxation that does not fit the roster.

    Shifts that a repair left unchanged are checked too, because a relaxation may have been agreed for them.
    """
    plan = replace(plan, kept_until=None)
    found = len(check_plan(plan, roster))
    return tuple(
        UsedRelaxation(each, max(0, len(check_plan(_without(plan, each), roster)) - found)) for each in plan.relaxed
    )


def _without(plan: Plan, relaxation: Relaxation) -> Plan:
    return replace(plan, relaxed=tuple(each for each in plan.relaxed if each != relaxation))


def with_relaxations(plan: Plan, relaxations: Sequence[Relaxation]) -> Plan:
    """Return the plan with these relaxations added to its data, and a note about them."""
    if not relaxations:
        return plan
    note = f"by agreement: {relaxation_texts(relaxations)}"
    return replace(plan, relaxed=(*plan.relaxed, *relaxations), notes=(*plan.notes, note))
