"""The causes of a minimal conflict exclude each other; without any one of them, a plan exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from oncall.errors import PlanInfeasible
from oncall.rosters.roster import Absence, Engineer, Roster
from oncall.rotation.explain.conflict_causes import absence_text, joins_text, leaves_text, shadows_text
from oncall.rotation.explain.feasibility import feasibility
from oncall.rotation.explain.infeasible import team_size_text
from oncall.rotation.explain.minimal_conflict import minimal_conflict
from oncall.rotation.explain.team_size import team_size
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.rules import rules_of
from oncall.rotation.solve.search import Search, SearchBudget, SearchStatus
from oncall.schedule.plan import Shift
from oncall.support.holidays import public_holidays
from tests.rotation.random_rosters import random_roster
from tests.rotation.teams import NAMES, away, person, shifts_of, team, team_of

OFF: dict[str, Any] = {
    "rest_nights": 0,
    "weekends_apart": 1,
    "max_shifts_per_week": None,
    "max_shifts_per_month": None,
    "holidays_apart": 1,
}


def items_of(causes: tuple[str, ...]) -> list[str | date]:
    """Return what can be left out singly: every week by its Monday, and every other cause."""
    items: list[str | date] = []
    for cause in causes:
        mondays = [date.fromisoformat(day) for day in re.findall(r"(?:Mon|Sun) (\d{4}-\d\d-\d\d)", cause)]
        if cause.startswith("the ") and mondays:
            items += [mondays[0] + timedelta(weeks=n) for n in range((mondays[-1] - mondays[0]).days // 7 + 1)]
        else:
            items.append(cause)
    return items


def exists(roster: Roster, shifts: tuple[Shift, ...], items: list[str | date]) -> bool:
    """Return True if a plan exists when only these causes restrict it, decided from the roster file's own words."""
    rules = roster.rules
    idle = [rule.name for rule in rules_of(rules) if rule.text not in items]
    never = tuple(pair for pair in rules.never_together if f"never_together {pair[0]} and {pair[1]}" in items)
    off = {name: value for name, value in OFF.items() if name in idle}
    people = tuple(_with_only(engineer, rules.roles, items) for engineer in roster.engineers)
    free = replace(roster, rules=replace(rules, never_together=never, **off), engineers=people)
    asked = tuple(shift for shift in shifts if shift.day - timedelta(days=shift.day.weekday()) in items)
    if not asked:
        return True
    verdict = feasibility(Problem.of(free, asked), SearchBudget(60.0, per_run=60.0), Search())
    assert verdict is not SearchStatus.UNKNOWN
    return verdict is not SearchStatus.INFEASIBLE


def _with_only(engineer: Engineer, roles: tuple[str, ...], items: list[str | date]) -> Engineer:
    missing = [role for role in roles if role not in engineer.roles]
    lacks = f"{engineer.id} does not take the role {' or '.join(missing)}" in items
    return replace(
        engineer,
        roles=engineer.roles if lacks else roles,
        joins=engineer.joins if joins_text(engineer) in items else None,
        leaves=engineer.leaves if leaves_text(engineer) in items else None,
        absences=tuple(each for each in engineer.absences if absence_text(engineer, each) in items),
        shadows=tuple(each for each in engineer.shadows if shadows_text(engineer, each) in items),
    )


def infeasible_rosters(seed: int, days: int) -> Iterator[tuple[Roster, tuple[Shift, ...]]]:
    for number in range(40):
        roster = random_roster(Random(1000 * seed + number), sizes=(1, 3), days=days)
        roster = replace(roster, rules=replace(roster.rules, fixed=()))
        shifts = shifts_of(roster, days=days)
        problem = Problem.of(roster, shifts)
        if feasibility(problem, SearchBudget(60.0, per_run=60.0), Search()) is SearchStatus.INFEASIBLE:
            yield roster, shifts


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("days", [7, 14, 21])
def test_every_cause_named_is_needed_and_together_they_are_enough(seed: int, days: int) -> None:
    seen = 0
    for roster, shifts in infeasible_rosters(seed, days):
        conflict = minimal_conflict(Problem.of(roster, shifts), Search())
        items = items_of(conflict.causes)
        assert conflict.is_minimal
        assert not exists(roster, shifts, items), conflict.causes
        for item in items:
            assert exists(roster, shifts, [each for each in items if each != item]), (item, conflict.causes)
        seen += 1
    assert seen >= 5


