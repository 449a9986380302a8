"""How many people the rules need for given dates when nobody is ever away, by trying."""

from __future__ import annotations

from dataclasses import replace

from ortools.sat.python import cp_model

from oncall.rosters.roster import Engineer
from oncall.rotation.board import add_duties
from oncall.rotation.counting import most_duties
from oncall.rotation.problem import Problem
from oncall.rotation.search import Allowance, Search, Verdict

MOST_TRIED = 16
EFFORT = 3.0
"""Deterministic time for all sizes: where a size cannot be settled in it, nothing is said of the team."""


def smallest_team(problem: Problem, search: Search) -> int | None:
    """The fewest people who take every role and are never away with whom a plan exists for these shifts.

    None when that could not be settled for some size below, or no size up to MOST_TRIED will do.
    """
    allowance = Allowance(EFFORT, at_once=EFFORT)
    for size in range(_least_by_counting(problem), MOST_TRIED + 1):
        model = cp_model.CpModel()
        add_duties(model, _with_people(problem, size))
        verdict = allowance.run(search, model)
        if verdict in (Verdict.OPTIMAL, Verdict.FEASIBLE):
            return size
        if verdict is Verdict.UNKNOWN:
            return None
    return None


def _least_by_counting(problem: Problem) -> int:
    """How many people it takes for the duties of each kind, each person counted for themselves."""
    one = _with_people(problem, 1)
    seats = len(problem.roles)
    needed = [-(-total * seats // max(1, most_duties(one, 0, kind))) for kind, total in problem.shares.totals.items()]
    return max(seats, *needed)


def _with_people(problem: Problem, size: int) -> Problem:
    roster = problem.roster
    people = tuple(
        Engineer(id=f"person-{number}", name="", phone="", roles=problem.roles, zone=roster.zone)
        for number in range(size)
    )
    return Problem(replace(roster, engineers=people), problem.shifts)
