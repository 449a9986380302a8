"""Finds one set of relaxations for all dates, if the search for the smallest ones finds none.

It starts with every rule relaxed as far as it can be, and then makes each rule in turn as strict as a plan allows. That
takes few runs of the solver, also for large teams and for numbers that are far from possible. The result need not be
the smallest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from oncall.rosters.relaxation import MAX_SHIFTS, MAXIMUM_RULES, MINIMUM_RULES, Relaxation
from oncall.rosters.relaxed_roster import relaxed, rule_value
from oncall.rotation.explain.feasibility import feasibility
from oncall.rotation.explain.relaxation_prices import PRICES, STEPS
from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.search import FOUND, Search, SearchBudget, SearchStatus

EFFORT_PER_RUN, EFFORT = 2.5, 10.0
"""Limits in deterministic seconds: for one run of the solver, and for all runs together."""

Numbers = Mapping[str, Sequence[int]]
"""How much looser each rule can become, by its name: 0 for its own number, then larger steps, the loosest last."""


def relaxed_everywhere(problem: Problem, search: Search) -> tuple[SearchStatus, tuple[Relaxation, ...]]:
    """Return relaxations for all dates that make a plan possible, or none, and the status of the search for them.

    INFEASIBLE: no relaxation makes a plan possible, not even if all days off are moved too. UNKNOWN: not known.
    """
    budget = SearchBudget(EFFORT, per_run=EFFORT_PER_RUN)
    numbers = _numbers(problem)
    steps = {rule: len(each) - 1 for rule, each in numbers.items()}
    status = _status(problem, numbers, steps, budget, search)
    if status not in FOUND:
        if status is SearchStatus.INFEASIBLE:
            people = tuple(
                replace(each, absences=tuple(absence for absence in each.absences if absence.leave))
                for each in problem.engineers
            )
            present = replace(problem, roster=replace(problem.roster, engineers=people))
            status = _status(present, numbers, steps, budget, search)
        return SearchStatus.INFEASIBLE if status is SearchStatus.INFEASIBLE else SearchStatus.UNKNOWN, ()
    # The rules whose relaxation costs most come first, because most of them can then keep their own number.
    for rule in sorted(numbers, key=lambda name: -PRICES[name]):

        def is_enough(step: int, rule: str = rule) -> bool:
            return _status(problem, numbers, {**steps, rule: step}, budget, search) in FOUND

        steps[rule] = _strictest(is_enough, steps[rule])
    return SearchStatus.FEASIBLE, _relaxations(problem, numbers, steps)


def _strictest(is_enough: Callable[[int], bool], loosest: int) -> int:
    """Return the smallest step that is enough. loosest: a step that is known to be enough."""
    if loosest == 0 or is_enough(0):
        return 0
    strictest = 1
    while strictest < loosest:
        middle = (strictest + loosest) // 2
        if is_enough(middle):
            loosest = middle
        else:
            strictest = middle + 1
    return loosest


def _status(
    problem: Problem, numbers: Numbers, steps: Mapping[str, int], budget: SearchBudget, search: Search
) -> SearchStatus:
    roster = relaxed(problem.roster, _relaxations(problem, numbers, steps))
    return feasibility(replace(problem, roster=roster), budget, search)


def _numbers(problem: Problem) -> Numbers:
    rules = problem.roster.rules
    found: dict[str, Sequence[int]] = {}
    for rule in (*MINIMUM_RULES, *MAXIMUM_RULES):
        now, step = rule_value(rules, rule), STEPS.get(rule, 1)
        if now is not None:
            most = now - MINIMUM_RULES[rule] if rule in MINIMUM_RULES else MAXIMUM_RULES[rule] - now
            found[rule] = [*range(0, most, step), most]
    if rules.max_shifts:
        most = max(0, len(problem.shifts) - min(number for _, number in rules.max_shifts))
        found[MAX_SHIFTS] = range(most + 1)
    return found


def _relaxations(problem: Problem, numbers: Numbers, steps: Mapping[str, int]) -> tuple[Relaxation, ...]:
    first, last = problem.shifts[0].day, problem.shifts[-1].day
    rules = problem.roster.rules
    found: list[Relaxation] = []
    for rule, step in steps.items():
        by = numbers[rule][step]
        if by and rule == MAX_SHIFTS:
            found += [Relaxation(rule, first, last, who, number + by) for who, number in rules.max_shifts]
        elif by:
            now = rule_value(rules, rule) or 0
            found.append(Relaxation(rule, first, last, None, now - by if rule in MINIMUM_RULES else now + by))
    return tuple(found)
