"""The boards for rosters where somebody does not take every role.

`LoadModel` decides who is on duty and how many of each role everybody has, and leaves who is what on which day to a
second, much smaller model. It can promise numbers that no assignment of roles fulfils, though it seldom does; then
`SeatModel`, which decides every seat and is many times slower, has the last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.counting_bound import most_duties, role_curve
from oncall.rotation.solve.model_base import (
    Counted,
    Floor,
    Held,
    LoadVariables,
    ModelBase,
    Span,
    add_cost,
    add_duties,
    teams_of,
)
from oncall.rotation.solve.search import Search, SearchResult, SearchStatus
from oncall.support.windows import WindowKind

FLOOR_EFFORT = 5.0
ROLES_EFFORT = 10.0
"""Deterministic times after which what is proven, or found, by then is taken."""


class LoadModel(ModelBase):
    """Decides who is on duty and how many of each role each person has."""

    def __init__(self, problem: Problem, floor: Floor, spans: Mapping[Counted, Span], search: Search) -> None:
        self._problem = problem
        self._search = search
        self.model = cp_model.CpModel()
        self.takes = add_duties(self.model, problem)
        for number in range(len(problem.shifts)):
            self._leave_roles_possible(number)
        costs: list[cp_model.LinearExprT] = []
        for kind, total in problem.shares.totals.items():
            duties = [problem.duties_of(engineer, kind) for engineer in range(len(problem.engineers))]
            counts = _add_counts(self.model, problem, kind, total, [len(each) for each in duties])
            costs += _costs(self.model, problem, counts, [len(each) for each in duties], spans)
            for engineer, each in enumerate(duties):
                taken = cp_model.LinearExpr.sum([self.takes[duty] for duty in each])
                self.model.add(taken == counts[Counted(engineer, kind, None)])
        self.cost = cp_model.LinearExpr.sum(costs)
        if floor.is_exact:
            self.model.add(self.cost >= floor.cost)

    def _leave_roles_possible(self, number: int) -> None:
        """Never more people on a shift who take only certain roles than there are of those roles (Hall's condition)."""
        able = self._problem.able[number]
        for size in range(1, len(self._problem.roles)):
            for roles in combinations(self._problem.roles, size):
                own = {each: set(self._problem.roles_at(each, number)) for each in able}
                bound = [self.takes[each, number] for each in able if own[each] <= set(roles)]
                if len(bound) > size:
                    self.model.add(cp_model.LinearExpr.sum(bound) <= size)

    @staticmethod
    def floor(problem: Problem, search: Search) -> Floor | None:
        """The counting bound from a model of the counts alone, kind by kind.

        Where the counts cannot be proven cheapest in a moment, what is proven of them is the bound.
        """
        return counted_floor(problem, search)

    @staticmethod
    def counts(model: cp_model.CpModel, problem: Problem, spans: Mapping[Counted, Span]) -> LoadVariables:
        """Counts of each role and of all together."""
        return counts_by_role(model, problem, spans)

    def seats(self, outcome: SearchResult) -> list[Held]:
        """The seats of the plan found: the people on duty as decided, their roles as fairly as these people allow."""
        teams = teams_of(self._problem, self.takes, outcome)
        return seated_fairly(self._problem, teams, self._search)


class SeatModel(ModelBase):
    """Decides who holds each role of each shift."""

    is_exact = True

    def __init__(self, problem: Problem, floor: Floor, spans: Mapping[Counted, Span], search: Search) -> None:
        self._problem = problem
        self.model = cp_model.CpModel()
        self.takes = add_duties(self.model, problem)
        # holds[shift, role, engineer]: 1 if the person has that role of that shift.
        self._holds: dict[Held, cp_model.IntVar] = {}
        for (engineer, number), takes in self.takes.items():
            roles = problem.roles_at(engineer, number)
            mine = {Held(number, role, engineer): self.model.new_bool_var("") for role in roles}
            self.model.add(cp_model.LinearExpr.sum(list(mine.values())) == takes)
            self._holds.update(mine)
        for number in problem.staffed:
            for role in problem.roles:
                takers = [Held(number, role, each) for each in problem.able[number]]
                self.model.add_exactly_one([self._holds[held] for held in takers if held in self._holds])
        self.cost = cp_model.LinearExpr.sum([self._cost_of(counted, span) for counted, span in spans.items()])
        if floor.is_exact:
            self.model.add(self.cost >= floor.cost)

    def _cost_of(self, counted: Counted, span: Span) -> cp_model.LinearExprT:
        if counted.role is None:
            literals = [self.takes[duty] for duty in self._problem.duties_of(counted.engineer, counted.kind)]
        else:
            literals = _literals(self._problem, counted, self._holds)
        count = cp_model.LinearExpr.sum(literals)
        return add_cost(self.model, count, len(literals), role_curve(self._problem, *counted), span)

    @staticmethod
    def floor(problem: Problem, search: Search) -> Floor | None:
        """The same counting bound as for `LoadModel`."""
        return counted_floor(problem, search)

    @staticmethod
    def counts(model: cp_model.CpModel, problem: Problem, spans: Mapping[Counted, Span]) -> LoadVariables:
        """Counts of each role and of all together."""
        return counts_by_role(model, problem, spans)

    def seats(self, outcome: SearchResult) -> list[Held]:
        """The seats of the plan found."""
        return in_order(self._problem, [held for held, variable in self._holds.items() if outcome.has(variable)])


def seated_fairly(problem: Problem, teams: Sequence[Sequence[int]], search: Search) -> list[Held]:
    """The seats of every shift's people, who between them take all roles, as fairly as these people allow."""
    model = cp_model.CpModel()
    holds: dict[Held, cp_model.IntVar] = {}
    for number, team in enumerate(teams):
        for person in team:
            mine = {Held(number, role, person): model.new_bool_var("") for role in problem.roles_at(person, number)}
            model.add_exactly_one(mine.values())
            holds.update(mine)
        for role in problem.roles:
            takers = [Held(number, role, person) for person in team]
            model.add_exactly_one([holds[each] for each in takers if each in holds])
    costs = []
    for engineer, kind, role in product(range(len(problem.engineers)), problem.shares.totals, problem.roles):
        counted = Counted(engineer, kind, role)
        literals = _literals(problem, counted, holds)
        span = Span.around(_near_share(problem, counted))
        curve = role_curve(problem, *counted)
        costs.append(add_cost(model, cp_model.LinearExpr.sum(literals), len(literals), curve, span))
    model.minimize(cp_model.LinearExpr.sum(costs))
    found = search.finish(model, effort=ROLES_EFFORT)
    return in_order(problem, [held for held, variable in holds.items() if found.has(variable)])


def in_order(problem: Problem, held: Sequence[Held]) -> list[Held]:
    """Seats by shift, then role."""
    return sorted(held, key=lambda seat: (seat.shift, problem.roles.index(seat.role)))


def counted_floor(problem: Problem, search: Search) -> Floor | None:
    """The cheapest numbers of each kind and role without a calendar, or what is proven of their cost."""
    floors = []
    for kind, total in problem.shares.totals.items():
        floor = _floor_of_kind(problem, kind, total, search)
        if floor is None:
            return None
        floors.append(floor)
    counts = {counted: count for floor in floors for counted, count in floor.counts.items()}
    return Floor(sum(floor.cost for floor in floors), counts, all(floor.is_exact for floor in floors))


def counts_by_role(model: cp_model.CpModel, problem: Problem, spans: Mapping[Counted, Span]) -> LoadVariables:
    """Add how many shifts of each kind and role everybody has, without a calendar."""
    numbers: dict[tuple[int, WindowKind], cp_model.IntVar] = {}
    costs: list[cp_model.LinearExprT] = []
    for kind, total in problem.shares.totals.items():
        most = [most_duties(problem, engineer, kind) for engineer in range(len(problem.engineers))]
        counts = _add_counts(model, problem, kind, total, most)
        costs += _costs(model, problem, counts, most, spans)
        numbers.update({(each.engineer, kind): count for each, count in counts.items() if each.role is None})
    return LoadVariables(numbers, cp_model.LinearExpr.sum(costs))


def _floor_of_kind(problem: Problem, kind: WindowKind, total: int, search: Search) -> Floor | None:
    most = [most_duties(problem, engineer, kind) for engineer in range(len(problem.engineers))]
    model = cp_model.CpModel()
    numbers = _add_counts(model, problem, kind, total, most)
    spans = {counted: Span.around(_near_share(problem, counted)) for counted in numbers}
    model.minimize(cp_model.LinearExpr.sum(list(_costs(model, problem, numbers, most, spans))))
    outcome = search.run(model, effort=FLOOR_EFFORT)
    if outcome.verdict is SearchStatus.INFEASIBLE:
        return None
    if outcome.verdict is SearchStatus.UNKNOWN:
        return Floor(outcome.bound, {counted: _near_share(problem, counted) for counted in numbers}, False)
    counts = {counted: outcome.value(number) for counted, number in numbers.items()}
    inside = all(spans[counted].low <= count <= spans[counted].high for counted, count in counts.items())
    return Floor(outcome.bound, counts, inside and outcome.verdict is SearchStatus.OPTIMAL)


def _add_counts(
    model: cp_model.CpModel, problem: Problem, kind: WindowKind, total: int, most: Sequence[int]
) -> dict[Counted, cp_model.IntVar]:
    """How many shifts of one kind each person has, in each role they take and together; each role is full.

    A role that somebody does not take has share 0 and costs them nothing: it needs no number.
    """
    counts: dict[Counted, cp_model.IntVar] = {}
    for engineer in range(len(problem.engineers)):
        for role in (*problem.roles_of(engineer), None):
            counts[Counted(engineer, kind, role)] = model.new_int_var(0, most[engineer], "")
        single = [counts[Counted(engineer, kind, role)] for role in problem.roles_of(engineer)]
        model.add(cp_model.LinearExpr.sum(single) == counts[Counted(engineer, kind, None)])
    for role in problem.roles:
        model.add(cp_model.LinearExpr.sum([n for counted, n in counts.items() if counted.role == role]) == total)
    return counts


def _costs(
    model: cp_model.CpModel,
    problem: Problem,
    counts: Mapping[Counted, cp_model.IntVar],
    most: Sequence[int],
    spans: Mapping[Counted, Span],
) -> Iterator[cp_model.LinearExprT]:
    for counted, number in counts.items():
        yield add_cost(model, number, most[counted.engineer], role_curve(problem, *counted), spans[counted])


def _near_share(problem: Problem, counted: Counted) -> int:
    return max(0, round(problem.shares.of(counted.kind, counted.role, problem.engineers[counted.engineer].id)))


def _literals(problem: Problem, counted: Counted, holds: Mapping[Held, cp_model.IntVar]) -> list[cp_model.IntVar]:
    role = counted.role or ""
    mine = [Held(number, role, engineer) for engineer, number in problem.duties_of(counted.engineer, counted.kind)]
    return [holds[held] for held in mine if held in holds]
