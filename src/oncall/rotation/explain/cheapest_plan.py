"""Finds the lowest fairness cost of any plan of a problem, starting from a known bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oncall.rotation.problem.problem import Problem, StaffedSeat
from oncall.rotation.solve.counting_bound import CountingBound
from oncall.rotation.solve.load_counts import CountRange, LoadKey, widened_ranges
from oncall.rotation.solve.model_base import PlanModel
from oncall.rotation.solve.role_models import SeatModel, first_model_of
from oncall.rotation.solve.search import Search, SearchStatus
from oncall.rotation.solve.turn_bound import turn_bound
from oncall.rotation.solve.turn_model import TurnModel


@dataclass(frozen=True, slots=True)
class LowestCost:
    """The lowest cost found; None if no plan was found. bound: no plan costs less.

    is_infeasible: True if it is proven that no plan exists.
    """

    cost: int | None
    bound: int
    is_infeasible: bool = False


def lowest_cost(problem: Problem, search: Search, known_bound: int) -> LowestCost:
    """Return the lowest cost that the search finds in its time. known_bound: no plan costs less than this."""
    return _CheapestPlanSearch(problem, search, known_bound).run()


class _CheapestPlanSearch:
    def __init__(self, problem: Problem, search: Search, known_bound: int) -> None:
        self._problem = problem
        self._search = search
        self._best: int | None = None
        self._bound = known_bound

    def run(self) -> LowestCost:
        """Solve a model that only counts loads; if the roles cannot be split to fit them, solve one of every seat."""
        if self._problem.has_turns and (found := self._with_listed_patterns()) is not None:
            return found
        kind: type[PlanModel] = first_model_of(self._problem)
        counting = kind.counting_bound(self._problem, self._search)
        if counting is None:
            return LowestCost(None, self._bound, is_infeasible=True)
        self._bound = max(self._bound, counting.cost)
        ranges = counting.ranges()
        while True:
            status, seats = self._solve(kind, counting, ranges)
            if status is SearchStatus.INFEASIBLE:
                return LowestCost(None, self._bound, is_infeasible=True)
            if status is not SearchStatus.OPTIMAL or self._best == self._bound:
                return LowestCost(self._best, self._bound)
            wider = widened_ranges(self._problem, ranges, seats)
            if wider == ranges:
                # All counts are inside their ranges, so the model is wrong about the roles: only one of seats is exact.
                if kind is SeatModel:
                    return LowestCost(self._best, self._bound)
                kind, counting = SeatModel, SeatModel.counting_bound(self._problem, self._search) or counting
                wider = widened_ranges(self._problem, {**counting.ranges(), **ranges}, seats)
            ranges = wider

    def _with_listed_patterns(self) -> LowestCost | None:
        """Return the lowest cost of a plan of turns; None if only the model of every seat can prove it."""
        bound = turn_bound(self._problem, self._search)
        if bound is None or not bound.is_complete:
            return None
        self._bound = max(self._bound, bound.cost)
        status, _ = self._solve(TurnModel, bound, {})
        is_proven = status is SearchStatus.OPTIMAL and self._bound < bound.beyond
        return LowestCost(self._best, self._bound) if is_proven else None

    def _solve(
        self, kind: type[PlanModel], counting: CountingBound, ranges: Mapping[LoadKey, CountRange]
    ) -> tuple[SearchStatus, Sequence[StaffedSeat]]:
        """Look for a plan that costs no more than the bound, which is often fast; else minimise the cost."""
        model = kind(self._problem, counting, ranges, self._search)
        at_bound = model.model.clone()
        model.keep_cost(self._bound, clone=at_bound)
        result = self._search.run(at_bound)
        if result.status is SearchStatus.UNKNOWN:
            return SearchStatus.UNKNOWN, ()
        if result.has_solution:
            return SearchStatus.OPTIMAL, self._noted(model.seats(result))
        model.model.minimize(model.cost)
        result = self._search.run(model.model)
        if not result.has_solution:
            return result.status, ()
        self._bound = max(self._bound, result.bound)
        return result.status, self._noted(model.seats(result))

    def _noted(self, seats: Sequence[StaffedSeat]) -> Sequence[StaffedSeat]:
        cost = self._problem.cost_of(seats)
        self._best = cost if self._best is None else min(self._best, cost)
        return seats
