"""Chooses a pattern of turns for each engineer, without a calendar, with a mixed-integer program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil, isfinite

from ortools.math_opt.python import mathopt

from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.pattern_prices import wanted_turns
from oncall.rotation.solve.search import Search
from oncall.rotation.solve.turn_patterns import Pattern, PatternList, TurnKey, TurnTypes, grouped

BOUND_LIMIT = timedelta(seconds=20)
"""The longest time (real time) that one mixed-integer program runs."""
_TINY = 1e-4


class PatternChoice:
    """Decides how many engineers of each group have each pattern. lists: the patterns of each engineer."""

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
        for key, wanted in wanted_turns(problem, types).items():
            self._model.add_linear_constraint(mathopt.fast_sum(sums.get(key, [])) == wanted)

    def least_cost(self, search: Search) -> tuple[int | None, bool]:
        """Return the least cost, or a lower bound on it, and True if it is the exact least cost.

        The cost is None if no patterns add up to the turns.
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
        """Return a pattern for each engineer, with a cost of at most `cost` and totals as even as possible."""
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
