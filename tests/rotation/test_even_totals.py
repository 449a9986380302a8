"""Among plans of equal cost: even totals over all kinds, then the seed and the ids, never the order of the file."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import Roster
from oncall.rosters.roster_file import read_roster
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.repair.repair import repair
from oncall.schedule.plan import Plan
from tests.rotation.random_rosters import random_context, random_roster
from tests.rotation.teams import MONDAY, away, shifts_of, team_of


def totals(plan: Plan) -> list[int]:
    return sorted(Counter(seat.engineer for seat in plan.seats).values())


@pytest.mark.parametrize("seed", range(5))
def test_eight_people_with_one_role_differ_by_one_shift_in_all(seed: int) -> None:
    roster = team_of(8, roles=("primary",))
    plan = fairest_plan(roster, shifts_of(roster, days=91), seed=seed)
    assert totals(plan) == [8] * 7 + [9]


@pytest.mark.parametrize("seed", range(5))
def test_three_people_with_five_shifts_have_two_two_and_one(seed: int) -> None:
    roster = team_of(3, roles=("primary",))
    assert totals(fairest_plan(roster, shifts_of(roster), seed=seed)) == [1, 2, 2]


def test_the_seed_decides_who_has_the_shift_that_is_left_over() -> None:
    roster = team_of(8, roles=("primary",))
    shifts = shifts_of(roster, days=91)
    loads = (Counter(seat.engineer for seat in fairest_plan(roster, shifts, seed=seed).seats) for seed in range(8))
    assert len({each.most_common(1)[0][0] for each in loads}) > 2


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_the_same_team_in_another_order_has_the_same_plan(seed: int) -> None:
    draw = Random(seed)
    roster = random_roster(draw, sizes=(2, 6), days=21)
    shifts = shifts_of(roster, days=21)
    context = random_context(draw, roster, shifts)
    other = list(roster.engineers)
    draw.shuffle(other)
    assert plan_or_reason(roster, shifts, context) == plan_or_reason(
        replace(roster, engineers=tuple(other)), shifts, context
    )


@pytest.mark.parametrize("name", ["weekly", "juniors", "follow-the-sun"])
def test_a_worked_roster_in_another_order_has_the_same_plan(name: str) -> None:
    roster = read_roster(Path(__file__).parents[2] / "rosters" / f"{name}.yaml")
    shifts = shifts_of(roster, days=56)
    other = replace(roster, engineers=tuple(reversed(roster.engineers)))
    assert fairest_plan(roster, shifts).seats == fairest_plan(other, shifts).seats


def plan_or_reason(roster: Roster, shifts: object, context: object) -> object:
    try:
        plan = fairest_plan(roster, shifts, context=context)  # type: ignore[arg-type]
    except PlanInfeasible:
        return "none"
    assert plan.fairness is not None
    assert [each.engineer for each in plan.fairness.engineers] == [each.id for each in roster.engineers]
    return plan.seats, plan.fairness.cost, plan.fairness.bound, plan.notes


@pytest.mark.parametrize("seed", range(4))
def test_the_same_team_in_another_order_has_the_same_repair(seed: int) -> None:
    roster = team_of(8)
    shifts = shifts_of(roster, days=28)
    plan = replace(fairest_plan(roster, shifts), first_day=MONDAY, last_day=MONDAY + timedelta(days=27))
    ill = replace(roster.engineers[2], absences=away(MONDAY + timedelta(days=8), 9))
    people = [*roster.engineers[:2], ill, *roster.engineers[3:]]
    found = []
    for _ in range(2):
        changed = replace(roster, engineers=tuple(people))
        repaired = repair(changed, shifts, plan, first_open=MONDAY + timedelta(days=7), option_changes=(), seed=seed)
        found.append(repaired.plan.seats)
        assert repaired.plan.fairness is not None
        assert [each.engineer for each in repaired.plan.fairness.engineers] == [each.id for each in people]
        Random(seed).shuffle(people)
    assert found[0] == found[1]
