"""Cuts from hours and rest: they forbid no legal plan, and they prove rosters that limits in minutes leave open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random

import pytest

from oncall.rosters.relaxation import relaxation_named
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster, WeekendStyle
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Limit
from oncall.rotation.problem.rules import rules_of
from oncall.rotation.solve.hour_cuts import hour_cuts
from oncall.rotation.solve.role_models import LoadModel
from oncall.rotation.solve.search import Search, SearchStatus
from tests.rotation.teams import MONDAY, away, person, shifts_of, team, team_of


def limits_of(problem: Problem) -> list[Limit]:
    return [limit for rule in rules_of(problem.roster.rules) for limit in rule.limits(problem)]


def keeps(limit: Limit, taken: frozenset[Duty]) -> bool:
    return sum(weight for group, weight in limit.weighted_groups if taken & set(group)) <= limit.most


def legal_choices(problem: Problem, limits: Sequence[Limit], draw: Random) -> Iterator[frozenset[Duty]]:
    """Yield choices of one engineer's shifts that keep every limit, each as full as chance makes it."""
    for _ in range(60):
        taken: frozenset[Duty] = frozenset()
        for number in draw.sample(problem.eligible_shifts[0], len(problem.eligible_shifts[0])):
            more = taken | {Duty(0, number)}
            if all(keeps(limit, more) for limit in limits):
                taken = more
        yield taken


@pytest.mark.parametrize("seed", range(12))
def test_a_cut_forbids_no_shifts_that_the_rules_allow(seed: int) -> None:
    draw = Random(seed)
    hours, weekend = draw.choice([60, 75, 80, 100]), draw.choice(list(WeekendStyle))
    rules = {"rest_nights": draw.randrange(3), "weekends_apart": draw.choice([1, 2]), "weekend": weekend}
    roster = team_of(2, **rules, max_hours_per_week=hours)
    if seed % 3 == 0:
        roster = relaxed(roster, [relaxation_named(f"max_hours_per_week={hours + 12}@2027-01-11..2027-01-17")])
    problem = Problem.of(roster, shifts_of(roster, days=28))
    limits = limits_of(problem)
    cuts = list(hour_cuts(problem, limits))
    for taken in legal_choices(problem, limits, draw):
        assert [cut for cut in cuts if not keeps(cut, taken)] == []


def test_a_weekend_beside_nights_is_counted_in_shifts() -> None:
    roster = team_of(2, rest_nights=1, weekends_apart=2, max_hours_per_week=80)
    problem = Problem.of(roster, shifts_of(roster, days=7))
    cuts = {(cut.most, tuple(group[0].shift for group in cut.groups)) for cut in hour_cuts(problem, limits_of(problem))}
    # The nights from Monday to Thursday and the weekend: two nights, or the weekend and one night.
    assert (2, (0, 1, 2, 3, 4)) in cuts


@pytest.mark.parametrize("rules", [{}, {"max_hours_per_week": 168}, {"max_hours_per_week": 100, "turn_weeks": 1}])
def test_a_roster_whose_hours_exclude_nothing_has_no_cuts(rules: dict[str, int]) -> None:
    roster = team_of(4, rest_nights=1, **rules)
    problem = Problem.of(roster, shifts_of(roster, days=28))
    assert list(hour_cuts(problem, limits_of(problem))) == []


def hard_team() -> Roster:
    """Return seven people, two of them half-time and three only secondary, with at most 80 hours in seven days."""
    days = [MONDAY + timedelta(weeks=4), MONDAY + timedelta(weeks=2)]
    people = [
        person("ana", fte=0.5, absences=away(days[0], 5)),
        person("ben", fte=0.5),
        person("cai", absences=away(days[1], 5)),
        person("dee"),
        *(person(name, roles=["secondary"]) for name in ("eve", "fay", "gus")),
    ]
    return team(*people, rest_nights=1, weekends_apart=2, max_hours_per_week=80)


def test_seven_people_with_at_most_80_hours_a_week_are_proven_in_seconds() -> None:
    roster = hard_team()
    problem = Problem.of(roster, shifts_of(roster, days=56)).in_order_of(0)
    search = Search()
    bound = LoadModel.counting_bound(problem, search)
    assert bound is not None
    model = LoadModel(problem, bound, bound.ranges(), search)
    model.model.minimize(model.cost)
    result = search.run(model.model, effort=3.0, linearization=2)
    assert result.status is SearchStatus.OPTIMAL
    assert result.bound > bound.cost
