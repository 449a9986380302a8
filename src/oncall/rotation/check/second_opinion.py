"""A second opinion on a plan's proof: what the mixed-integer solver HiGHS proves, through OR-Tools.

It starts with the fairness cost. Then comes each later stage of the planner, for the plans that are as good in all
earlier stages.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from math import ceil
from threading import Thread

from ortools.math_opt.python import mathopt

from oncall.errors import Refused
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster
from oncall.rotation.check.second_clumps import SpanSearch
from oncall.rotation.check.second_model import SecondModel
from oncall.rotation.check.second_stages import Measured, SecondStages, StageName
from oncall.schedule.plan import Plan, Seat

_TOLERANCE = 1e-6
_BELOW_ONE = 0.5
"""How far a limit on a whole number may be exceeded.

No whole number lies between the two. HiGHS computes with rounded numbers, and sometimes calls a tighter limit
impossible.
"""
_GRACE = timedelta(seconds=5)
"""Extra time for the solver, which checks its time limit only now and then."""
_STAGE_PART = 4
"""A later stage takes at most the time limit divided by this number."""


@dataclass(frozen=True, slots=True)
class StageOpinion:
    """The other solver's proof about a later stage. Smaller values are better.

    value: the plan's own. bound: no plan that is as good in all earlier stages has a smaller value; None if the time
    ended before a bound was known. best: the smallest value that the solver found, or None.
    """

    name: StageName
    value: Fraction
    bound: Fraction | None
    best: Fraction | None
    seconds: float
    tolerance: Fraction = Fraction(0)

    @property
    def is_optimal(self) -> bool:
        """Return True if no plan has a smaller value in this stage."""
        return self.bound is not None and self.value - self.bound <= self.tolerance

    @property
    def is_beaten(self) -> bool:
        """Return True if the solver found a plan with a smaller value in this stage."""
        return self.best is not None and self.value - self.best > self.tolerance


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The other solver's proof about a plan's cost, and about the later stages.

    bound: no plan costs less. best: the cost of the best plan that the solver found, or None. seconds: the time taken
    for the cost. left_out: what the solver's model leaves out, in words; the bounds are true nevertheless.
    """

    cost: int
    bound: int
    best: int | None
    seconds: float
    left_out: tuple[str, ...]
    stages: tuple[StageOpinion, ...] = ()

    @property
    def is_optimal(self) -> bool:
        """Return True if it is proven that no plan costs less."""
        return self.cost <= self.bound


def second_opinion(
    plan: Plan,
    roster: Roster,
    cost: int,
    *,
    time_limit: timedelta,
    outside: Sequence[Seat] | None = None,
    on_wait: Callable[[timedelta], None] | None = None,
) -> SecondOpinion:
    """Let another solver find bounds on any plan's cost, requests, totals or points, and clumps.

    The bounds are for plans of the same dates in which the same shifts are settled. cost: the plan's own, as the
    checker computes it. outside: seats of the same people around the plan and on other teams; None to leave them out.
    time_limit: wall time for all stages together. on_wait: called now and then with the time taken. Raises Refused if
    the solver contradicts the plan, or runs far beyond its time limit.
    """
    asked = SecondModel(plan, relaxed(roster, plan.relaxed), cost, outside)
    solver = _Solver(asked.model, time_limit, on_wait)
    opinion = _opinion(solver.run(solver.left, gap=1.0), cost, asked.left_out)
    asked.model.add_linear_constraint(asked.cost <= cost + _BELOW_ONE)
    stages = SecondStages(asked, plan)
    measured = list(stages.before_clumps())
    found = [_stage_opinion(solver, asked, each) for each in measured]
    if roster.rules.points is not None:
        # The planner keeps even totals, too, when it spreads the shifts of a plan with points.
        totals = stages.totals()
        asked.model.add_linear_constraint(totals.expression <= float(totals.value) + _BELOW_ONE)
    found += _clumps_opinion(solver, stages, measured)
    return SecondOpinion(opinion.cost, opinion.bound, opinion.best, opinion.seconds, opinion.left_out, tuple(found))


