"""Computes how many people the rules need on given dates: if no one is ever away, and with the present days off.

The team is made larger by people who take every role and are never away; the engineers of the roster keep their roles,
pairs, fixed seats and outside shifts. A number is given only if a plan with that many people exists and none with one
person fewer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from oncall.rosters.roster import Engineer
from oncall.rotation.explain.feasibility import feasibility
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import max_duties
from oncall.rotation.solve.search import Search, SearchBudget, SearchStatus

MOST_MORE = 12
EFFORT = 3.0
"""Deterministic seconds for the search of all team sizes together."""


@dataclass(frozen=True, slots=True)
class MorePeople:
    """How many more people the team needs. is_known: True if the number is exact; False if more may be needed."""

    people: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class TeamSize:
    """What is known about the size of the team; None for an unknown number.

    if_present: how many more people the team needs if no one is ever away. as_is: how many more with the days off in
    the roster. enough_of_them: how many of the roster's engineers are enough if no one is ever away; known only if the
    engineers differ in nothing but their days off.
    """

    if_present: MorePeople | None
    as_is: MorePeople | None
    enough_of_them: int | None


def team_size(problem: Problem, search: Search, conflicting: frozenset[int] = frozenset()) -> TeamSize:
    """Return how many people the problem needs.

    conflicting: numbers of shifts that no plan can staff together. They quickly rule out most sizes that are too small.
    """
    if search.is_over:
        return TeamSize(None, None, None)
    budget = SearchBudget(EFFORT, per_run=EFFORT)
    if_present = _more_people(_with_nobody_away(problem), 0, conflicting, budget, search)
    if if_present is None or if_present.people > 0 or not if_present.is_known:
        return TeamSize(if_present, None, None)
    enough_of_them = _enough_of_them(problem, budget, search) if _are_alike(problem) else None
    return TeamSize(if_present, _more_people(problem, 1, conflicting, budget, search), enough_of_them)


def _more_people(
    problem: Problem, least: int, conflicting: frozenset[int], budget: SearchBudget, search: Search
) -> MorePeople | None:
    """Return the fewest people that must join the roster, at least `least`; None if no size is decided in time."""
    for more in range(least, MOST_MORE + 1):
        larger = _with_more_people(problem, more)
        status = SearchStatus.FEASIBLE
        if conflicting:
            status = feasibility(replace(larger, limited_to=conflicting), budget, search)
        if status is not SearchStatus.INFEASIBLE:
            status = feasibility(larger, budget, search)
        if status is not SearchStatus.INFEASIBLE:
            is_settled = status is not SearchStatus.UNKNOWN
            return MorePeople(more, is_settled) if is_settled or more > least else None
    return MorePeople(MOST_MORE + 1, False)


def _enough_of_them(problem: Problem, budget: SearchBudget, search: Search) -> int | None:
    """Return how few of the roster's engineers are enough if no one is ever away; None if that is not known."""
    present = _with_nobody_away(problem)
    for size in range(_least_by_counting(problem), len(problem.engineers) + 1):
        fewer = replace(present, roster=replace(present.roster, engineers=present.engineers[:size]))
        status = feasibility(fewer, budget, search)
        if status is not SearchStatus.INFEASIBLE:
            return size if status is not SearchStatus.UNKNOWN else None
    return None


def _are_alike(problem: Problem) -> bool:
    """Return True if engineers differ in nothing but their dates, so that it does not matter who leaves."""
    rules = problem.roster.rules
    limited = any(each.kinds is not None for each in problem.engineers)
    named = problem.fixed_seats or rules.never_together or rules.relaxed or limited
    outside = any(problem.outside_shifts.of(each.id) for each in problem.engineers)
    return problem.roles_are_interchangeable and not named and not outside


def _least_by_counting(problem: Problem) -> int:
    """Return a lower limit for the team size: each kind's seats, divided by the most that one person can take."""
    one = replace(problem, roster=replace(problem.roster, engineers=(_new_engineer(problem, 0),)))
    seats = len(problem.roles)
    needed = [-(-total * seats // max(1, max_duties(one, 0, kind))) for kind, total in problem.shares.totals.items()]
    return max(seats, *needed)


def _with_nobody_away(problem: Problem) -> Problem:
    people = tuple(replace(each, absences=(), joins=None, leaves=None, shadows=()) for each in problem.engineers)
    return replace(problem, roster=replace(problem.roster, engineers=people))


def _with_more_people(problem: Problem, more: int) -> Problem:
    new = tuple(_new_engineer(problem, number) for number in range(more))
    return replace(problem, roster=replace(problem.roster, engineers=(*problem.engineers, *new)))


def _new_engineer(problem: Problem, number: int) -> Engineer:
    # No roster can have an id with a plus sign.
    return Engineer(id=f"+{number}", name="", phone="", roles=problem.roles, zone=problem.roster.zone)
