"""Shifts with fewer people than roles, in words: which roles nobody can have, and why each engineer cannot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, groupby

from oncall.rotation.problem.eligibility import Obstacle
from oncall.rotation.problem.problem import Problem
from oncall.schedule.plan import Shift

_PLURAL = {"is": "are", "has": "have", "does": "do", "takes": "take", "joins": "join"}
"""The first words of obstacles, for one engineer and for several."""
_MOST_DATES = 6


def find_shortages(problem: Problem) -> dict[int, str]:
    """Return the shifts that cannot be staffed, by their numbers, each with the reason in words."""
    return {number: sentence for number in problem.staffed if (sentence := _shortage(problem, number))}


def shortage_sentences(problem: Problem, shortages: Mapping[int, str]) -> list[str]:
    """Return each reason once, after the dates of the shifts that have it."""
    dates: dict[str, list[str]] = {}
    for sentence, run in _by_turn(problem, shortages):
        dates.setdefault(sentence, []).append(_dates(problem, run))
    return [f"{_some(each)}: {sentence}" for sentence, each in dates.items()]


def _some(dates: Sequence[str]) -> str:
    more = len(dates) - _MOST_DATES
    return ", ".join([*dates[:_MOST_DATES], *([f"and {more} more"] if more > 0 else [])])


def _shortage(problem: Problem, number: int) -> str:
    """Return which roles of one shift cannot be filled, and why; empty if all can be filled."""
    eligible = problem.eligible_engineers[number]
    for size in range(1, len(problem.roles) + 1):
        # Roles that lack people for the same reasons are named together.
        lacking: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for roles in combinations(problem.roles, size):
            takers = tuple(
                problem.engineers[each].id for each in eligible if set(roles) & set(problem.roles_at(each, number))
            )
            if len(takers) < size:
                reasons = _others_text(problem, number, roles, takers)
                lacking.setdefault((takers, reasons), []).append(" and ".join(roles))
        if lacking:
            texts = (f"{_shortage_text(roles, size, key[0])} ({key[1]})" for key, roles in lacking.items())
            return "; ".join(texts)
    return ""


def _shortage_text(roles: Sequence[str], size: int, takers: Sequence[str]) -> str:
    if not takers:
        return f"nobody can be {' or '.join(roles)}"
    return f"{' or '.join(roles)} need {size} people and only {' and '.join(takers)} can be on call"


def _others_text(problem: Problem, number: int, roles: Sequence[str], takers: Sequence[str]) -> str:
    """Return why each of the others cannot take the shift. Engineers with the same reason are named together."""
    people: dict[str, list[str]] = {}
    for index, engineer in enumerate(problem.engineers):
        obstacle = _first_obstacle(problem, index, number, roles[0]) if engineer.id not in takers else None
        if obstacle is not None:
            own, _, reason = obstacle.sentence.partition(" ")
            is_shared = own == engineer.id and reason.split(" ")[0] in _PLURAL
            people.setdefault(reason if is_shared else obstacle.sentence, []).append(own if is_shared else "")
    reasons = [_reason(who, reason) for reason, who in people.items()]
    return "; ".join(reasons) if reasons else "the roster has nobody else"


def _reason(people: Sequence[str], reason: str) -> str:
    """Return a reason with its engineers: `ana is away`, or `ana and ben are away`."""
    if not people[0]:
        return reason
    if len(people) == 1:
        return f"{people[0]} {reason}"
    verb, _, rest = reason.partition(" ")
    return f"{', '.join(people[:-1])} and {people[-1]} {_PLURAL[verb]} {rest}"


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
