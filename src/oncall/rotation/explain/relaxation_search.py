"""Finds the smallest relaxations with which a plan exists. Each result is verified by solving the relaxed problem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oncall.errors import Refused
from oncall.rosters.relaxation import Relaxation, relaxation_texts
from oncall.rosters.relaxed_roster import relaxed
from oncall.rotation.explain.feasibility import is_feasible
from oncall.rotation.explain.minimal_conflict import conflicting_shifts
from oncall.rotation.explain.relaxation_model import RelaxationModel
from oncall.rotation.explain.relaxation_prices import is_within, price_of
from oncall.rotation.explain.relaxed_everywhere import relaxed_everywhere
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.search import Search, SearchBudget, SearchStatus

EFFORT_PER_RUN, EFFORT = 2.5, 5.0
"""Limits in deterministic seconds: for one run of the solver, and for all runs together."""
MOST_TOGETHER = 6
"""The most relaxations in an option, unless every option needs more."""
MOST_PARTS = 4
"""The most searches that examine only the conflicting shifts. After these, one search examines all shifts."""


@dataclass(frozen=True, slots=True)
class RelaxationOption:
    """Relaxations that together make a plan possible."""

    relaxations: tuple[Relaxation, ...]

    @property
    def text(self) -> str:
        """Return a sentence with the relaxations in words and as options of `generate`."""
        names = " ".join(f"--relax {each.id}" for each in self.relaxations)
        return f"a plan exists with {relaxation_texts(self.relaxations)}: {names}"


@dataclass(frozen=True, slots=True)
class RelaxationOptions:
    """The options, the smallest first. is_hopeless: it is proven that no relaxation makes a plan possible.

    is_complete: it is proven that no option is smaller than the first one.
    """

    options: tuple[RelaxationOption, ...]
    is_hopeless: bool
    is_complete: bool = True


def relaxation_options(
    problem: Problem, search: Search, conflicting: frozenset[int] = frozenset()
) -> RelaxationOptions:
    """Return the smallest option, and for each rule the smallest option that relaxes only this rule.

    An option that contains another option is left out.
    conflicting: numbers of shifts that no plan can staff together. The search first examines only these and shifts near
    them. If the relaxations found for them allow a plan for all shifts, no smaller option exists.
    """
    if search.is_over:
        return RelaxationOptions((), False, False)
    found = _smallest_options(problem, search, conflicting)
    if found.options:
        return found
    # The smallest options have numbers near the roster's own. Larger ones can make a plan possible, too.
    status, relaxations = relaxed_everywhere(problem, search)
    if not relaxations:
        is_hopeless = found.is_hopeless and status is SearchStatus.INFEASIBLE
        return RelaxationOptions((), is_hopeless, is_hopeless)
    budget = SearchBudget(EFFORT, per_run=EFFORT_PER_RUN)
    option = RelaxationOption(_without_needless(problem, relaxations, budget, search) or relaxations)
    return RelaxationOptions((option,), False, False)


def _smallest_options(problem: Problem, search: Search, conflicting: frozenset[int]) -> RelaxationOptions:
    budget = SearchBudget(EFFORT, per_run=EFFORT_PER_RUN)
    for _ in range(MOST_PARTS if conflicting else 0):
        part = replace(problem, limited_to=_with_neighbours(problem, conflicting))
        found = _options(part, problem, budget, search)
        if found.is_hopeless or found.options or search.is_over:
            return found
        smallest = _smallest(part, budget, search)
        more = _still_conflicting(problem, smallest, search) if smallest else frozenset()
        if not more - conflicting:
            break
        conflicting |= more
    return _options(problem, problem, budget, search)


def _with_neighbours(problem: Problem, numbers: frozenset[int]) -> frozenset[int]:
    """Return these shifts, and those up to seven days before or after one of them, by number."""
    days = {problem.shifts[number].day.toordinal() for number in numbers}
    near = {day + offset for day in days for offset in range(-7, 8)}
    return frozenset(number for number, shift in enumerate(problem.shifts) if shift.day.toordinal() in near)


def _smallest(part: Problem, budget: SearchBudget, search: Search) -> tuple[Relaxation, ...]:
    model = RelaxationModel(part)
    result = budget.solve(search, model.model)
    return model.chosen(result) if result.has_solution else ()


def _still_conflicting(problem: Problem, relaxations: Sequence[Relaxation], search: Search) -> frozenset[int]:
    """Return the numbers of shifts that no plan can staff together even with these relaxations."""
    try:
        roster = relaxed(problem.roster, relaxations)
    except Refused:
        return frozenset()
    return conflicting_shifts(replace(problem, roster=roster), search)


def _options(part: Problem, problem: Problem, budget: SearchBudget, search: Search) -> RelaxationOptions:
    """Return the smallest relaxations for `part` that also make a plan of the whole `problem` possible."""
    model = RelaxationModel(part)
    result = budget.solve(search, model.model)
    if not result.has_solution:
        is_hopeless = result.status is SearchStatus.INFEASIBLE
        return RelaxationOptions((), is_hopeless, is_hopeless)
    smallest = model.chosen(result)
    others = [rule for rule in model.rules() if {each.rule for each in smallest} != {rule}]
    found = [smallest, *_of_one_rule_each(model, others, budget, search)]
    short = [each for each in found if len(each) <= MOST_TOGETHER] or found[:1]
    verified = [_without_needless(problem, each, budget, search) for each in dict.fromkeys(short)]
    if not verified[0]:
        return RelaxationOptions((), False, False)
    is_complete = result.status is SearchStatus.OPTIMAL and not search.is_over
    options = _without_larger(problem, [each for each in verified if each])
    return RelaxationOptions(tuple(RelaxationOption(each) for each in options), False, is_complete)


def _of_one_rule_each(
    model: RelaxationModel, rules: Sequence[str], budget: SearchBudget, search: Search
) -> Iterator[tuple[Relaxation, ...]]:
    for rule in rules:
        result = budget.solve(search, model.only(rule))
        if result.has_solution:
            yield model.chosen(result)


def _without_larger(problem: Problem, options: Sequence[tuple[Relaxation, ...]]) -> list[tuple[Relaxation, ...]]:
    """Return the options by price, without those that include a cheaper option."""
    rules = problem.roster.rules
    by_price = sorted(dict.fromkeys(options), key=lambda option: sum(price_of(each, rules) for each in option))
    found: list[tuple[Relaxation, ...]] = []
    for option in by_price:
        if not any(all(any(is_within(one, other) for other in option) for one in smaller) for smaller in found):
            found.append(option)
    return found


def _without_needless(
    problem: Problem, relaxations: tuple[Relaxation, ...], budget: SearchBudget, search: Search
) -> tuple[Relaxation, ...]:
    """Return only the relaxations that a plan needs; empty if all of them together are not enough."""
    if not _is_enough(problem, relaxations, budget, search):
        return ()
    for each in relaxations:
        fewer = tuple(other for other in relaxations if other != each)
        if _is_enough(problem, fewer, budget, search):
            relaxations = fewer
    return relaxations


def _is_enough(problem: Problem, relaxations: Sequence[Relaxation], budget: SearchBudget, search: Search) -> bool:
    """Return True if a plan exists with these relaxations, according to the planner's own model."""
    try:
        roster = relaxed(problem.roster, relaxations)
    except Refused:
        return False
    return bool(relaxations) and is_feasible(replace(problem, roster=roster), budget, search)
