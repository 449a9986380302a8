"""Explains why no plan exists, as an error for a manager: what is short, what conflicts, and what would help."""

from __future__ import annotations

from collections.abc import Sequence

from oncall.errors import PlanInfeasible
from oncall.rosters.relaxation import DAY_OFF
from oncall.rotation.explain.long_shifts import find_long_shifts
from oncall.rotation.explain.minimal_conflict import MinimalConflict, minimal_conflict
from oncall.rotation.explain.overload import find_overloads
from oncall.rotation.explain.relaxation_search import relaxation_options
from oncall.rotation.explain.shortages import find_shortages, shortage_sentences
from oncall.rotation.explain.team_size import MOST_MORE, TeamSize, team_size
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.search import Search


def refuse_unstaffable(problem: Problem, search: Search) -> None:
    """Raise PlanInfeasible if counting alone shows that no plan exists.

    That is so if some shift has more hours than an engineer may have, or fewer people than roles, or if the team cannot
    take all shifts of some weeks, months or kinds.
    """
    long = find_long_shifts(problem)
    if long.sentences:
        summary = "no plan is possible: some shifts have more hours than an engineer may have"
        raise _infeasible(summary, long.sentences, problem, search, long.shifts)
    shortages = find_shortages(problem)
    if shortages:
        problem = problem.as_listed
        shortages = find_shortages(problem)
        shifts = "1 shift has" if len(shortages) == 1 else f"{len(shortages)} shifts have"
        sentences = shortage_sentences(problem, shortages)
        summary = f"no plan is possible: {shifts} fewer people than roles"
        raise _infeasible(summary, sentences, problem, search, frozenset(shortages))
    overloads = find_overloads(problem, search)
    if overloads.sentences and problem.listed is not None:
        problem = problem.as_listed
        overloads = find_overloads(problem, search)
    if overloads.sentences:
        summary = "no plan is possible: there are more duties than people can take"
        raise _infeasible(summary, overloads.sentences, problem, search, overloads.shifts)


def explain_infeasible(problem: Problem, search: Search) -> PlanInfeasible:
    """Return the error for a problem that has enough people for every shift, but provably has no plan."""
    problem = problem.as_listed
    search.enter_stage("no plan is possible; looking for the reasons")
    conflict = minimal_conflict(problem, search)
    summary = f"no plan keeps all the rules{conflict_text(conflict)}"
    return _infeasible(summary, conflict.causes, problem, search, conflict.shifts)


def conflict_text(conflict: MinimalConflict) -> str:
    """Return the end of a summary, which introduces the causes of a conflict."""
    if not conflict.causes:
        return "; the search for the reason was cut short"
    if not conflict.is_minimal:
        return ": the following exclude each other"
    return ": the following exclude each other; without any one of them, the others can be kept"


def _infeasible(
    summary: str, reasons: Sequence[str], problem: Problem, search: Search, conflicting: frozenset[int]
) -> PlanInfeasible:
    """Return the error, with the team size and the relaxations that would help.

    conflicting: numbers of shifts that no plan can staff together.
    """
    # Relaxations come first: if the time ends early, they help more than the number of people.
    search.enter_stage("no plan is possible; looking for relaxations that make one possible")
    found = relaxation_options(problem, search, conflicting)
    search.enter_stage("no plan is possible; finding how many people it takes")
    advice = team_size_text(problem, team_size(problem, search, conflicting))
    options = [option.text for option in found.options]
    if found.is_hopeless:
        options = ["no relaxation makes a plan possible; change the people, their dates or the rules"]
    elif not found.is_complete and options:
        options.append("there may be a smaller relaxation; the search for it was cut short")
    elif not found.is_complete:
        options = ["it is not known whether a relaxation makes a plan possible; the search was cut short"]
    if problem.has_turns and any(each.rule == DAY_OFF for option in found.options for each in option.relaxations):
        options.append("a turn is taken whole: where a day off is moved, the engineer takes all shifts of its turn")
    names = [tuple(each.id for each in option.relaxations) for option in found.options]
    return PlanInfeasible(summary, [*reasons, *advice, *options], names)


def team_size_text(problem: Problem, size: TeamSize) -> list[str]:
    """Return one sentence about the team size in a list; an empty list if nothing is known."""
    roster = len(problem.engineers)
    if size.if_present is None:
        return []
    if size.if_present.people > MOST_MORE:
        return [f"even with nobody away and {MOST_MORE} more people, no plan keeps these rules"]
    if size.if_present.people or not size.if_present.is_known:
        needed = f"{'' if size.if_present.is_known else 'at least '}{roster + size.if_present.people} people"
        return [f"even with nobody away, these rules need {needed} for these dates; the roster has {roster}"]
    enough = f"with nobody away, the {roster} people of the roster are enough"
    if size.enough_of_them is not None and size.enough_of_them < roster:
        enough = f"with nobody away, {size.enough_of_them} of the {roster} people are enough"
    if size.as_is is None:
        return [enough]
    more = f"{'' if size.as_is.is_known else 'at least '}{size.as_is.people} more"
    verbs = ("takes", "is") if size.as_is.people == 1 else ("take", "are")
    return [
        f"{enough}; with the days off as they are, the team needs {more} who {verbs[0]} every role and "
        f"{verbs[1]} never away"
    ]
