"""Each proposed relaxation makes a plan possible, and the checker accepts that plan by its mark."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oncall.errors import PlanInfeasible
from oncall.rosters.relaxation import Relaxation, relaxation_named
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import DaysOff, Roster
from oncall.rotation.check.used_relaxations import used_relaxations, with_relaxations
from oncall.rotation.explain.relaxation_prices import is_within, price_of
from oncall.rotation.explain.relaxation_search import relaxation_options
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.search import Search
from oncall.schedule.plan import Plan, Seat
from tests.rotation.teams import MONDAY, NAMES, away, person, rosters, sentences, shifts_of, team, team_of


def offered(roster: Roster, *, days: int = 7) -> list[list[str]]:
    problem = Problem.of(roster, shifts_of(roster, days=days))
    return [[each.id for each in option.relaxations] for option in relaxation_options(problem, Search()).options]


def solved_with(roster: Roster, names: list[str], *, days: int = 7) -> Plan:
    relaxations = [relaxation_named(name) for name in names]
    plan = fairest_plan(relaxed(roster, relaxations), shifts_of(roster, days=days))
    last_day = MONDAY + timedelta(days=days - 1)
    return with_relaxations(replace(plan, first_day=MONDAY, last_day=last_day), relaxations)


BEN_IS_AWAY = team(
    person("ana"),
    person("ben", absences=away(MONDAY + timedelta(days=1), 3)),
    *team_of(6).engineers[2:],
    days_off=DaysOff.EVENINGS,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(rosters(sizes=(2, 5), days=14))
def test_with_every_offer_a_plan_exists_that_the_checker_accepts(roster: Roster) -> None:
    shifts = shifts_of(roster, days=14)
    try:
        fairest_plan(roster, shifts)
    except PlanInfeasible as refusal:
        for names in refusal.relaxations:
            assert sentences(solved_with(roster, list(names), days=14), roster) == []
        return
    assume(False)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(rosters(sizes=(7, 9), days=14), st.data())
def test_a_plan_made_with_any_exceptions_keeps_everything_but_them(roster: Roster, data: st.DataObject) -> None:
    day = st.integers(0, 13).map(lambda number: MONDAY + timedelta(days=number))
    whom = st.sampled_from([None, "ana", "ben"])
    values = {"rest_nights": roster.rules.rest_nights - 1, "weekends_apart": roster.rules.weekends_apart - 1}
    values |= {key: (getattr(roster.rules, key) or 99) + 1 for key in ("max_shifts_per_week", "max_shifts_per_month")}
    possible = [key for key, value in values.items() if 0 < value < 99 or (key, value) == ("rest_nights", 0)]
    assume(possible)
    one = st.builds(
        lambda rule, days, who: Relaxation(rule, min(days), max(days), who, values[rule]),
        st.sampled_from(possible),
        st.tuples(day, day),
        whom,
    )
    agreed = data.draw(st.lists(one, min_size=1, max_size=3, unique=True))
    try:
        plan = solved_with(roster, [each.id for each in agreed], days=14)
    except PlanInfeasible:
        assume(False)
    assert sentences(plan, roster) == []


def test_the_cheapest_offer_comes_first_and_each_rule_has_its_own() -> None:
    assert offered(BEN_IS_AWAY) == [["unavailable@2027-01-07:ben"], ["rest_nights=1@2027-01-04..2027-01-10"]]


def test_a_team_too_small_for_its_rest_is_offered_less_rest_throughout() -> None:
    assert offered(team_of(4), days=56) == [["rest_nights=1@2027-01-04..2027-02-26"]]


@pytest.mark.slow
def test_a_month_over_everybodys_most_is_offered_one_more_for_everybody() -> None:
    roster = team_of(8, max_shifts_per_month=4)
    assert offered(roster, days=28) == [["max_shifts_per_month=5@2027-01-01..2027-01-31"]]


def test_weekends_are_offered_person_by_person() -> None:
    [names] = offered(team_of(6, weekends_apart=4, rest_nights=1), days=28)
    assert len(names) == 2
    assert all(name.startswith("weekends_apart=3@2027-01-") for name in names)


@pytest.mark.slow
def test_a_week_in_which_most_are_away_is_offered_the_fewest_moved_days() -> None:
    week = away(date(2027, 5, 24), 7)
    people = [*(person(name, absences=week) for name in NAMES[:8]), *(person(name) for name in NAMES[8:])]
    rest, days_off = offered(team(*people, days_off=DaysOff.EVENINGS), days=182)
    assert rest == ["rest_nights=1@2027-05-24..2027-05-30"]
    assert len(days_off) == 2
    assert all(name.startswith("unavailable@2027-05-2") for name in days_off)


@pytest.mark.slow
def test_nothing_is_offered_that_another_offer_makes_needless() -> None:
    week = away(date(2027, 5, 24), 7)
    roster = team(*(person(name, absences=week) for name in NAMES[:8]), *(person(name) for name in NAMES[8:]))
    for days in (168, 175, 182):
        choices = [[relaxation_named(name) for name in names] for names in offered(roster, days=days)]
        for choice, other in permutations(choices, 2):
            assert not all(any(is_within(one, each) for each in choice) for one in other), (choice, other)
        prices = [sum(price_of(each, roster.rules) for each in choice) for choice in choices]
        assert prices == sorted(prices)


def test_exceptions_for_shifts_that_clash_in_two_places_are_found_together() -> None:
    people = [person(name, absences=(*away(MONDAY, 5), *away(date(2027, 4, 5), 5))) for name in NAMES[:4]]
    [cheapest, *_] = offered(team(*people, *team_of(9).engineers[4:]), days=112)
    assert {relaxation_named(name).first_day.month for name in cheapest} == {1, 4}


def test_where_no_exception_helps_that_is_said() -> None:
    people = [person(name, absences=away(MONDAY, 20, leave=True)) for name in NAMES[:3]]
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(team(*people, person("zoe")), shifts_of(team_of(4)))
    assert refusal.value.relaxations == ()
    assert refusal.value.reasons[-1] == (
        "no relaxation makes a plan possible; change the people, their dates or the rules"
    )


def test_exceptions_for_rest_after_shifts_around_the_plan_are_offered_too() -> None:
    roster = team(
        person("ana"),
        person("ben", absences=away(MONDAY)),
        person("cai", absences=away(MONDAY, leave=True)),
        rest_nights=1,
    )
    sunday = shifts_of(roster, first_day=MONDAY - timedelta(days=3), days=1)[0]
    before = tuple(
        Seat(sunday.window, sunday.kind, role, who) for role, who in (("primary", "ana"), ("secondary", "cai"))
    )
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, shifts_of(roster, days=1), context=PlanningContext(before))
    assert refusal.value.relaxations == (("rest_nights=0@2027-01-04..2027-01-10", "unavailable@2027-01-04:ben"),)
    names = [relaxation_named(name) for name in refusal.value.relaxations[0]]
    assert (
        fairest_plan(relaxed(roster, names), shifts_of(roster, days=1), context=PlanningContext(before)).fairness
        is not None
    )


def test_a_most_that_shifts_around_the_plan_reach_is_offered_one_more() -> None:
    roster = team_of(2, rest_nights=0, max_shifts_per_week=1)
    tuesday, wednesday = shifts_of(roster, first_day=MONDAY + timedelta(days=1), days=2)
    before = tuple(
        Seat(tuesday.window, tuesday.kind, role, who) for role, who in (("primary", "ana"), ("secondary", "ben"))
    )
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(roster, [wednesday], context=PlanningContext(before))
    assert refusal.value.relaxations == (("max_shifts_per_week=2@2027-01-04..2027-01-10",),)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_where_shifts_before_stand_in_the_way_what_is_offered_works_and_what_is_called_hopeless_is(seed: int) -> None:
    draw = Random(seed)
    before = team_of(4, rest_nights=draw.choice([0, 1]), weekends_apart=1)
    past = fairest_plan(before, shifts_of(before))
    roster = team_of(draw.choice([3, 4]), rest_nights=draw.choice([1, 2]), weekends_apart=draw.choice([1, 2, 3]))
    most: dict[str, Any] = draw.choice([{}, {"max_shifts_per_week": 3}, {"max_shifts_per_month": 6}])
    absent = away(MONDAY + timedelta(days=draw.choice([7, 8, 11])), draw.choice([1, 3]), leave=draw.random() < 0.3)
    people = (replace(roster.engineers[0], absences=absent), *roster.engineers[1:])
    roster = replace(roster, engineers=people, rules=replace(roster.rules, **most))
    week = shifts_of(roster, first_day=MONDAY + timedelta(days=7))
    given_before = PlanningContext(published=past.seats)
    try:
        fairest_plan(roster, week, context=given_before)
    except PlanInfeasible as refusal:
        for names in refusal.relaxations:
            fairest_plan(relaxed(roster, [relaxation_named(name) for name in names]), week, context=given_before)
        if refusal.reasons[-1].startswith("no relaxation makes a plan possible"):
            with pytest.raises(PlanInfeasible):
                fairest_plan(everything_relaxed(roster), week, context=given_before)


def everything_relaxed(roster: Roster) -> Roster:
    """Relax everything: no rest, weekends in a row, every maximum raised, every day off moved."""
    rules = roster.rules
    week, month = rules.max_shifts_per_week, rules.max_shifts_per_month
    loose = replace(
        rules,
        rest_nights=0,
        weekends_apart=1,
        max_shifts_per_week=week and week + 2,
        max_shifts_per_month=month and month + 4,
    )
    people = (replace(each, absences=tuple(day for day in each.absences if day.leave)) for each in roster.engineers)
    return replace(roster, rules=loose, engineers=tuple(people))


def test_a_weekend_that_was_served_before_is_no_reason_to_call_a_small_team_hopeless() -> None:
    before = team_of(4, rest_nights=1)
    past = fairest_plan(before, shifts_of(before))
    roster = team_of(3, rest_nights=1)
    with pytest.raises(PlanInfeasible) as refusal:
        fairest_plan(
            roster,
            shifts_of(roster, first_day=MONDAY + timedelta(days=7)),
            context=PlanningContext(published=past.seats),
        )
    [names] = refusal.value.relaxations
    assert [name.split("@")[0] for name in names] == ["rest_nights=0", "weekends_apart=1"]


def test_the_plan_is_marked_and_its_notes_say_so() -> None:
    plan = solved_with(BEN_IS_AWAY, ["rest_nights=1@2027-01-04..2027-01-10"])
    assert [each.id for each in plan.relaxed] == ["rest_nights=1@2027-01-04..2027-01-10"]
    assert plan.notes[-1] == "by agreement: rest_nights 1 around the week of 2027-01-04"


def test_the_checker_counts_the_uses_of_each_exception() -> None:
    plan = solved_with(BEN_IS_AWAY, ["unavailable@2027-01-06:ben", "weekends_apart=1@2027-01-08..2027-01-10:ana"])
    assert [(each.relaxation.rule, each.uses) for each in used_relaxations(plan, BEN_IS_AWAY)] == [
        ("unavailable", 1),
        ("weekends_apart", 0),
    ]


def test_a_plan_that_lost_its_marks_is_not_clean() -> None:
    plan = solved_with(BEN_IS_AWAY, ["unavailable@2027-01-06:ben"])
    assert sentences(replace(plan, relaxed=()), BEN_IS_AWAY) == [
        "unavailable: ben is on Wed 2027-01-06 (weeknight) but is away from 2027-01-05 to 2027-01-07 (vacation)"
    ]


def test_an_exception_for_one_week_does_not_excuse_the_next_one() -> None:
    everybody = team_of(4)
    plan = solved_with(everybody, ["rest_nights=1@2027-01-04..2027-01-15"], days=12)
    mark = relaxation_named("rest_nights=1@2027-01-04..2027-01-10")
    found = sentences(replace(plan, relaxed=(mark,)), everybody)
    assert found
    assert all(sentence.startswith("rest_nights: ") for sentence in found)
    assert not any("between Mon 2027-01-04" in sentence for sentence in found)


def test_an_exception_that_does_not_fit_the_roster_is_refused_by_the_checker() -> None:
    plan = solved_with(BEN_IS_AWAY, ["unavailable@2027-01-06:ben"])
    with pytest.raises(Exception, match="ben has no day off then"):
        sentences(plan, team_of(6))
