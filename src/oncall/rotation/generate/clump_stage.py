"""The clumps stage: finds a plan with few clumps among those that are as fair and meet the requests as well.

First it makes swaps that change no load, then it runs a solver for a limited effort. The solver takes the middle one of
the distances that are still possible, and finds a plan with it or proves that there is none. The plan states the
distance and the bound that are known when the effort is used up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

from ortools.sat.python import cp_model

from oncall.rosters.relaxed_roster import loosest_for
from oncall.rotation.generate.fairness_stage import BestPlan, with_finer_model, with_seats
from oncall.rotation.generate.spreading import spread_shifts
from oncall.rotation.generate.unclumping import without_clumps
from oncall.rotation.problem.clumps import ClumpMeasure
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.requests import preferred_pairs, request_costs
from oncall.rotation.solve.counting_bound import max_rested_shifts
from oncall.rotation.solve.even_points import points_value
from oncall.rotation.solve.even_totals import add_unevenness, totals_on_duty
from oncall.rotation.solve.model_base import PlanModel
from oncall.rotation.solve.pair_meetings import RequestsGoal, add_meetings, requests_objective
from oncall.rotation.solve.point_choices import PointChoices, add_points
from oncall.rotation.solve.search import Search, SearchBudget, SearchStatus
from oncall.schedule.plan import Clumps

EFFORT, EFFORT_OF_SMALL = 0.6, 3.0
"""Deterministic seconds for all runs of the solver together: about a second, and enough to prove many small teams."""
SMALL = 600
"""The most pairs of an engineer and a shift of a small team: 8 engineers and 13 weeks have 520."""
STAGE = "spreading shifts over the weeks"
"""The name of this stage in the progress of the search. Cost and requests are fixed by then."""
LARGEST = 4000
"""The solver runs only with at most this many pairs of an engineer and a shift; larger models take too long."""


@dataclass(frozen=True, slots=True)
class LeastClumped:
    """The plan with the fewest clumps that was found. clumps: None for a plan of fewer than four weeks."""

    best: BestPlan
    clumps: Clumps | None


def least_clumped(problem: Problem, search: Search, best: BestPlan) -> LeastClumped:
    """Return a plan of the same cost that meets the requests as well, with as few clumps as the search finds."""
    search.enter_stage(STAGE)
    # A swap of single seats would cut a turn in two.
    seats = best.seats if problem.has_turns else spread_shifts(problem, best.seats)
    measure = ClumpMeasure(problem)
    if not measure.spans:
        return LeastClumped(replace(best, seats=seats), None)
    unclumped = replace(best, seats=seats if problem.has_turns else without_clumps(problem, measure, seats))
    stage = _ClumpSearch(problem, search, measure, unclumped)
    stage.run()
    found = stage.best
    if found is not unclumped and not problem.has_turns:
        found = replace(found, seats=spread_shifts(problem, found.seats, measure))
    # Spreading may have lowered the distance further.
    distance = measure.distance(found.seats)
    return LeastClumped(found, Clumps(round(1000 * distance), round(1000 * stage.bound)))


class _ClumpSearch:
    def __init__(self, problem: Problem, search: Search, measure: ClumpMeasure, best: BestPlan) -> None:
        self._problem = problem
        self._search = search
        self._measure = measure
        self.best = best
        self.distance = measure.distance(best.seats)
        self._possible = [list(self._counts_of(engineer)) for engineer in range(len(problem.engineers))]
        # The largest distance that a run could neither reach nor prove impossible; smaller ones are not tried.
        self._undecided = Fraction(-1)
        # An engineer carries whole shifts, so their distance is at least that of the nearest whole number.
        self.bound = min(self.distance, max(self._nearest(), default=Fraction(0)))

    def _counts_of(self, engineer: int) -> Iterator[tuple[Fraction, int]]:
        """Yield, for each span, the engineer's share and the most shifts that the engineer can have in it."""
        problem, numbers = self._problem, self._problem.eligible_shifts[engineer]
        rest = loosest_for(problem.roster.rules, problem.engineers[engineer].id).rest_nights
        for span, share in enumerate(self._measure.shares[engineer]):
            duties = self._measure.duties_in(engineer, span, numbers)
            yield share, max_rested_shifts([problem.shifts[duty.shift] for duty in duties], rest)

    def _nearest(self) -> Iterator[Fraction]:
        for share, most in (each for own in self._possible for each in own):
            near = {min(most, max(0, floor(share))), min(most, max(0, ceil(share)))}
            yield min(abs(count - share) for count in near)

    def run(self) -> None:
        """Lower the distance and raise the bound until they are equal or the effort is used up."""
        problem = self._problem
        size = len(problem.engineers) * len(problem.shifts)
        if size > LARGEST or not self.best.is_proven or self.distance <= self.bound:
            return
        effort = EFFORT_OF_SMALL if size <= SMALL else EFFORT
        budget = SearchBudget(effort, per_run=effort / 2)
        while self.distance > self.bound and not budget.is_used_up and not self._search.is_over:
            levels = [each for each in self._levels() if each > self._undecided]
            if not levels:
                return
            level = levels[(len(levels) - 1) // 2]
            if not self._try(level, levels, budget):
                self._undecided = level

    def _levels(self) -> list[Fraction]:
        """Return the distances that a better plan may have, in rising order; the first one is the bound."""
        found = {self.bound}
        for share, most in (each for own in self._possible for each in own):
            low, high = max(0, ceil(share - self.distance)), min(most, floor(share + self.distance))
            found.update(abs(count - share) for count in range(low, high + 1))
        return sorted(each for each in found if self.bound <= each < self.distance)

    def _try(self, level: Fraction, levels: Sequence[Fraction], budget: SearchBudget) -> bool:
        """Look for a plan with at most this distance. Return True if one was found, or proven impossible."""
        model = self._model(level)
        result = budget.solve(self._search, model.model)
        if result.status is SearchStatus.INFEASIBLE:
            self.bound = next((each for each in levels if each > level), self.distance)
            return True
        if not result.has_solution:
            return False
        found = with_seats(self._problem, self.best, model.seats(result))
        distance = self._measure.distance(found.seats)
        if found.cost > self.best.cost and not model.has_exact_costs:
            # The model underestimated the cost of these seats; the next run has a finer one.
            self.best = with_finer_model(self._problem, self._search, self.best, found.seats)
            return True
        if found.cost > self.best.cost or distance >= self.distance:
            return False
        self.best, self.distance = found, distance
        return True

    def _model(self, level: Fraction) -> PlanModel:
        """Return a model of plans within this distance, as fair as the best one and with requests met as well."""
        problem, best = self._problem, self.best
        model = best.model_type(problem, best.counting_bound, best.ranges, self._search)
        model.keep_cost(best.cost)
        unevenness = add_unevenness(model.model, problem, totals_on_duty(problem, model.on_duty))
        model.model.add(unevenness <= best.unevenness)
        if problem.points is not None:
            choices = PointChoices.at_cost(problem, problem.points, best.cost, best.model_type, best.ranges)
            points = add_points(model.model, problem, problem.points, model.on_duty, choices)
            model.model.add(points <= points_value(problem, problem.points, best.seats))
        self._keep_requests(model)
        for engineer, own in enumerate(self._possible):
            numbers = problem.eligible_shifts[engineer]
            for span, (share, _) in enumerate(own):
                duties = self._measure.duties_in(engineer, span, numbers)
                count = cp_model.LinearExpr.sum([model.on_duty[duty] for duty in duties])
                low, high = max(0, ceil(share - level)), floor(share + level)
                if low > high:
                    model.model.add_bool_or([])
                else:
                    model.model.add_linear_constraint(count, low, high)
        return model

    def _keep_requests(self, model: PlanModel) -> None:
        problem, best = self._problem, self.best
        goal = RequestsGoal(request_costs(problem), preferred_pairs(problem), best.cost, best.model_type, best.ranges)
        if goal.request_costs or goal.pairs:
            meetings = add_meetings(model.model, problem, model.on_duty, goal.pairs)
            met = requests_objective(goal.request_costs, model.on_duty, meetings)
            model.model.add(met <= goal.cost_of(Duty(seat.engineer, seat.shift) for seat in best.seats))