def test_a_rule_without_a_part_in_the_conflict_is_not_named() -> None:
    week = away(date(2027, 1, 18), 7)
    roster = team(*(person(name, absences=week) for name in NAMES[:7]), *team_of(12).engineers[7:], holidays="US")
    roster = replace(roster, rules=replace(roster.rules, holidays_apart=2, weekends_apart=3, max_shifts_per_week=4))
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=56))
    assert "rest_nights 2" in str(refusal.value.reasons)
    assert not any(name in str(refusal.value.reasons) for name in ("holidays_apart", "weekends_apart", "max_shifts"))


# ---- how many people it takes


def advice(roster: Roster, days: int = 28) -> list[str]:
    problem = Problem.of(roster, shifts_of(roster, days=days))
    return team_size_text(problem, team_size(problem, Search()))


def feasible(roster: Roster, days: int = 28) -> bool:
    problem = Problem.of(roster, shifts_of(roster, days=days))
    return feasibility(problem, SearchBudget(60.0, per_run=60.0), Search()) in (
        SearchStatus.OPTIMAL,
        SearchStatus.FEASIBLE,
    )


def larger(roster: Roster, more: int) -> Roster:
    new = tuple(person(f"new-{number}", roles=roster.rules.roles) for number in range(more))
    return replace(roster, engineers=(*roster.engineers, *new))


def test_pairs_who_stay_apart_make_the_team_larger() -> None:
    everybody = [f"p{number}" for number in range(6)]
    apart = tuple(("p0", other) for other in everybody[1:])
    roster = team(*(person(name) for name in everybody), never_together=apart)
    assert advice(roster) == [
        "even with nobody away, these rules need 7 people for these dates; the roster has 6",
    ]
    assert feasible(larger(roster, 1))
    assert not feasible(roster)


def test_a_team_of_juniors_learns_how_many_more_it_needs() -> None:
    juniors = tuple(person(name, roles=["secondary"]) for name in NAMES[:6])
    roster = team(*juniors)
    assert advice(roster) == ["even with nobody away, these rules need 9 people for these dates; the roster has 6"]
    assert feasible(larger(roster, 3))
    assert not feasible(larger(roster, 2))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30))
def test_the_stated_number_of_people_is_enough_and_one_fewer_is_not(seed: int) -> None:
    roster = random_roster(Random(seed), sizes=(1, 2), days=14)
    roster = replace(roster, rules=replace(roster.rules, fixed=()))
    if not shifts_of(roster, days=14) or feasible(roster, 14):
        return
    problem = Problem.of(roster, shifts_of(roster, days=14))
    size = team_size(problem, Search())
    assert size.if_present is not None
    there = tuple(replace(each, absences=(), joins=None, leaves=None, shadows=()) for each in roster.engineers)
    for more, people in ((size.if_present, there), (size.as_is, roster.engineers)):
        if more is not None and more.is_known:
            base = replace(roster, engineers=people)
            assert feasible(larger(base, more.people), 14)
            assert more.people == 0 or not feasible(larger(base, more.people - 1), 14)


def test_a_holiday_off_is_a_cause_with_its_date_and_its_name() -> None:
    at_home = (Absence(date.min, date.max, holidays=public_holidays("US-NY")),)
    roster = team(*(person(name, absences=at_home) for name in NAMES[:8]))
    with pytest.raises(PlanInfeasible) as refused:
        fairest_plan(roster, shifts_of(roster, first_day=date(2027, 11, 22), days=7))
    reason = "ana, ben, cai, dee, eve, fay, gus and hal are away on 2027-11-25 (Thanksgiving Day, holiday of US-NY)"
    assert reason in str(refused.value)
    assert "the holidays of" not in str(refused.value)


def test_each_holiday_off_is_a_cause_of_its_own() -> None:
    at_home = (Absence(date.min, date.max, holidays=public_holidays("US-NY")),)
    # Only two engineers work on Thanksgiving, and then one of them is away on the next evening.
    others = [person(name, absences=at_home) for name in NAMES[2:6]]
    roster = team(person("ana"), person("ben", absences=away(date(2027, 11, 24), 3)), *others)
    problem = Problem.of(roster, shifts_of(roster, first_day=date(2027, 11, 8), days=21))
    conflict = minimal_conflict(problem, Search())
    found = [cause for cause in conflict.causes if "holiday of" in cause]
    assert found
    assert all("on 2027-11-25 (Thanksgiving Day, holiday of US-NY)" in cause for cause in found)
