"""Plans that the independent checker accepted, and the reasons why plans are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.schedule.plan import Plan
from tests.rotation.teams import MONDAY, shifts_of


def checked_plan(
    roster: Roster, days: int = 28, *, first_day: date = MONDAY, context: PlanningContext | None = None
) -> Plan:
    """Return the fairest plan of so many days, after the checker found nothing wrong with it."""
    context = context or PlanningContext()
    made = fairest_plan(roster, shifts_of(roster, first_day=first_day, days=days), context=context)
    plan = replace(made, first_day=first_day, last_day=first_day + timedelta(days=days - 1))
    assert check_plan(plan, roster, history=context.published, elsewhere=context.other_teams) == []
    return plan


def refusal_reasons(roster: Roster, days: int = 28, context: PlanningContext | None = None) -> list[str]:
    """Return the reasons why no plan of so many days is possible."""
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=days), context=context or PlanningContext())
    return list(refusal.value.reasons)


def engineer_on(plan: Plan, day: date, role: str = "primary") -> str:
    """Return the engineer in one role of the shift that starts on a date."""
    return next(s.engineer for s in plan.seats if s.role == role and s.window.start.astimezone(plan.zone).date() == day)
