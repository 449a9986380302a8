"""People who should be on together: what a shift that two of them share is worth, and how many there can be at all.

A solver sees each shift alone, where a pair can always be; that nobody can be on with another more often than both are
on at all, at loads as fair as these, it does not see by itself. So that is counted first. Then the people of the pairs
are planned alone, the rest of the team only as numbers: a small problem. What is proven of it holds for the whole one,
and where the others fit around the meetings that it finds, nothing better exists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb

from ortools.sat.python import cp_model

from oncall.rosters.roster import WeekendStyle
from oncall.rotation.problem.eligibility import weekend_number
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rules import cliques, rules_of
from oncall.rotation.solve.model_base import Counted, ModelBase, Span, add_limit
from oncall.rotation.solve.search import Search, SearchStatus
from oncall.support.windows import WindowKind

COUNTING_EFFORT, ALONE_EFFORT = 1.0, 3.0
"""Deterministic times for the two bounds; what is proven by then is taken."""

Pair = tuple[int, int]
Meeting = tuple[Pair, int]
"""A pair, and the number of a shift that both are on."""


@dataclass(frozen=True, slots=True)
class PairGoal:
    """What is asked for, and the plans that count: those that cost no more than `cost`, by a kind of board's measure.

    prices: what each requested duty adds when it is taken. pairs: people who should be on together.
    """

    prices: Mapping[Duty, int]
    pairs: Sequence[Pair]
    cost: int
    board: type[ModelBase]
    spans: Mapping[Counted, Span]

    @property
    def people(self) -> frozenset[int]:
        """Everybody who is in a pair."""
        return frozenset(person for pair in self.pairs for person in pair)


@dataclass(frozen=True, slots=True)
class Alone:
    """The pairs planned alone. No plan has a smaller price of their wishes less their meetings than `least`."""

    meetings: tuple[Meeting, ...]
    least: int


def add_meetings(
    model: cp_model.CpModel, problem: Problem, takes: Mapping[Duty, cp_model.IntVar], pairs: Sequence[Pair]
) -> dict[Meeting, cp_model.IntVar]:
    """Add a variable for each shift that a pair could share, which may only be 1 when both are on it."""
    meetings = {}
    for one, other in pairs:
        for number in sorted(problem.open_sets[one] & problem.open_sets[other]):
            both = model.new_bool_var("")
            model.add_implication(both, takes[one, number])
            model.add_implication(both, takes[other, number])
            meetings[(one, other), number] = both
    return meetings


def planned_alone(problem: Problem, terms: PairGoal, search: Search) -> Alone | None:
    """The best for the pairs if the others could be anywhere; None when not even that was found in time."""
    model = cp_model.CpModel()
    people = terms.people
    takes = {(each, n): model.new_bool_var("") for each in sorted(people) for n in problem.open_to[each]}
    for rule in rules_of(problem.roster.rules):
        for limit in rule.limits(problem):
            if all(duty in takes for group in limit.groups for duty in group):
                add_limit(model, limit, takes)
    for duty in problem.fixed_duties:
        if duty in takes:
            model.add(takes[duty] == 1)
    for number, able in enumerate(problem.able):
        model.add(cp_model.LinearExpr.sum([takes[e, number] for e in able if e in people]) <= len(problem.roles))
    _leave_room_for_others(model, problem, takes, people)
    counts, cost = terms.board.counts(model, problem, terms.spans)
    model.add(cost <= terms.cost)
    for (person, kind), count in counts.items():
        if person in people:
            duties = [takes[duty] for duty in problem.duties_of(person, kind)]
            model.add(cp_model.LinearExpr.sum(duties) == count)
    meetings = add_meetings(model, problem, takes, terms.pairs)
    model.add(cp_model.LinearExpr.sum(list(meetings.values())) <= most_meetings(problem, terms, search))
    # A measure that is never below 0: what a run says of its bound is not less than that either.
    ceiling = len(meetings) + sum(abs(price) for price in terms.prices.values())
    model.minimize(cp_model.LinearExpr.sum([ceiling, measure(terms.prices, takes, meetings)]))
    outcome = search.run(model, effort=ALONE_EFFORT, linearization=2)
    if outcome.verdict not in (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE):
        return None
    return Alone(tuple(each for each, both in meetings.items() if outcome.has(both)), outcome.bound - ceiling)


def _leave_room_for_others(
    model: cp_model.CpModel, problem: Problem, takes: Mapping[Duty, cp_model.IntVar], people: frozenset[int]
) -> None:
    """Of shifts that exclude each other the others have one each: the pairs must have what that leaves over."""
    rules = problem.roster.rules
    if rules.relaxed:
        return
    for numbers in (*cliques(problem.shifts, problem.staffed, rules.rest_nights), *_neighbouring_weekends(problem)):
        others = sum(1 for each, mine in enumerate(problem.open_sets) if each not in people and mine & set(numbers))
        theirs = [takes[each, number] for number in numbers for each in problem.able[number] if each in people]
        model.add(cp_model.LinearExpr.sum(theirs) >= len(numbers) * len(problem.roles) - others)


def _neighbouring_weekends(problem: Problem) -> Iterator[list[int]]:
    """Weekends of one shift each of which a person may have one."""
    by_number = {weekend_number(problem.shifts[n]): n for n in problem.staffed if _is_block_weekend(problem, n)}
    for first in by_number:
        yield [by_number[n] for n in range(first, first + problem.roster.rules.weekends_apart) if n in by_number]


def _is_block_weekend(problem: Problem, number: int) -> bool:
    is_weekend = problem.shifts[number].kind is WindowKind.WEEKEND
    return is_weekend and problem.roster.rules.weekend is WeekendStyle.BLOCK


def measure(
    prices: Mapping[Duty, int], takes: Mapping[Duty, cp_model.IntVar], meetings: Mapping[Meeting, cp_model.IntVar]
) -> cp_model.LinearExprT:
    """What the requested duties among these add together when they are taken, less 1 for every meeting."""
    asked = [price * takes[duty] for duty, price in prices.items() if duty in takes]
    return cp_model.LinearExpr.sum([*asked, *(-1 * both for both in meetings.values())])


def most_meetings(problem: Problem, terms: PairGoal, search: Search) -> int:
    """How many shifts the pairs can share at most, by counting alone.

    For each kind, a pair shares no more shifts than either has, and nobody more than they have seats beside them.
    """
    model = cp_model.CpModel()
    counts, cost = terms.board.counts(model, problem, terms.spans)
    model.add(cost <= terms.cost)
    mates = len(problem.roles) - 1
    shared: list[cp_model.IntVar] = []
    for kind, total in problem.shares.totals.items():
        beside: dict[int, list[cp_model.IntVar]] = defaultdict(list)
        of_kind = []
        for pair in terms.pairs:
            both = problem.open_sets[pair[0]] & problem.open_sets[pair[1]]
            here = model.new_int_var(0, sum(problem.shifts[number].kind is kind for number in both), "")
            for person in pair:
                model.add(here <= counts[person, kind])
                beside[person].append(here)
            of_kind.append(here)
        for person, places in beside.items():
            model.add(cp_model.LinearExpr.sum(places) <= mates * counts[person, kind])
        model.add(cp_model.LinearExpr.sum(of_kind) <= total * comb(len(problem.roles), 2))
        shared += of_kind
    ceiling = len(terms.pairs) * len(problem.shifts)
    model.minimize(cp_model.LinearExpr.sum([ceiling, *(-1 * each for each in shared)]))
    return ceiling - search.run(model, effort=COUNTING_EFFORT).bound
