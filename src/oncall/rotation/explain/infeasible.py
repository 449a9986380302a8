"""Why no plan can exist: shifts that too few people may take, or named rules, weeks and days off that clash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, groupby

from oncall.errors import PlanInfeasible
from oncall.rotation.explain.minimal_conflict import minimal_conflict
from oncall.rotation.explain.overload import overloads
from oncall.rotation.explain.relaxation_search import relaxation_options
from oncall.rotation.explain.team_size import TeamSize, team_size
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.search import Search
from oncall.schedule.plan import Shift


def refuse_unstaffable(problem: Problem, search: Search) -> None:
    """Raise PlanInfeasible when arithmetic alone says so.

    Either some shifts have fewer people than roles, each of which is named; or some weeks, months or all dates together
    hold more duties than people can take.
    """
    lacking = {number: sentence for number in problem.staffed if (sentence := _shortage(problem, number))}
    short = [(problem.shifts[number], sentence) for number, sentence in lacking.items()]
    if not short:
        _refuse_too_full(problem, search)
        return
    number = len(short)
    shifts = "1 shift has" if number == 1 else f"{number} shifts have"
    sentences = [_dated(list(run), sentence) for sentence, run in _runs(short, problem.shifts)]
    near = frozenset(lacking)
    search.enter_stage("no plan is possible; counting the people that it takes")
    advice = team_advice(problem, team_size(problem, search, near))
    summary = f"no plan is possible: {shifts} fewer people than roles"
    raise _infeasible(summary, [*sentences, *advice], problem, search, near)


def _refuse_too_full(problem: Problem, search: Search) -> None:
    sentences, near = overloads(problem, search)
    if sentences:
        summary = "no plan is possible: there are more duties than people can take"
        search.enter_stage("no plan is possible; counting the people that it takes")
        advice = team_advice(problem, team_size(problem, search, near))
        raise _infeasible(summary, [*sentences, *advice], problem, search, near)


def _shortage(problem: Problem, number: int) -> str:
    """Which roles of one shift cannot be filled together and why each person cannot help; empty when all can be."""
    present = problem.eligible_engineers[number]
    sentences = []
    for size in range(1, len(problem.roles) + 1):
        for roles in combinations(problem.roles, size):
            takers = [
                problem.engineers[each].id for each in present if set(roles) & set(problem.roles_at(each, number))
            ]
            if len(takers) < size:
                sentences.append(f"{_needed(roles, takers)}{_others(problem, number, roles, takers)}")
        if sentences:
            break
    return "; ".join(sentences)


def _needed(roles: Sequence[str], takers: Sequence[str]) -> str:
    names = " and ".join(roles)
    if not takers:
        return f"nobody can be {names}"
    return f"{names} need {len(roles)} people and only {' and '.join(takers)} can be on call"


def _others(problem: Problem, number: int, roles: Sequence[str], takers: Sequence[str]) -> str:
    reasons = []
    for index, engineer in enumerate(problem.engineers):
        if engineer.id not in takers:
            barred = problem.first_obstacle(index, number, roles[0])
            if barred is not None:
                reasons.append(barred.sentence)
    return f" ({'; '.join(reasons)})" if reasons else " (the roster has nobody else)"


def _runs(short: Sequence[tuple[Shift, str]], shifts: Sequence[Shift]) -> Iterator[tuple[str, Iterable[Shift]]]:
    """Neighbouring shifts that lack people for the same reason, together."""
    order = {shift.window.start: number for number, shift in enumerate(shifts)}
    keyed = [(order[shift.window.start] - index, sentence, shift) for index, (shift, sentence) in enumerate(short)]
    for (_, sentence), run in groupby(keyed, key=lambda item: item[:2]):
        yield sentence, [shift for _, _, shift in run]


def _dated(run: Sequence[Shift], sentence: str) -> str:
    first, last = run[0], run[-1]
    if len(run) == 1:
        return f"{first.day:%a} {first.day} ({first.kind}): {sentence}"
    return f"{first.day:%a} {first.day} to {last.day:%a} {last.day} ({len(run)} shifts): {sentence}"


def explained(problem: Problem, search: Search) -> PlanInfeasible:
    """The error for a problem whose every shift has people enough but that is proven to have no plan."""
    search.enter_stage("no plan is possible; looking for the reasons")
    clash = minimal_conflict(problem, search)
    search.enter_stage("no plan is possible; counting the people that it takes")
    summary = "no plan keeps all the rules; the search for the reason was cut short"
    if clash.causes:
        summary = "no plan keeps all the rules: these cannot hold together"
    if clash.is_minimal:
        summary += ", and without any one of them the others could"
    advice = team_advice(problem, team_size(problem, search, clash.shifts))
    return _infeasible(summary, [*clash.causes, *advice], problem, search, clash.shifts)


def _infeasible(
    summary: str, reasons: Sequence[str], problem: Problem, search: Search, near: frozenset[int]
) -> PlanInfeasible:
    """The error, with what could be agreed to so that a plan exists. near: shifts that cannot all be staffed."""
    search.enter_stage("no plan is possible; looking for exceptions with which one is")
    found = relaxation_options(problem, search, near)
    told = [choice.text for choice in found.choices]
    if found.is_hopeless:
        told = ["no exception that can be offered would do; it takes other people, other dates for them or other rules"]
    elif not found.is_complete:
        told.append(
            "there may be cheaper exceptions; the search for them was cut short"
            if told
            else "whether exceptions would let a plan exist was not found in the time there was"
        )
    names = [tuple(each.id for each in choice.relaxations) for choice in found.choices]
    return PlanInfeasible(summary, [*reasons, *told], names)


def team_advice(problem: Problem, size: TeamSize) -> list[str]:
    """What is known of the size of the team, in words; nothing when nothing is."""
    have = len(problem.engineers)
    if size.present is None:
        return []
    if size.present.people or not size.present.is_known:
        needed = f"{'' if size.present.is_known else 'at least '}{have + size.present.people} people"
        return [f"even with nobody away these rules need {needed} for these dates; the roster has {have}"]
    enough = f"with nobody away the {have} people of the roster would be enough"
    if size.alone is not None and size.alone.people < have:
        enough = f"with nobody away {size.alone.people} of the {have} people would be enough"
    if size.as_is is None:
        return [enough]
    more = f"{'' if size.as_is.is_known else 'at least '}{size.as_is.people} more"
    return [f"{enough}; with the days off as they are it takes {more} who {_are(size.as_is.people)} never away"]


def _are(people: int) -> str:
    return "takes every role and is" if people == 1 else "take every role and are"
