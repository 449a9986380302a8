"""The model for turns: who has which turn in which role, with each engineer's pattern of turns as one choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from math import ceil, isfinite

from ortools.math_opt.python import mathopt
from ortools.sat.python import cp_model

from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.load_counts import CountRange, LoadKey, LoadVariables
from oncall.rotation.solve.model_base import PlanModel
from oncall.rotation.solve.role_loads import add_loads_by_role
from oncall.rotation.solve.search import Search
from oncall.rotation.solve.seat_variables import SeatVariables
from oncall.rotation.solve.turn_patterns import Pattern, PatternList, TurnKey, TurnTypes, grouped, pattern_lists

BOUND_LIMIT = timedelta(seconds=20)
"""The longest that one program of the counting bound runs."""
MOST_PATTERNS = 5000
"""With more patterns than this the list does not grow any more; the model of every seat takes over."""
_TINY = 1e-4


@dataclass(frozen=True)
class TurnBound(CountingBound):
    """The counting bound of a problem with turns.

    types: of its turns. lists: the patterns of each engineer. chosen: a pattern for each engineer at the bound.
    beyond: a plan in which an engineer has a pattern that is not listed costs more than this.
    """

    types: TurnTypes | None = None
    lists: tuple[PatternList, ...] = ()
    chosen: tuple[Pattern, ...] = ()
    beyond: int = 0

    @property
    def is_complete(self) -> bool:
        """Return True if every pattern that a plan at the bound can have is listed."""
        return self.is_exact and self.cost < self.beyond


def turn_bound(problem: Problem, search: Search) -> TurnBound | None:
    """Return the least cost of any patterns that add up; None if none do. The slack grows until that is proven."""
    types = TurnTypes.of(problem)
    slack = types.slack
    for _ in range(6):
        lists = pattern_lists(types, slack)
        bound = _bound_with(problem, types, lists, search)
        if bound is not None and (bound.cost < bound.beyond or not bound.is_exact):
            return bound
        if sum(len(own.patterns) for own in {id(own): own for own in lists}.values()) > MOST_PATTERNS:
            break
        slack *= 3
    # Plans with other patterns may cost as little as `beyond`.
    return None if bound is None else replace(bound, cost=min(bound.cost, bound.beyond), is_exact=False)


def _bound_with(problem: Problem, types: TurnTypes, lists: Sequence[PatternList], search: Search) -> TurnBound | None:
    """Return the least cost of listed patterns that add up; None if none do."""
    model = _PatternChoice(problem, types, lists)
    cost, is_exact = model.least_cost(search)
    if cost is None:
        return None
    least = [min(each.cost for each in own.patterns) for own in lists]
    beyond = min(own.limit + 1 + sum(least) - least[engineer] for engineer, own in enumerate(lists))
    if not is_exact:
        return TurnBound(min(cost, beyond), {}, False, types=types, lists=tuple(lists), beyond=beyond)
    chosen = model.most_even_at(cost, search)
    unevenness = sum(each.unevenness for each in chosen)
    return TurnBound(cost, _counts(types, chosen), True, unevenness, types, tuple(lists), chosen, beyond)


class _PatternChoice:
    """A mixed-integer program without a calendar: how many engineers of each group have each pattern."""

    def __init__(self, problem: Problem, types: TurnTypes, lists: Sequence[PatternList]) -> None:
        self._lists, self._groups = lists, grouped(lists)
        self._model = mathopt.Model()
        self._numbers: list[list[mathopt.Variable]] = []
        self._costs: list[mathopt.LinearExpression] = []
        self._unevenness: list[mathopt.LinearExpression] = []
        self._first: Mapping[mathopt.Variable, float] = {}
        sums: dict[TurnKey, list[mathopt.LinearExpression]] = {}
        for group in self._groups:
            patterns = lists[group[0]].patterns
            own = [self._model.add_integer_variable(lb=0, ub=len(group)) for _ in patterns]
            self._numbers.append(own)
            self._model.add_linear_constraint(mathopt.fast_sum(own) == len(group))
            for variable, pattern in zip(own, patterns, strict=True):
                self._costs.append(pattern.cost * variable)
                self._unevenness.append(pattern.unevenness * variable)
                for key, count in pattern.counts:
                    if count:
                        sums.setdefault(key, []).append(count * variable)
        for number, units in enumerate(types.units):
            for role in problem.roles:
                total = mathopt.fast_sum(sums.get(TurnKey(number, role), []))
                self._model.add_linear_constraint(total == len(units))

    def least_cost(self, search: Search) -> tuple[int | None, bool]:
        """Return the least cost, or a lower bound on it, and whether it is exact. The cost is None if no patterns add
        up.
        """
        self._model.minimize(mathopt.fast_sum(self._costs))
        result = self._solve(search)
        if result.termination.reason is mathopt.TerminationReason.INFEASIBLE:
            return None, True
        is_exact = result.termination.reason is mathopt.TerminationReason.OPTIMAL
        self._first = result.variable_values() if is_exact else {}
        bound = result.termination.objective_bounds.dual_bound
        return (max(0, ceil(bound - _TINY)) if isfinite(bound) else 0), is_exact

    def most_even_at(self, cost: int, search: Search) -> tuple[Pattern, ...]:
        """Return a pattern for each engineer, at this cost and with totals as even as possible."""
        self._model.add_linear_constraint(mathopt.fast_sum(self._costs) <= cost + _TINY)
        self._model.minimize(mathopt.fast_sum(self._unevenness))
        result = self._solve(search)
        values = result.variable_values() if result.has_primal_feasible_solution() else self._first
        chosen: dict[int, Pattern] = {}
        for group, own in zip(self._groups, self._numbers, strict=True):
            patterns = self._lists[group[0]].patterns
            found = [p for p, variable in zip(patterns, own, strict=True) for _ in range(round(values[variable]))]
            chosen.update(zip(group, found, strict=True))
        return tuple(chosen[engineer] for engineer in range(len(self._lists)))

    def _solve(self, search: Search) -> mathopt.SolveResult:
        limit = min(BOUND_LIMIT, search.time_left or BOUND_LIMIT)
        exact = mathopt.SolveParameters(time_limit=limit, relative_gap_tolerance=0.0, absolute_gap_tolerance=0.5)
        return mathopt.solve(self._model, mathopt.SolverType.HIGHS, params=exact)


def _counts(types: TurnTypes, chosen: Sequence[Pattern]) -> dict[LoadKey, int]:
    counts: Counter[LoadKey] = Counter()
    for engineer, pattern in enumerate(chosen):
        for (number, role), count in pattern.counts:
            for kind, shifts in types.shifts[number].items():
                counts[LoadKey(engineer, kind, role)] += count * shifts
                counts[LoadKey(engineer, kind, None)] += count * shifts
    people, roles = range(len(chosen)), (*types.problem.roles, None)
    keys = [LoadKey(*each) for each in product(people, types.problem.shares.totals, roles)]
    return {key: counts[key] for key in keys}


class TurnModel(SeatVariables, PlanModel):
    """Decides who has which turn in which role. Its cost is exact for the patterns that the bound lists."""

    has_exact_costs = True

    def __init__(
        self, problem: Problem, bound: CountingBound, ranges: Mapping[LoadKey, CountRange], search: Search
    ) -> None:
        super().__init__(problem)
        assert isinstance(bound, TurnBound) and bound.types is not None, "turns have a bound of their own"
        self._types = bound.types
        self.counts = [self._counts_of(engineer) for engineer in range(len(problem.engineers))]
        self.choices: list[list[cp_model.IntVar]] = []
        costs: list[cp_model.LinearExprT] = []
        for engineer, own in enumerate(bound.lists):
            choices = [self.model.new_bool_var("") for _ in own.patterns]
            self.choices.append(choices)
            self.model.add_exactly_one(choices)
            for key, count in self.counts[engineer].items():
                terms = [had * choice for had, choice in zip(own.counts_of(key), choices, strict=True) if had]
                self.model.add(count == cp_model.LinearExpr.sum(terms))
            costs += [p.cost * choice for p, choice in zip(own.patterns, choices, strict=True)]
        self.cost = cp_model.LinearExpr.sum(costs)
        self.model.add(self.cost >= bound.cost)

    def _counts_of(self, engineer: int) -> dict[TurnKey, cp_model.LinearExprT]:
        counts: dict[TurnKey, cp_model.LinearExprT] = {}
        for number, units in enumerate(self._types.units):
            for role in self.problem.roles:
                seats = [StaffedSeat(unit[0], role, engineer) for unit in units]
                taken = [self.in_seat[seat] for seat in seats if seat in self.in_seat]
                if taken:
                    counts[TurnKey(number, role)] = cp_model.LinearExpr.sum(taken)
        return counts

    def keep(self, bound: TurnBound) -> None:
        """Require the patterns of the bound; engineers with the same shares may have each other's pattern."""
        for group in grouped(bound.lists):
            wanted = Counter(bound.chosen[engineer] for engineer in group)
            for engineer in group:
                for number, pattern in enumerate(bound.lists[engineer].patterns):
                    if pattern not in wanted:
                        self.model.add(self.choices[engineer][number] == 0)
            for pattern, times in wanted.items():
                place = bound.lists[group[0]].patterns.index(pattern)
                self.model.add(cp_model.LinearExpr.sum([self.choices[each][place] for each in group]) == times)

    @staticmethod
    def counting_bound(problem: Problem, search: Search) -> CountingBound | None:
        """Return the least cost of patterns that add up."""
        return turn_bound(problem, search)

    @staticmethod
    def add_loads(model: cp_model.CpModel, problem: Problem, ranges: Mapping[LoadKey, CountRange]) -> LoadVariables:
        """Add loads in each role and in all roles together."""
        return add_loads_by_role(model, problem, ranges)
