"""How many people the rules need for given dates, by trying: when nobody is away, and with the days off as they are.

People are added who take every role and are never away; whoever is on the roster keeps their roles, the pairs they are
in, their fixed seats and what stands around the plan. A number is only named when a plan with so many exists and none
with one fewer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from oncall.rosters.roster import Engineer
from oncall.rotation.explain.relaxation_search import verdict_on
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import max_duties
from oncall.rotation.solve.search import Search, SearchBudget, SearchStatus

MOST_MORE = 12
EFFORT = 3.0
"""Deterministic time for all sizes."""


@dataclass(frozen=True, slots=True)
class More:
    """How many more people it takes. is_known: with one fewer no plan exists; else it may be that many or more."""

    people: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class TeamSize:
    """What is known of the size of the team; None where nothing is.

    present: how many more it takes when nobody is away. as_is: with the days off as they are. alone: of people who are
    all alike and never away, how many are enough; only where everybody is alike but for their days off.
    """

    present: More | None
    as_is: More | None
    alone: More | None


def team_size(problem: Problem, search: Search, near: frozenset[int] = frozenset()) -> TeamSize:
    """Find out. near: numbers of shifts that cannot all be staffed, which settle most sizes that are too small."""
    if search.is_over:
        return TeamSize(None, None, None)
    allowance = SearchBudget(EFFORT, per_run=EFFORT)
    present = _more(_with_everybody_there(problem), 0, near, allowance, search)
    if present is None or present.people > 0 or not present.is_known:
        return TeamSize(present, None, None)
    alone = _enough_alone(problem, allowance, search) if _are_alike(problem) else None
    return TeamSize(present, _more(problem, 1, near, allowance, search), alone)


def _more(problem: Problem, fewest: int, near: frozenset[int], allowance: SearchBudget, search: Search) -> More | None:
    """The fewest people beyond those on the roster, from `fewest` on; None when not even one size was settled."""
    for more in range(fewest, MOST_MORE + 1):
        larger = _with_more(problem, more)
        verdict = verdict_on(replace(larger, limited_to=near), allowance, search) if near else SearchStatus.FEASIBLE
        if verdict is not SearchStatus.INFEASIBLE:
            verdict = verdict_on(larger, allowance, search)
        if verdict is not SearchStatus.INFEASIBLE:
            is_settled = verdict is not SearchStatus.UNKNOWN
            return More(more, is_settled) if is_settled or more > fewest else None
    return More(MOST_MORE + 1, False)


def _enough_alone(problem: Problem, allowance: SearchBudget, search: Search) -> More | None:
    """How many of these people would be enough: the others leave one by one."""
    least = _least_by_counting(problem)
    there = _with_everybody_there(problem)
    for size in range(least, len(problem.engineers) + 1):
        few = replace(there, roster=replace(there.roster, engineers=there.engineers[:size]))
        verdict = verdict_on(few, allowance, search)
        if verdict is not SearchStatus.INFEASIBLE:
            return More(size, True) if verdict is not SearchStatus.UNKNOWN else None
    return None


def _are_alike(problem: Problem) -> bool:
    """Whether it does not matter which of the people leave, once nobody is away."""
    rules = problem.roster.rules
    named = problem.fixed_seats or rules.never_together or rules.relaxed
    outside = any(problem.outside_shifts.of(each.id) for each in problem.engineers)
    return problem.roles_are_interchangeable and not named and not outside


def _least_by_counting(problem: Problem) -> int:
    """How many people it takes for the duties of each kind, each person counted for themselves."""
    one = replace(problem, roster=replace(problem.roster, engineers=(_newcomer(problem, 0),)))
    seats = len(problem.roles)
    needed = [-(-total * seats // max(1, max_duties(one, 0, kind))) for kind, total in problem.shares.totals.items()]
    return max(seats, *needed)


def _with_everybody_there(problem: Problem) -> Problem:
    people = tuple(replace(each, absences=(), joins=None, leaves=None, shadows=()) for each in problem.engineers)
    return replace(problem, roster=replace(problem.roster, engineers=people))


def _with_more(problem: Problem, more: int) -> Problem:
    new = tuple(_newcomer(problem, number) for number in range(more))
    return replace(problem, roster=replace(problem.roster, engineers=(*problem.engineers, *new)))


def _newcomer(problem: Problem, number: int) -> Engineer:
    # An id that no roster can have.
    return Engineer(id=f"+{number}", name="", phone="", roles=problem.roles, zone=problem.roster.zone)
