"""Limits in hours and on one engineer: rest hours, hours in seven days, and the most shifts of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise, permutations, product

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.relaxation import relaxation_named
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster
from oncall.rotation.check.checker import check_plan
from oncall.rotation.check.second_opinion import second_opinion
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.cost import CountedSeat, fairness_of
from oncall.rotation.problem.shares import shares_of
from oncall.schedule.plan import Plan, PlanStatus, Seat, Shift
from tests.rotation.teams import MONDAY, shifts_of, team_of

LOOSE = {"rest_nights": 0, "weekends_apart": 1}
Breaks = Callable[[list[Shift]], bool]


def broken(plan: Plan, roster: Roster, rule: str) -> list[str]:
    return [each.sentence for each in check_plan(plan, roster) if each.rule == rule]


def with_primary(plan: Plan, who: str) -> Plan:
    return replace(plan, seats=tuple(replace(s, engineer=who) if s.role == "primary" else s for s in plan.seats))


def test_between_two_shifts_lie_the_hours_of_rest() -> None:
    roster = team_of(8, **LOOSE, min_rest_hours=24)
    plan = fairest_plan(roster, shifts_of(roster, days=14))
    assert (plan.status, check_plan(plan, roster)) == (PlanStatus.OPTIMAL, [])
    spoiled = with_primary(plan, "ana")
    assert broken(spoiled, roster, "min_rest_hours")[0] == (
        "ana has 11.02 hours between Mon 2027-01-04 (weeknight) and Tue 2027-01-05 (weeknight); the rule is 24"
    )


def test_hours_count_in_any_seven_days_and_not_only_in_a_calendar_week() -> None:
    roster = team_of(6, roles=("primary",), **LOOSE, max_hours_per_week=75)
    plan = fairest_plan(roster, shifts_of(roster, days=21))
    assert (plan.status, check_plan(plan, roster)) == (PlanStatus.OPTIMAL, [])
    spoiled = with_primary(plan, "ana")
    assert broken(spoiled, roster, "max_hours_per_week")[0] == (
        "ana is on call for 112.9 hours in the seven days up to Fri 2027-01-08 (weekend); the most is 75"
    )


def test_hours_before_the_plan_count_too() -> None:
    roster = team_of(4, roles=("primary",), **LOOSE, max_hours_per_week=70)
    before = shifts_of(roster, days=7)[-1]
    published = (Seat(before.window, before.kind, "primary", "ana"),)
    after = shifts_of(roster, first_day=MONDAY + timedelta(days=7), days=4)
    plan = fairest_plan(roster, after, context=PlanningContext(published=published))
    assert "ana" not in {seat.engineer for seat in plan.seats[:3]}
    assert check_plan(plan, roster, history=published) == []


def test_an_engineer_has_no_more_shifts_than_their_most() -> None:
    roster = team_of(6, roles=("primary",), **LOOSE, max_shifts=(("ana", 2),))
    plan = fairest_plan(roster, shifts_of(roster, days=21))
    assert [seat.engineer for seat in plan.seats].count("ana") == 2
    assert (plan.status, check_plan(plan, roster)) == (PlanStatus.OPTIMAL, [])
    assert broken(with_primary(plan, "ana"), roster, "max_shifts") == ["ana has 15 shifts in this plan; the most is 2"]


@pytest.mark.parametrize(
    ("rules", "relaxation"),
    [({"min_rest_hours": 120}, "min_rest_hours"), ({"max_hours_per_week": 24}, "max_hours_per_week")],
)
def test_an_impossible_limit_is_named_and_a_relaxation_of_it_helps(rules: dict[str, int], relaxation: str) -> None:
    roster = team_of(4, **LOOSE, **rules)
    shifts = shifts_of(roster, days=7)
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts)
    assert f"{relaxation} " in str(refusal.value)
    chosen = next(each for each in refusal.value.relaxations if any(relaxation in name for name in each))
    agreed = tuple(relaxation_named(name) for name in chosen)
    plan = replace(fairest_plan(relaxed(roster, agreed), shifts), relaxed=agreed)
    assert check_plan(plan, roster) == []


def too_little_rest(shifts: list[Shift]) -> bool:
    return any(b.window.start - a.window.end < timedelta(hours=30) for a, b in pairwise(shifts))


def too_many_hours(shifts: list[Shift]) -> bool:
    """Look at seven days from every hour on; the shifts begin and end within a minute of an hour."""
    hours = [s.window.start + timedelta(hours=n) for s in shifts for n in range(-168, 60)]
    return any(_hours_in(shifts, begin) > 70 for begin in hours)


def _hours_in(shifts: list[Shift], begin: datetime) -> float:
    end = begin + timedelta(days=7)
    spans = [min(s.window.end, end) - max(s.window.start, begin) for s in shifts]
    return sum(max(timedelta(), span).total_seconds() for span in spans) / 3600


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rules", "breaks"),
    [
        ({"min_rest_hours": 30}, too_little_rest),
        ({"max_hours_per_week": 70}, too_many_hours),
        ({"max_shifts": (("ana", 1), ("ben", 3))}, None),
    ],
)
def test_the_fairest_plan_is_the_cheapest_of_all_plans(rules: dict[str, object], breaks: Breaks | None) -> None:
    """Four people, one role, seven shifts: every plan is tried, and another solver agrees."""
    roster = team_of(4, roles=("primary",), **LOOSE, **rules)
    shifts = shifts_of(roster, days=9)
    most = dict(roster.rules.max_shifts)
    shares, costs = shares_of(roster, shifts), []
    judged: dict[tuple[str, tuple[int, ...]], bool] = {}
    for choice in product([person.id for person in roster.engineers], repeat=len(shifts)):
        for who in set(choice):
            own = tuple(n for n, each in enumerate(choice) if each == who)
            if (who, own) not in judged:
                bad = breaks is not None and breaks([shifts[n] for n in own])
                judged[who, own] = bad or len(own) > most.get(who, len(own))
            if judged[who, own]:
                break
        else:
            seats = [CountedSeat(s.kind, "primary", who) for s, who in zip(shifts, choice, strict=True)]
            costs.append(fairness_of(seats, shares, bound=0).cost)
    plan = fairest_plan(roster, shifts)
    assert plan.fairness is not None
    assert (plan.fairness.cost, plan.fairness.bound) == (min(costs), min(costs))
    assert check_plan(plan, roster) == []
    opinion = second_opinion(plan, roster, plan.fairness.cost, time_limit=timedelta(seconds=20))
    assert opinion.bound == min(costs)


def test_permutations_of_people_do_not_change_the_cost() -> None:
    costs = set()
    for order in list(permutations(team_of(4).engineers))[:4]:
        roster = replace(team_of(4, **LOOSE, max_hours_per_week=80), engineers=order)
        plan = fairest_plan(roster, shifts_of(roster, days=14))
        assert plan.fairness is not None
        costs.add(plan.fairness.cost)
    assert len(costs) == 1
