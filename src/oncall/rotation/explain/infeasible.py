"""Explains why no plan exists, as an error for a manager: what is short, what conflicts, and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, groupby

from oncall.errors import PlanInfeasible
from oncall.rosters.relaxation import DAY_OFF
from oncall.rotation.explain.long_shifts import find_long_shifts
from oncall.rotation.explain.minimal_conflict import MinimalConflict, minimal_conflict
from oncall.rotation.explain.overload import find_overloads
from oncall.rotation.explain.relaxation_search import relaxation_options
from oncall.rotation.explain.team_size import MOST_MORE, TeamSize, team_size
from oncall.rotation.problem.eligibility import Obstacle
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.search import Search
from oncall.schedule.plan import Shift


def refuse_unstaffable(problem: Problem, search: Search) -> None:
    """Raise PlanInfeasible if counting alone shows that no plan exists.

    That is so if some shift has more hours than an engineer may have, or fewer people than roles, or if the team cannot
    take all shifts of some weeks, months or kinds.
    """
    long = find_long_shifts(problem)
    if long.sentences:
        summary = "no plan is possible: some shifts have more hours than an engineer may have"
        raise _infeasible(summary, long.sentences, problem, search, long.shifts)
    shortages = _shortages(problem)
    if shortages:
        problem = problem.as_listed
        shortages = _shortages(problem)
        shifts = "1 shift has" if len(shortages) == 1 else f"{len(shortages)} shifts have"
        sentences = [f"{_dates(problem, run)}: {sentence}" for sentence, run in _by_turn(problem, shortages)]
        summary = f"no plan is possible: {shifts} fewer people than roles"
        raise _infeasible(summary, sentences, problem, search, frozenset(shortages))
    overloads = find_overloads(problem, search)
    if overloads.sentences and problem.listed is not None:
        problem = problem.as_listed
        overloads = find_overloads(problem, search)
    if overloads.sentences:
        summary = "no plan is possible: there are more duties than people can take"
        raise _infeasible(summary, overloads.sentences, problem, search, overloads.shifts)


def _shortages(problem: Problem) -> dict[int, str]:
    """Return the shifts that cannot be staffed, by their numbers, each with the reason in words."""
    return {number: sentence for number in problem.staffed if (sentence := _shortage(problem, number))}


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
    search.enter_stage("no plan is possible; finding how many people it takes")
    advice = team_size_text(problem, team_size(problem, search, conflicting))
    search.enter_stage("no plan is possible; looking for relaxations that make one possible")
    found = relaxation_options(problem, search, conflicting)
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


def _shortage(problem: Problem, number: int) -> str:
    """Return which roles of one shift cannot be filled, and why; empty if all can be filled."""
    eligible = problem.eligible_engineers[number]
    for size in range(1, len(problem.roles) + 1):
        sentences = []
        for roles in combinations(problem.roles, size):
            takers = [
                problem.engineers[each].id for each in eligible if set(roles) & set(problem.roles_at(each, number))
            ]
            if len(takers) < size:
                sentences.append(f"{_shortage_text(roles, takers)} ({_others_text(problem, number, roles, takers)})")
        if sentences:
            return "; ".join(sentences)
    return ""


def _shortage_text(roles: Sequence[str], takers: Sequence[str]) -> str:
    names = " and ".join(roles)
    if not takers:
        return f"nobody can be {names}"
    return f"{names} need {len(roles)} people and only {' and '.join(takers)} can be on call"


def _others_text(problem: Problem, number: int, roles: Sequence[str], takers: Sequence[str]) -> str:
    obstacles = (
        _first_obstacle(problem, index, number, roles[0])
        for index, engineer in enumerate(problem.engineers)
        if engineer.id not in takers
    )
    reasons = [obstacle.sentence for obstacle in obstacles if obstacle is not None]
    return "; ".join(reasons) if reasons else "the roster has nobody else"


def _first_obstacle(problem: Problem, engineer: int, number: int, role: str) -> Obstacle | None:
    """Return the first reason why an engineer cannot take a shift or another shift of its turn; None if they can."""
    found = (problem.first_obstacle(engineer, each, role) for each in problem.unit_of[number])
    return next((obstacle for obstacle in found if obstacle is not None), None)


def _consecutive(shortages: Sequence[tuple[int, str]]) -> Iterator[tuple[str, list[int]]]:
    """Yield each sentence once, with the numbers of the shifts in a row that have this sentence."""
    keyed = [(number - index, sentence, number) for index, (number, sentence) in enumerate(shortages)]
    for (_, sentence), run in groupby(keyed, key=lambda item: item[:2]):
        yield sentence, [number for _, _, number in run]


def _by_turn(problem: Problem, shortages: Mapping[int, str]) -> Iterator[tuple[str, list[int]]]:
    """Yield each sentence with the numbers of the shifts that have it: the shifts of a turn, or shifts in a row."""
    if not problem.roster.rules.turn_groups:
        yield from _consecutive(list(shortages.items()))
        return
    for unit in problem.units:
        if unit[0] in shortages:
            yield shortages[unit[0]], list(unit)


def _dates(problem: Problem, run: Sequence[int]) -> str:
    first, last = (problem.shifts[number] for number in (run[0], run[-1]))
    if len(run) == 1:
        return f"{_day(first)} ({first.kind})"
    turns = {problem.shifts[number].turn for number in run}
    one_turn = " of one turn" if len(turns) == 1 and None not in turns else ""
    return f"{_day(first)} to {_day(last)} ({len(run)} shifts{one_turn})"


def _day(shift: Shift) -> str:
    return f"{shift.day:%a} {shift.day}"


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
