"""Bounds on how often preferred pairs can meet, from two models that are much smaller than a plan's.

A model of the whole plan treats each shift separately, so that a pair could meet on every shift. It overlooks that two
engineers cannot meet more often than either of them is on duty in a fair plan. `max_meetings` computes that limit
first. Then `plan_pairs_only` plans the paired engineers, and treats everyone else as counts. Its bound is true for the
whole plan, and if the others fit around the meetings that it finds, no plan is better.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from math import comb

from ortools.sat.python import cp_model

from oncall.rosters.roster import WeekendStyle
from oncall.rotation.problem.eligibility import weekend_number
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rules import rest_conflicts, rules_of
from oncall.rotation.solve.counting_bound import max_rested_shifts
from oncall.rotation.solve.duty_constraints import DutyVariables, add_limit
from oncall.rotation.solve.load_counts import LoadKey, LoadVariables
from oncall.rotation.solve.new_model import new_model
from oncall.rotation.solve.pair_meetings import Meeting, RequestsGoal, add_meetings, requests_objective
from oncall.rotation.solve.search import Search
from oncall.support.windows import WindowKind

COUNTING_EFFORT, PAIRS_EFFORT = 1.0, 3.0
"""Deterministic seconds for each of the two models. Each returns the best bound that it proved in that time."""

MOST_IN_A_ROW = 8
"""How many shifts in a row are looked at together."""


@dataclass(frozen=True, slots=True)
class PairsOnlyPlan:
    """The best meetings if only the paired engineers are planned.

    bound: in every plan, the cost of the paired engineers' requests minus their meetings is at least this.
    """

    meetings: tuple[Meeting, ...]
    bound: int


def plan_pairs_only(problem: Problem, goal: RequestsGoal, search: Search) -> PairsOnlyPlan | None:
    """Return the best plan for the paired engineers alone; None if none was found in time, or with turns."""
    if problem.has_turns:
        return None
    model = new_model()
    paired = goal.paired
    on_duty = _add_paired_duties(model, problem, paired)
    _leave_shifts_for_others(model, problem, on_duty, paired)
    loads = _add_loads(model, problem, goal)
    for key, count in loads.counts.items():
        if key.engineer in paired:
            duties = [on_duty[duty] for duty in problem.duties_of(key.engineer, key.kind)]
            model.add(cp_model.LinearExpr.sum(duties) == count)
    meetings = add_meetings(model, problem, on_duty, goal.pairs)
    model.add(cp_model.LinearExpr.sum(list(meetings.values())) <= max_meetings(problem, goal, search))
    # `Search` rounds bounds below 0 up to 0, so the objective is shifted to be never below 0.
    offset = len(meetings) + sum(abs(cost) for cost in goal.request_costs.values())
    model.minimize(cp_model.LinearExpr.sum([offset, requests_objective(goal.request_costs, on_duty, meetings)]))
    result = search.run(model, effort=PAIRS_EFFORT, linearization=2)
    if not result.has_solution:
        return None
    return PairsOnlyPlan(tuple(each for each, both in meetings.items() if result.is_true(both)), result.bound - offset)


def _add_paired_duties(
    model: cp_model.CpModel, problem: Problem, paired: frozenset[int]
) -> dict[Duty, cp_model.IntVar]:
    """Add and return the duties of the paired engineers, with the hard rules that concern only them."""
    on_duty = {Duty(e, n): model.new_bool_var("") for e in sorted(paired) for n in problem.eligible_shifts[e]}
    for rule in rules_of(problem.roster.rules):
        for limit in rule.limits(problem):
            if all(duty in on_duty for group in limit.groups for duty in group):
                add_limit(model, limit, on_duty)
    for duty in problem.fixed_duties:
        if duty in on_duty:
            model.add(on_duty[duty] == 1)
    for number, eligible in enumerate(problem.eligible_engineers):
        of_shift = [on_duty[Duty(each, number)] for each in eligible if each in paired]
        model.add(cp_model.LinearExpr.sum(of_shift) <= len(problem.roles))
    return on_duty


def _leave_shifts_for_others(
    model: cp_model.CpModel, problem: Problem, on_duty: DutyVariables, paired: frozenset[int]
) -> None:
    """Require the paired engineers to take the shifts that the others cannot.

    Of shifts that exclude each other, every other engineer can take one; of shifts in a row, as many as rest allows.
    The paired engineers must take the rest.
    """
    rules = problem.roster.rules
    if rules.relaxed:
        return
    others = [own for engineer, own in enumerate(problem.eligible_shift_sets) if engineer not in paired]
    roles = len(problem.roles)
    excluding = (*rest_conflicts(problem.shifts, problem.staffed, rules.rest_nights), *_weekends_in_a_row(problem))
    needed = {tuple(each): roles * len(each) - sum(not own.isdisjoint(each) for own in others) for each in excluding}
    needed.update(_needed_in_a_row(problem, others, needed))
    for numbers, least in needed.items():
        taken = [on_duty[Duty(e, n)] for n in numbers for e in problem.eligible_engineers[n] if e in paired]
        model.add(cp_model.LinearExpr.sum(taken) >= least)


def _needed_in_a_row(
    problem: Problem, others: Sequence[Set[int]], known: Mapping[tuple[int, ...], int]
) -> dict[tuple[int, ...], int]:
    """Return for stretches of shifts how many seats the others leave, if that is more than their parts show.

    known: the same for some sets of shifts.
    """
    rest, staffed = problem.roster.rules.rest_nights, problem.staffed
    # best[stretch]: the most that is known about a stretch and its parts.
    best: dict[tuple[int, ...], int] = defaultdict(int)
    found = {}
    for size in range(1, MOST_IN_A_ROW + 1):
        for first in range(len(staffed) - size + 1):
            stretch = staffed[first : first + size]
            shown = max((best[stretch[:cut]] + best[stretch[cut:]] for cut in range(1, size)), default=0)
            shown = max(shown, known.get(stretch, 0))
            covered = sum(max_rested_shifts([problem.shifts[n] for n in stretch if n in own], rest) for own in others)
            best[stretch] = max(shown, size * len(problem.roles) - covered)
            if best[stretch] > shown:
                found[stretch] = best[stretch]
    return found


def _weekends_in_a_row(problem: Problem) -> Iterator[list[int]]:
    """Yield runs of block weekends, as shift numbers. An engineer may take only one weekend of a run."""
    by_number = {weekend_number(problem.shifts[n]): n for n in problem.staffed if _is_block_weekend(problem, n)}
    for first in by_number:
        yield [by_number[n] for n in range(first, first + problem.roster.rules.weekends_apart) if n in by_number]


def _is_block_weekend(problem: Problem, number: int) -> bool:
    return problem.shifts[number].is_weekend and problem.roster.rules.weekend is WeekendStyle.BLOCK


def _add_loads(model: cp_model.CpModel, problem: Problem, goal: RequestsGoal) -> LoadVariables:
    """Add and return the loads of all engineers, with a total cost of at most the goal's."""
    loads = goal.model_type.add_loads(model, problem, goal.ranges)
    model.add(loads.cost <= goal.cost)
    return loads


