"""Computes lower bounds on the cost of plans in which an engineer has a given pattern, to drop expensive patterns.

The linear relaxation of the choice of patterns has a price for one more turn of each type and role. Sums of these
prices give each pattern a lower bound on the cost of plans with it. Any prices give a true bound; those of the
relaxation give a high one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import nsmallest

from ortools.math_opt.python import mathopt

from oncall.rotation.problem.problem import Problem
from oncall.rotation.solve.turn_patterns import Pattern, PatternList, TurnKey, TurnTypes, grouped

_PRECISION = 1000
"""Prices are rounded to this fraction of a unit of cost, so that all sums are of whole numbers."""
_AT_ONCE = 200
"""How many patterns of a group are added to the relaxation in each round."""
_MOST_ROUNDS = 30
_MISSING = 1_000_000
"""The cost of a turn in the relaxation if no pattern covers it."""


def wanted_turns(problem: Problem, types: TurnTypes) -> dict[TurnKey, int]:
    """Return how many turns of each type there are, for each role."""
    return {TurnKey(number, role): len(units) for number, units in enumerate(types.units) for role in problem.roles}


def least_with_each(problem: Problem, types: TurnTypes, lists: Sequence[PatternList]) -> tuple[Sequence[int], ...]:
    """Return, for each engineer and pattern, a lower bound on the cost of plans in which the engineer has it."""
    wanted, groups = wanted_turns(problem, types), grouped(lists)
    prices = _prices(wanted, lists, groups)
    reduced = [_reduced(lists[group[0]].patterns, prices) for group in groups]
    base = sum(prices[key] * number for key, number in wanted.items())
    base += sum(len(group) * min(own) for group, own in zip(groups, reduced, strict=True))
    found: dict[int, list[int]] = {}
    for group, own in zip(groups, reduced, strict=True):
        lowest = min(own)
        # In whole units of cost, rounded up.
        least = [-((lowest - base - each) // _PRECISION) for each in own]
        found.update(dict.fromkeys(group, least))
    return tuple(found[engineer] for engineer in range(len(lists)))


def _reduced(patterns: Sequence[Pattern], prices: Mapping[TurnKey, int]) -> list[int]:
    """Return the cost of each pattern minus the prices of its turns, in `1 / _PRECISION` of a unit of cost."""
    return [_PRECISION * each.cost - sum(prices[key] * count for key, count in each.counts) for each in patterns]


def _prices(
    wanted: Mapping[TurnKey, int], lists: Sequence[PatternList], groups: Sequence[Sequence[int]]
) -> dict[TurnKey, int]:
    """Return the price of one more turn of each type and role. Each round adds more patterns to the relaxation."""
    relaxation = _Relaxation(wanted, groups)
    prices = dict.fromkeys(wanted, 0)
    group_prices: list[float] = [_MISSING * _PRECISION] * len(groups)
    for _ in range(_MOST_ROUNDS):
        has_grown = False
        for number, group in enumerate(groups):
            patterns = lists[group[0]].patterns
            reduced = _reduced(patterns, prices)
            better = [place for place, each in enumerate(reduced) if each < group_prices[number] - _PRECISION / 10]
            for place in nsmallest(_AT_ONCE, better, key=lambda each: (reduced[each], each)):
                has_grown |= relaxation.add(number, place, patterns[place])
        solved = relaxation.solve() if has_grown else None
        if solved is None:
            break
        prices, group_prices = solved
    return prices


class _Relaxation:
    """The linear relaxation with some of the patterns: what fraction of a group has which pattern at the least cost."""

    def __init__(self, wanted: Mapping[TurnKey, int], groups: Sequence[Sequence[int]]) -> None:
        self._model = mathopt.Model()
        self._costs: list[mathopt.LinearExpression] = []
        self._added: set[tuple[int, int]] = set()
        self._members = [self._model.add_linear_constraint(lb=len(group), ub=len(group)) for group in groups]
        self._totals = {}
        for key, number in wanted.items():
            self._totals[key] = self._model.add_linear_constraint(lb=number, ub=number)
            missing, beyond = self._model.add_variable(lb=0), self._model.add_variable(lb=0)
            self._totals[key].set_coefficient(missing, 1)
            self._totals[key].set_coefficient(beyond, -1)
            self._costs.append(_MISSING * (missing + beyond))

    def add(self, group: int, place: int, pattern: Pattern) -> bool:
        """Add a pattern of a group. Returns False if it was already added."""
        if (group, place) in self._added:
            return False
        self._added.add((group, place))
        variable = self._model.add_variable(lb=0)
        self._members[group].set_coefficient(variable, 1)
        for key, count in pattern.counts:
            if count:
                self._totals[key].set_coefficient(variable, count)
        self._costs.append(pattern.cost * variable)
        return True

    def solve(self) -> tuple[dict[TurnKey, int], list[float]] | None:
        """Return the price of each turn, and of one engineer in each group; None if the solver has no solution.

        Prices are in `1 / _PRECISION` of a unit of cost.
        """
        self._model.minimize(mathopt.fast_sum(self._costs))
        result = mathopt.solve(self._model, mathopt.SolverType.GLOP)
        if not result.has_dual_feasible_solution():
            return None
        duals = result.dual_values()
        prices = {key: round(_PRECISION * duals[total]) for key, total in self._totals.items()}
        return prices, [_PRECISION * duals[members] for members in self._members]
