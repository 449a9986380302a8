"""What could be agreed to so that a plan exists: the cheapest exceptions, each choice verified by solving."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from oncall.errors import Refused
from oncall.rosters.relaxation import Relaxation, relaxation_texts
from oncall.rosters.relaxed_roster import relaxed
from oncall.rotation.explain.minimal_conflict import conflicting_shifts
from oncall.rotation.explain.priced_relaxations import RelaxedModel, is_within, price_of
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.duty_constraints import add_duties
from oncall.rotation.solve.role_models import SeatModel
from oncall.rotation.solve.search import Search, SearchBudget, SearchStatus

EFFORT_AT_ONCE, EFFORT = 2.5, 5.0
"""Deterministic time for each question and for all."""
MOST_AT_ONCE = 6
MOST_PARTS = 4
"""How often more shifts are looked at, before all of them are."""
FOUND = (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE)


@dataclass(frozen=True, slots=True)
class RelaxationOption:
    """Exceptions that together let a plan exist; solved, not guessed."""

    relaxations: tuple[Relaxation, ...]

    @property
    def text(self) -> str:
        """One sentence for people, with what to write."""
        names = " ".join(f"--relax {each.id}" for each in self.relaxations)
        return f"a plan exists with {relaxation_texts(self.relaxations)}: {names}"


@dataclass(frozen=True, slots=True)
class RelaxationOptions:
    """The choices, the cheapest first. is_hopeless: it is proven that no exception that can be made would help.

    is_complete: the first choice is proven cheapest.
    """

    choices: tuple[RelaxationOption, ...]
    is_hopeless: bool
    is_complete: bool = True


def relaxation_options(problem: Problem, search: Search, near: frozenset[int] = frozenset()) -> RelaxationOptions:
    """The cheapest choice, and of each rule the cheapest that needs exceptions to it alone; none that another makes
    needless.

    near: numbers of shifts that cannot all be staffed. Only these have to be looked at as long as the exceptions found
    for them let a plan exist for all: then nothing cheaper can.
    """
    if search.is_over:
        return RelaxationOptions((), False, False)
    allowance = SearchBudget(EFFORT, per_run=EFFORT_AT_ONCE)
    for _ in range(MOST_PARTS if near else 0):
        part = replace(problem, limited_to=_with_neighbours(problem, near))
        found = _offers_for(part, problem, allowance, search)
        if found.is_hopeless or found.choices or search.is_over:
            return found
        cheapest = _cheapest(part, allowance, search)
        more = _clashing_still(problem, cheapest, search) if cheapest else frozenset()
        if not more - near:
            break
        near |= more
    return _offers_for(problem, problem, allowance, search)


def _with_neighbours(problem: Problem, near: frozenset[int]) -> frozenset[int]:
    """These shifts and those of a week before and after."""
    days = {problem.shifts[number].day.toordinal() for number in near}
    close = {day + offset for day in days for offset in range(-7, 8)}
    return frozenset(number for number, shift in enumerate(problem.shifts) if shift.day.toordinal() in close)


def _cheapest(part: Problem, allowance: SearchBudget, search: Search) -> tuple[Relaxation, ...]:
    board = RelaxedModel(part)
    outcome = allowance.solve(search, board.model)
    return board.bought(outcome) if outcome.status in FOUND else ()


def _clashing_still(problem: Problem, relaxations: Sequence[Relaxation], search: Search) -> frozenset[int]:
    """Which shifts cannot all be staffed even with these exceptions."""
    try:
        loose = relaxed(problem.roster, relaxations)
    except Refused:
        return frozenset()
    return conflicting_shifts(replace(problem, roster=loose), search)


def _offers_for(part: Problem, problem: Problem, allowance: SearchBudget, search: Search) -> RelaxationOptions:
    """The choices that are cheapest for a part, of them those with which a plan exists for the whole."""
    board = RelaxedModel(part)
    outcome = allowance.solve(search, board.model)
    if outcome.status not in FOUND:
        return RelaxationOptions(
            (), outcome.status is SearchStatus.INFEASIBLE, outcome.status is SearchStatus.INFEASIBLE
        )
    cheapest = board.bought(outcome)
    others = [family for family in board.families() if {each.rule for each in cheapest} != {family}]
    bought = [cheapest, *_of_one_family_each(board, others, allowance, search)]
    # Nobody agrees to a dozen exceptions when a few will do.
    few = [each for each in bought if len(each) <= MOST_AT_ONCE] or bought[:1]
    verified = [_minimal(problem, each, allowance, search) for each in dict.fromkeys(few)]
    if not verified[0]:
        return RelaxationOptions((), False, False)
    is_complete = outcome.status is SearchStatus.OPTIMAL and not search.is_over
    return RelaxationOptions(
        tuple(map(RelaxationOption, _undominated(problem, [each for each in verified if each]))), False, is_complete
    )


def _undominated(problem: Problem, choices: Sequence[tuple[Relaxation, ...]]) -> list[tuple[Relaxation, ...]]:
    """The choices by price, without those that allow all that another allows, and more."""
    rules = problem.roster.rules
    distinct = sorted(dict.fromkeys(choices), key=lambda each: sum(price_of(one, rules) for one in each))
    kept: list[tuple[Relaxation, ...]] = []
    for choice in distinct:
        if not any(all(any(is_within(one, other) for other in choice) for one in less) for less in kept):
            kept.append(choice)
    return kept


def _of_one_family_each(
    board: RelaxedModel, families: Sequence[str], allowance: SearchBudget, search: Search
) -> Iterator[tuple[Relaxation, ...]]:
    for family in families:
        outcome = allowance.solve(search, board.only(family))
        if outcome.status in FOUND:
            yield board.bought(outcome)


def _minimal(
    problem: Problem, relaxations: tuple[Relaxation, ...], allowance: SearchBudget, search: Search
) -> tuple[Relaxation, ...]:
    """These exceptions without those that are not needed; none when they are not enough. All of it by solving."""
    if not _is_enough(problem, relaxations, allowance, search):
        return ()
    for each in relaxations:
        fewer = tuple(other for other in relaxations if other != each)
        if _is_enough(problem, fewer, allowance, search):
            relaxations = fewer
    return relaxations


def _is_enough(problem: Problem, relaxations: Sequence[Relaxation], allowance: SearchBudget, search: Search) -> bool:
    """Whether a plan exists with these exceptions, by a model that knows nothing of prices."""
    try:
        loose = replace(problem, roster=relaxed(problem.roster, relaxations))
    except Refused:
        return False
    return bool(relaxations) and has_plan(loose, allowance, search)


def has_plan(problem: Problem, allowance: SearchBudget, search: Search) -> bool:
    """Whether some plan keeps the hard rules; no when that cannot be settled."""
    return verdict_on(problem, allowance, search) in FOUND


def verdict_on(problem: Problem, allowance: SearchBudget, search: Search) -> SearchStatus:
    """Whether some plan keeps the hard rules, as far as it can be settled."""
    if any(len(problem.eligible_engineers[number]) < len(problem.roles) for number in problem.staffed):
        return SearchStatus.INFEASIBLE
    if problem.roles_are_free:
        model = cp_model.CpModel()
        add_duties(model, problem)
    else:
        model = SeatModel(problem, CountingBound(0, {}, is_exact=False), {}, search).model
    return allowance.status(search, model)
