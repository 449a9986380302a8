"""What every board shares: who is on duty as a CP-SAT model under the hard rules, what is counted, and its cost.

`dutyboard` holds the board for rosters where everybody takes every role, `roleboard` those for all others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ortools.sat.python import cp_model

from oncall.rosters.relaxed_roster import loosest_for
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.rule_limits import Limit
from oncall.rotation.problem.rules import cliques, rules_of
from oncall.rotation.solve.counting_bound import Curve
from oncall.rotation.solve.search import Search, SearchResult
from oncall.support.windows import WindowKind


class Counted(NamedTuple):
    """What is counted for one person; `role` None is all roles together."""

    engineer: int
    kind: WindowKind
    role: str | None


class Held(NamedTuple):
    """One seat of a plan by number: the shift, the role's name, the engineer."""

    shift: int
    role: str
    engineer: int


@dataclass(frozen=True, slots=True)
class Span:
    """The counts whose cost a model has exactly. Outside, the cost goes on as a straight line from the edge.

    A convex curve never falls below that line: so what is proven of the model holds for the whole problem in any case,
    and its optimum is the true one whenever its counts are all inside.
    """

    low: int
    high: int

    @classmethod
    def around(cls, count: int) -> Span:
        """Where to begin: plans as fair as the calendar lets them be lie within a few shifts of the fairest counts."""
        return cls(max(0, count - 4), count + 5)

    def widened(self, count: int) -> Span:
        """A span that also holds `count` and some room beyond it."""
        if count < self.low:
            return Span(max(0, count - 4), self.high)
        return Span(self.low, count + 4) if count > self.high else self


@dataclass(frozen=True)
class Floor:
    """What no plan can beat by counting alone, and the counts that reach it.

    is_exact: the counts are proven cheapest. Then no single step away from them is cheaper, and as a model has the cost
    of single steps around them exactly, `cost` bounds also what the model makes of counts far away.
    """

    cost: int
    counts: Mapping[Counted, int]
    is_exact: bool = True

    def spans(self) -> dict[Counted, Span]:
        """The spans to begin with."""
        return {counted: Span.around(count) for counted, count in self.counts.items()}


class LoadVariables(NamedTuple):
    """How many shifts of a kind each person has, as variables of a model, and what these numbers cost."""

    numbers: Mapping[tuple[int, WindowKind], cp_model.IntVar]
    cost: cp_model.LinearExprT


class ModelBase(ABC):
    """A model with a cost. `takes`: 1 if the person is on the shift in whatever role; only duties they may take."""

    is_exact = False
    """Whether what it promises it keeps, so that inside its spans it cannot be mistaken about a cost."""
    model: cp_model.CpModel
    takes: dict[Duty, cp_model.IntVar]
    cost: cp_model.LinearExprT

    @abstractmethod
    def __init__(self, problem: Problem, floor: Floor, spans: Mapping[Counted, Span], search: Search) -> None: ...

    @staticmethod
    @abstractmethod
    def floor(problem: Problem, search: Search) -> Floor | None:
        """The counting bound; None when the people together cannot take all the duties of some kind."""

    @staticmethod
    @abstractmethod
    def counts(model: cp_model.CpModel, problem: Problem, spans: Mapping[Counted, Span]) -> LoadVariables:
        """Add how many shifts everybody has without a calendar, at what this kind of board makes of their cost."""

    @abstractmethod
    def seats(self, outcome: SearchResult) -> list[Held]:
        """The seats of the plan found, by shift and then role. The cost of these is what counts, not the model's."""


def teams_of(problem: Problem, takes: Mapping[Duty, cp_model.IntVar], outcome: SearchResult) -> list[list[int]]:
    """Who is on duty in the plan found, for each shift."""
    return [[each for each in able if outcome.has(takes[each, number])] for number, able in enumerate(problem.able)]


def add_duties(model: cp_model.CpModel, problem: Problem) -> dict[Duty, cp_model.IntVar]:
    """Add who is on duty: one variable for each duty that can be, as many people as roles, and every hard rule."""
    takes = {
        (engineer, number): model.new_bool_var("")
        for engineer, numbers in enumerate(problem.open_to)
        for number in numbers
    }
    for number in problem.staffed:
        able = problem.able[number]
        model.add(cp_model.LinearExpr.sum([takes[each, number] for each in able]) == len(problem.roles))
    for duty in problem.fixed_duties:
        model.add(takes[duty] == 1)
    for rule in rules_of(problem.roster.rules):
        for limit in rule.limits(problem):
            _add_tight_limit(model, limit, takes, problem)
    return takes


def _add_tight_limit(
    model: cp_model.CpModel, limit: Limit, takes: Mapping[Duty, cp_model.IntVar], problem: Problem
) -> None:
    """Add one limit beside the rest rule, so that a linear relaxation sees it well.

    Of duties that need rest between them a person has one. Where all of a group do, the group is as good as one duty;
    else whoever has one of such duties has the group, and nobody has two of them.
    """
    if limit.single is not None:
        add_limit(model, limit, takes)
        return
    literals: list[cp_model.IntVar] = []
    for group in limit.groups:
        engineer = group[0][0]
        rest = loosest_for(problem.roster.rules, problem.engineers[engineer].id).rest_nights
        alike = [[takes[engineer, n] for n in each] for each in cliques(problem.shifts, [n for _, n in group], rest)]
        if limit.most == 1 and [len(each) for each in alike] == [len(group)]:
            literals += alike[0]
            continue
        some = any_of(model, [takes[duty] for duty in group])
        literals.append(some)
        for each in alike:
            model.add_at_most_one([*each, ~some])
    if limit.most == 1:
        model.add_at_most_one(literals)
    else:
        model.add(cp_model.LinearExpr.sum(literals) <= limit.most)


def add_limit(model: cp_model.CpModel, limit: Limit, takes: Mapping[Duty, cp_model.IntVar]) -> None:
    """Add one limit of a hard rule."""
    literals = [any_of(model, [takes[duty] for duty in group]) for group in limit.groups]
    if limit.most == 1:
        model.add_at_most_one(literals)
    else:
        model.add(cp_model.LinearExpr.sum(literals) <= limit.most)


def any_of(model: cp_model.CpModel, literals: Sequence[cp_model.IntVar]) -> cp_model.IntVar:
    """A variable that is 1 whenever one of the literals is."""
    if len(literals) == 1:
        return literals[0]
    some = model.new_bool_var("")
    for literal in literals:
        model.add_implication(literal, some)
    return some


def add_cost(
    model: cp_model.CpModel, count: cp_model.LinearExprT, most: int, curve: Curve, span: Span
) -> cp_model.LinearExprT:
    """The cost of a count from 0 to `most`, by unit steps inside the span and straight lines outside."""
    low, high = min(span.low, most), min(span.high, most)
    steps = [model.new_bool_var("") for _ in range(low, high)]
    for step, following in pairwise(steps):
        model.add_implication(following, step)
    parts: list[cp_model.LinearExprT] = [low, *steps]
    cost: list[cp_model.LinearExprT] = [curve(low)]
    cost += [(curve(n + 1) - curve(n)) * step for n, step in enumerate(steps, start=low)]
    if high < most:
        over = model.new_int_var(0, most - high, "")
        parts.append(over)
        cost.append((curve(high + 1) - curve(high)) * over)
    if low > 0:
        under = model.new_int_var(0, low, "")
        parts.append(-1 * under)
        cost.append((curve(low - 1) - curve(low)) * under)
    model.add(count == cp_model.LinearExpr.sum(parts))
    return cp_model.LinearExpr.sum(cost)
