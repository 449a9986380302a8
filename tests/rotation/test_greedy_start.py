"""A greedy start is legal without any search, and reaches the targets in teams with room to spare."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings

from oncall.rosters.roster import Roster
from oncall.rotation.generate.greedy_start import greedy_starts
from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.rules import rules_of
from oncall.support.windows import WindowKind
from tests.rotation.teams import person, rosters, shifts_of, team, team_of


def even_targets(problem: Problem) -> dict[WindowKind, list[int]]:
    people = len(problem.engineers)
    totals = problem.shares.totals.items()
    return {kind: [-(-total * len(problem.roles) // people)] * people for kind, total in totals}


@pytest.mark.slow
@given(rosters(sizes=(3, 9), days=21))
@settings(max_examples=60, deadline=None)
def test_every_greedy_start_keeps_the_rules_and_can_fill_all_roles(roster: Roster) -> None:
    problem = Problem.of(roster, shifts_of(roster, days=21))
    limits = [limit for rule in rules_of(roster.rules) for limit in rule.limits(problem)]
    for teams in greedy_starts(problem, even_targets(problem), seed=1):
        duties = {(each, number) for number, on_duty in enumerate(teams) for each in on_duty}
        assert all(set(on_duty) <= set(problem.eligible_engineers[number]) for number, on_duty in enumerate(teams))
        assert all(len(set(on_duty)) == len(problem.roles) for on_duty in teams)
        assert all(sum(any(d in duties for d in group) for group in limit.groups) <= limit.most for limit in limits)
        for on_duty in teams:
            takes = [set(problem.roles_of(each)) for each in on_duty]
            orders = permutations(problem.roles)
            assert any(all(role in own for role, own in zip(order, takes, strict=True)) for order in orders)


def test_a_team_with_room_to_spare_reaches_exactly_its_targets() -> None:
    roster = team_of(10)
    problem = Problem.of(roster, shifts_of(roster, days=140))
    targets = even_targets(problem)
    counts = [
        Counter((problem.shifts[n].kind, each) for n, on_duty in enumerate(teams) for each in on_duty)
        for teams in greedy_starts(problem, targets, seed=0)
    ]
    assert {(kind, each): count for kind, own in targets.items() for each, count in enumerate(own)} in counts


def test_a_team_that_cannot_staff_every_shift_has_no_greedy_start() -> None:
    roster = team(person("ana"), person("ben"), rest_nights=1)
    problem = Problem.of(roster, shifts_of(roster))
    assert list(greedy_starts(problem, even_targets(problem), seed=0)) == []