def max_meetings(problem: Problem, goal: RequestsGoal, search: Search) -> int:
    """Return the most meetings that counting alone allows. No plan has more.

    For each kind, a pair meets no more often than either of the two is on duty, and an engineer has no more meetings
    than there are other seats on their shifts.
    """
    model = new_model()
    loads = _add_loads(model, problem, goal)
    meetings = [
        count
        for kind, total in problem.shares.totals.items()
        for count in _add_meeting_counts(model, problem, goal, loads, kind, total)
    ]
    offset = len(goal.pairs) * len(problem.shifts)
    model.minimize(cp_model.LinearExpr.sum([offset, *(-1 * each for each in meetings)]))
    return offset - search.run(model, effort=COUNTING_EFFORT).bound


def _add_meeting_counts(
    model: cp_model.CpModel, problem: Problem, goal: RequestsGoal, loads: LoadVariables, kind: WindowKind, total: int
) -> list[cp_model.IntVar]:
    """Add and return the number of meetings of each pair on shifts of one kind. total: the number of these shifts."""
    seats_beside = len(problem.roles) - 1
    by_engineer: dict[int, list[cp_model.IntVar]] = defaultdict(list)
    of_kind = []
    for pair in goal.pairs:
        both = problem.eligible_shift_sets[pair.one] & problem.eligible_shift_sets[pair.other]
        count = model.new_int_var(0, sum(problem.shifts[number].kind is kind for number in both), "")
        for engineer in pair:
            model.add(count <= loads.counts[LoadKey(engineer, kind, None)])
            by_engineer[engineer].append(count)
        of_kind.append(count)
    for engineer, counts in by_engineer.items():
        model.add(cp_model.LinearExpr.sum(counts) <= seats_beside * loads.counts[LoadKey(engineer, kind, None)])
    model.add(cp_model.LinearExpr.sum(of_kind) <= total * comb(len(problem.roles), 2))
    return of_kind
