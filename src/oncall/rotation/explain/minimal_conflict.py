"""Finds a minimal conflict: a smallest set of weeks, days off and rules that no plan can keep together.

First, the solver names causes that suffice for a conflict. Then each cause in turn is left out, and stays out if the
others still conflict. Weeks are tried first, then people's dates, and rules last, because rules explain most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oncall.rotation.explain.conflict_causes import Cause, WeekToCover, shifts_of, week_texts
from oncall.rotation.explain.conflict_model import ConflictModel
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.search import Search, SearchBudget

EFFORT_PER_TRIAL, EFFORT = 3.0, 12.0
"""Deterministic seconds for one trial, and for all trials. Without an answer, the cause stays."""
MOST_TRIED = 60
"""The most causes to try one by one if the solver does not name sufficient causes."""


@dataclass(frozen=True, slots=True)
class MinimalConflict:
    """The causes of a conflict in words, weeks first and rules last; empty if none were found.

    is_minimal: it is proven that there is no conflict if any one of the causes is left out. shifts: the numbers of the
    shifts that the causes mention; no plan can staff all of them. weeks: how many of the causes are weeks; these come
    first.
    """

    causes: tuple[str, ...]
    is_minimal: bool
    shifts: frozenset[int] = frozenset()
    weeks: int = 0


def minimal_conflict(problem: Problem, search: Search) -> MinimalConflict:
    """Return one minimal conflict; there may be others. If time is short, its causes are whole groups of causes.

    The causes that the solver names rarely concern more than a few weeks. Therefore each cause is tried with the shifts
    of only these weeks.
    """
    if search.is_over:
        return MinimalConflict((), False)
    budget = SearchBudget(EFFORT, per_run=EFFORT_PER_TRIAL)
    whole = ConflictModel(problem, budget)
    every = list(whole.causes)
    core = whole.core(every, search)
    if core is not None:
        causes = [whole.causes[index] for index in core]
        model, remaining = _limited_to(problem, causes, budget, search) or (whole, core)
    elif len(every) <= MOST_TRIED and whole.refutes(every, search):
        model, remaining = whole, every
    else:
        return _conflict_of_groups(whole, search)
    is_minimal = True
    for switch in list(remaining):
        fewer = [each for each in remaining if each != switch]
        if model.refutes(fewer, search):
            remaining = fewer
        elif model.is_unsettled:
            is_minimal = False
    return _in_words(problem, [model.causes[index] for index in remaining], is_minimal)


def conflicting_shifts(problem: Problem, search: Search) -> frozenset[int]:
    """Return the numbers of shifts that no plan can staff together, with few needless ones; empty without a proof."""
    model = ConflictModel(problem, SearchBudget(EFFORT_PER_TRIAL, per_run=EFFORT_PER_TRIAL))
    core = model.core(list(model.causes), search)
    return shifts_of(problem, [model.causes[index] for index in core or ()])


def _in_words(problem: Problem, causes: Sequence[Cause], is_minimal: bool) -> MinimalConflict:
    weeks = list(week_texts([cause for cause in causes if isinstance(cause, WeekToCover)], problem))
    others = [cause for cause in causes if isinstance(cause, str)]
    return MinimalConflict((*weeks, *others), is_minimal, shifts_of(problem, causes), len(weeks))


def _limited_to(
    problem: Problem, causes: Sequence[Cause], budget: SearchBudget, search: Search
) -> tuple[ConflictModel, list[int]] | None:
    """Return a model of only the shifts that the causes mention, and switches in it that provably conflict.

    None if no conflict is proven in that model.
    """
    model = ConflictModel(replace(problem, limited_to=shifts_of(problem, causes)), budget)
    named = set(causes)
    core = model.core([index for index, cause in model.causes.items() if cause in named], search)
    return None if core is None else (model, core)


def _conflict_of_groups(model: ConflictModel, search: Search) -> MinimalConflict:
    """Return a conflict of groups of causes: all weeks, all dates of people, and each rule. It needs few trials."""
    remaining = model.groups()
    if not model.refutes([switch for group in remaining for switch in group.switches], search):
        return MinimalConflict((), False)
    is_minimal = True
    for group in list(remaining):
        fewer = [each for each in remaining if each is not group]
        if model.refutes([switch for each in fewer for switch in each.switches], search):
            remaining = fewer
        elif model.is_unsettled:
            is_minimal = False
    return MinimalConflict(tuple(group.text for group in remaining), is_minimal)