class _Solver:
    """Runs HiGHS several times on one model, under one time limit for all runs."""

    def __init__(
        self, model: mathopt.Model, time_limit: timedelta, on_wait: Callable[[timedelta], None] | None
    ) -> None:
        self._model = model
        self.limit = time_limit
        self._on_wait = on_wait
        self._began = time.monotonic()

    @property
    def left(self) -> timedelta:
        """Return the time left until the limit; 0 or less if it is over."""
        return self.limit - timedelta(seconds=time.monotonic() - self._began)

    def run(self, limit: timedelta, *, gap: float) -> mathopt.SolveResult:
        """Run the solver in a separate thread, so that Ctrl-C works meanwhile, and return its result.

        limit: the time for this run. gap: the solver may stop when cost and bound are this near.
        """
        limit = max(limit, timedelta(milliseconds=1))
        parameters = mathopt.SolveParameters(
            time_limit=limit, relative_gap_tolerance=0.0, absolute_gap_tolerance=max(0.0, gap - 2 * _TOLERANCE)
        )
        answers: list[mathopt.SolveResult] = []
        failures: list[BaseException] = []

        def solve() -> None:
            try:
                answers.append(mathopt.solve(self._model, mathopt.SolverType.HIGHS, params=parameters))
            except Exception:
                # HiGHS fails now and then while it simplifies a model.
                parameters.presolve = mathopt.Emphasis.OFF
                try:
                    answers.append(mathopt.solve(self._model, mathopt.SolverType.HIGHS, params=parameters))
                except BaseException as failure:
                    failures.append(failure)

        began = time.monotonic()
        thread = Thread(target=solve, daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(0.1)
            now = time.monotonic()
            if self._on_wait is not None:
                self._on_wait(timedelta(seconds=now - self._began))
            if timedelta(seconds=now - began) > 2 * limit + _GRACE:
                raise Refused(f"the other solver gave no answer in {now - began:.0f} s, so there is no bound")
        if failures:
            raise Refused("the other solver failed, so there is no bound") from failures[0]
        return answers[0]


def _opinion(answer: mathopt.SolveResult, cost: int, left_out: tuple[str, ...]) -> SecondOpinion:
    _refuse_contradiction(answer)
    bound = max(0, ceil(answer.dual_bound() - _TOLERANCE)) if answer.dual_bound() > 0 else 0
    best = round(answer.objective_value()) if answer.has_primal_feasible_solution() else None
    return SecondOpinion(cost, min(bound, cost), best, _seconds(answer), left_out)


def _refuse_contradiction(answer: mathopt.SolveResult) -> None:
    if answer.termination.reason == mathopt.TerminationReason.INFEASIBLE:
        # The plan itself is a solution of the model.
        raise Refused("the other solver finds that no plan keeps these rules, so one of the two is wrong")


def _seconds(answer: mathopt.SolveResult) -> float:
    return float(answer.solve_stats.solve_time.total_seconds())


def _stage_opinion(solver: _Solver, asked: SecondModel, measured: Measured) -> StageOpinion:
    """Minimise the value of a stage, and return what is proven. Later stages must then keep the plan's own value."""
    value, tolerance, is_whole = measured.value, measured.tolerance, measured.name is not StageName.POINTS
    slack = _BELOW_ONE if is_whole else _TOLERANCE
    asked.model.add_linear_constraint(measured.expression <= float(value) + slack)
    if solver.left <= timedelta(0):
        return StageOpinion(measured.name, value, None, None, 0.0, tolerance)
    asked.model.minimize(measured.expression)
    answer = solver.run(min(solver.left, solver.limit / _STAGE_PART), gap=_gap_of(measured))
    _refuse_contradiction(answer)
    seconds, best, bound = _seconds(answer), None, None
    if answer.has_primal_feasible_solution():
        best = Fraction(round(answer.objective_value())) if is_whole else _exact(measured, answer)
    if not is_whole and best is not None:
        answer, best, more = _with_exact_points(solver, measured, answer, best)
        seconds += more
    if abs(dual := answer.dual_bound()) < float("inf"):
        bound = min(value, Fraction(ceil(dual - _TOLERANCE)) if is_whole else Fraction(dual))
    return StageOpinion(measured.name, value, bound, best, seconds, tolerance)


def _gap_of(measured: Measured) -> float:
    return float(measured.tolerance) / 2 if measured.name is StageName.POINTS else 1.0


def _with_exact_points(
    solver: _Solver, measured: Measured, answer: mathopt.SolveResult, best: Fraction
) -> tuple[mathopt.SolveResult, Fraction, float]:
    """Solve again with exact squares for the points of the last solution, until they are exact or the time is over.

    Returns the last answer, the least exact value of all solutions, and the seconds taken.
    """
    seconds, limit = 0.0, solver.limit.total_seconds() / _STAGE_PART
    while float(best) - answer.objective_value() > _gap_of(measured) and seconds < limit and solver.left > timedelta(0):
        for each in measured.squares:
            each.refine(answer.variable_values())
        more = solver.run(min(solver.left, timedelta(seconds=limit - seconds)), gap=_gap_of(measured))
        seconds += _seconds(more)
        if not more.has_primal_feasible_solution():
            break
        answer, best = more, min(best, _exact(measured, more))
    return answer, best, seconds


def _is_underestimated(measured: Measured, answer: mathopt.SolveResult) -> bool:
    """Return True if a solution is worse in an earlier stage than the model says; the model is then refined."""
    if not measured.squares or _exact(measured, answer) <= measured.value + measured.tolerance:
        return False
    for each in measured.squares:
        each.refine(answer.variable_values())
    return True


def _exact(measured: Measured, answer: mathopt.SolveResult) -> Fraction:
    """Return the sum of the squared distances in a solution, which the model can underestimate."""
    values = answer.variable_values()
    return sum((each.of(values) for each in measured.squares), Fraction(0))


def _clumps_opinion(solver: _Solver, stages: SecondStages, earlier: Sequence[Measured]) -> Iterator[StageOpinion]:
    """Ask for plans with smaller clumps, one distance after another, until none is left or the time is over."""
    search = SpanSearch(stages.spans())
    if not search.spans:
        return
    stages.ask_for_any_plan()
    until, seconds = max(timedelta(0), solver.left - solver.limit / _STAGE_PART), 0.0
    while (level := search.next_level()) is not None and solver.left > until:
        # Half of the time that is left for each question, so that a hard one leaves time for an easier one.
        answer = solver.run((solver.left - until) / 2, gap=1.0) if search.limit(level) else None
        seconds += _seconds(answer) if answer else 0.0
        if answer is None or answer.termination.reason == mathopt.TerminationReason.INFEASIBLE:
            search.note_impossible(level)
        elif answer.has_primal_feasible_solution():
            if not any(_is_underestimated(each, answer) for each in earlier):
                search.note_found(stages.duties_in(answer))
        else:
            search.note_undecided(level)
    yield StageOpinion(StageName.CLUMPS, search.value, search.bound, search.best, seconds)
