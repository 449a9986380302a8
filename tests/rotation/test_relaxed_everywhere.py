"""Rules that are far from possible, and large teams, are offered a relaxation that makes a plan possible."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall.rosters.relaxation import relaxation_named
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster, WeekendStyle
from oncall.rotation.check.used_relaxations import with_relaxations
from oncall.rotation.explain.relaxation_search import relaxation_options
from oncall.rotation.explain.relaxed_everywhere import relaxed_everywhere
from oncall.rotation.generate.fairest_plan import fairest_plan
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.search import Search, SearchStatus
from tests.rotation.teams import MONDAY, away, person, sentences, shifts_of, team, team_of

FEW_SHIFTS = team_of(
    4, rest_nights=1, weekends_apart=1, max_shifts=tuple((who, 1) for who in ("ana", "ben", "cai", "dee"))
)
ONE_A_WEEK = team_of(4, rest_nights=1, weekends_apart=1, weekend=WeekendStyle.DAILY, max_shifts_per_week=1)
LONG_REST = team_of(4, rest_nights=0, weekends_apart=2, min_rest_hours=336)


@pytest.mark.parametrize(
    ("roster", "rule"),
    [(FEW_SHIFTS, "max_shifts"), (ONE_A_WEEK, "max_shifts_per_week"), (LONG_REST, "min_rest_hours")],
    ids=["max_shifts", "max_shifts_per_week", "min_rest_hours"],
)
def test_a_number_that_is_far_from_possible_has_an_offer_with_which_a_plan_exists(roster: Roster, rule: str) -> None:
    shifts = shifts_of(roster, days=28)
    found = relaxation_options(Problem.of(roster, shifts), Search())
    assert not found.is_hopeless
    assert found.options
    for option in found.options:
        assert rule in {each.rule for each in option.relaxations}
        plan = with_relaxations(fairest_plan(relaxed(roster, option.relaxations), shifts), option.relaxations)
        plan = replace(plan, first_day=MONDAY, last_day=MONDAY + timedelta(days=27))
        assert sentences(plan, roster) == []


def test_rules_that_are_not_the_reason_keep_their_numbers() -> None:
    status, found = relaxed_everywhere(Problem.of(LONG_REST, shifts_of(LONG_REST, days=28)), Search())
    assert status is SearchStatus.FEASIBLE
    assert {each.rule for each in found} == {"min_rest_hours"}


def test_a_team_with_fewer_people_than_roles_is_hopeless_even_if_all_rules_are_off() -> None:
    roster = team(person("ana", absences=away(MONDAY, 2)), max_shifts_per_week=1)
    assert relaxed_everywhere(Problem.of(roster, shifts_of(roster)), Search()) == (SearchStatus.INFEASIBLE, ())


def test_engineers_with_the_same_raised_maximum_read_as_one_phrase() -> None:
    names = [f"max_shifts=14@2027-01-04..2027-01-29:{who}" for who in ("ana", "ben", "cai")]
    roster = team_of(
        3, roles=("primary",), rest_nights=0, weekends_apart=1, max_shifts=tuple((w, 3) for w in ("ana", "ben", "cai"))
    )
    plan = fairest_plan(relaxed(roster, [relaxation_named(name) for name in names]), shifts_of(roster, days=28))
    noted = with_relaxations(plan, [relaxation_named(name) for name in names])
    assert "by agreement: max_shifts 14 for ana, ben and cai" in noted.notes
