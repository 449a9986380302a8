"""Laws for any roster: the checker finds no violation, the cost is right, and no bound exceeds it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from oncall.errors import PlanInfeasible, Refused
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import examine
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.schedule.plan import Plan, PlanStatus, Shift
from tests.rotation.random_rosters import random_context, random_roster
from tests.rotation.teams import MONDAY, shifts_of

CHUNK = 100


def planned(
    roster: Roster, shifts: tuple[Shift, ...], context: PlanningContext, *, seconds: float | None = None
) -> Plan | None:
    """Return the plan; None if there is none (which then has reasons) or none was found in time."""
    limit = None if seconds is None else timedelta(seconds=seconds)
    try:
        plan = fairest_plan(roster, shifts, context=context, time_limit=limit)
    except PlanInfeasible as refusal:
        assert refusal.reasons
        return None
    except Refused:
        assert limit is not None
        return None
    return replace(plan, first_day=MONDAY, last_day=shifts[-1].day)


def assert_sound(plan: Plan, roster: Roster, context: PlanningContext) -> None:
    found = examine(plan, roster, history=context.published, elsewhere=context.other_teams)
    assert [str(violation) for violation in found.violations] == []
    assert plan.fairness is not None
    assert plan.fairness.cost == found.cost
    assert plan.fairness.bound <= found.cost
    assert (plan.status is PlanStatus.OPTIMAL) == (plan.fairness.bound == found.cost)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(20))
def test_two_thousand_small_rosters_get_a_sound_and_proven_plan_or_reasons(chunk: int) -> None:
    planless = 0
    for number in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        draw = Random(number)
        days = draw.choice([3, 5, 7])
        roster = random_roster(draw, sizes=(4, 6), days=days)
        shifts = shifts_of(roster, days=days)
        context = random_context(draw, roster, shifts)
        plan = planned(roster, shifts, context)
        planless += plan is None
        if plan is not None:
            assert_sound(plan, roster, context)
            assert plan.status is PlanStatus.OPTIMAL, number
    assert planless < CHUNK / 2


@pytest.mark.slow
@pytest.mark.parametrize("number", range(20))
def test_twenty_large_rosters_get_a_sound_plan(number: int) -> None:
    draw = Random(10_000 + number)
    days = draw.choice([91, 182])
    roster = random_roster(draw, sizes=(8, 9), days=days)
    shifts = shifts_of(roster, days=days)
    context = random_context(draw, roster, shifts)
    plan = planned(roster, shifts, context, seconds=3)
    if plan is not None:
        assert_sound(plan, roster, context)
