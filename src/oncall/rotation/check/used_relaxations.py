"""Which of the exceptions that a plan is marked with it makes use of: what the checker would find without each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oncall.rosters.relaxation import Relaxation, texts
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from oncall.schedule.plan import Plan


@dataclass(frozen=True, slots=True)
class UsedRelaxation:
    """An exception that the check let pass. uses: in how many places the plan would break a rule without it."""

    relaxation: Relaxation
    uses: int


def used_relaxations(plan: Plan, roster: Roster) -> tuple[UsedRelaxation, ...]:
    """The plan's exceptions, each with its uses. Raises Refused for one that does not fit the roster.

    Shifts that the plan keeps from an earlier one count, too: they may be what an exception was agreed to for.
    """
    plan = replace(plan, kept_until=None)
    found = len(check_plan(plan, roster))
    return tuple(
        UsedRelaxation(each, max(0, len(check_plan(_without(plan, each), roster)) - found)) for each in plan.relaxed
    )


def _without(plan: Plan, relaxation: Relaxation) -> Plan:
    return replace(plan, relaxed=tuple(each for each in plan.relaxed if each != relaxation))


def marked(plan: Plan, relaxations: Sequence[Relaxation]) -> Plan:
    """A plan made for a roster with these exceptions, marked with them for whoever reads or checks it."""
    if not relaxations:
        return plan
    note = f"by agreement: {texts(relaxations)}"
    return replace(plan, relaxed=(*plan.relaxed, *relaxations), notes=(*plan.notes, note))
