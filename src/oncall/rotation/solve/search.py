"""Runs CP-SAT so that the same input gives the same answer, with progress, a time limit and a way to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from threading import Thread

from ortools.sat.python import cp_model

POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class SearchProgress:
    """How far a search is. cost: of the best plan so far; None before the first plan. bound: no plan costs less.

    elapsed: real time since the start. stage: what the search works on, in words; if set, ignore cost and bound.
    """

    cost: int | None
    bound: int
    elapsed: timedelta
    stage: str = ""

    @property
    def gap(self) -> float | None:
        """Return the fraction of the cost that might still be saved, from 0 to 1; None before the first plan."""
        if self.cost is None:
            return None
        return (self.cost - self.bound) / self.cost if self.cost else 0.0


class SearchStatus(Enum):
    """How one run of the solver ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"
    """The run ended before it had a solution or a proof that there is none."""


FOUND = (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE)
"""The statuses of a run that found a solution."""

_STATUSES = {
    cp_model.OPTIMAL: SearchStatus.OPTIMAL,
    cp_model.FEASIBLE: SearchStatus.FEASIBLE,
    cp_model.INFEASIBLE: SearchStatus.INFEASIBLE,
    cp_model.UNKNOWN: SearchStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The result of one run of the solver.

    bound: no solution has a smaller objective. values: of all variables by index; empty without a solution. effort: the
    deterministic seconds that the run took. core: for an infeasible run under assumptions, the indices of some
    assumptions that suffice to make it infeasible.
    """

    status: SearchStatus
    bound: int
    values: tuple[int, ...]
    effort: float
    core: tuple[int, ...] = ()

    @property
    def has_solution(self) -> bool:
        """Return True if the run found a solution, whether proven optimal or not."""
        return self.status in FOUND

    def is_true(self, variable: cp_model.IntVar) -> bool:
        """Return the value of a Boolean variable in the solution."""
        return bool(self.values[variable.index])

    def value(self, variable: cp_model.IntVar) -> int:
        """Return the value of a variable in the solution."""
        return self.values[variable.index]


class SearchBudget:
    """A limit on several runs together, in deterministic seconds: the same amount of work on every machine.

    per_run: the most that a single run may take.
    """

    def __init__(self, effort: float, *, per_run: float) -> None:
        self._left = effort
        self._per_run = per_run

    @property
    def is_used_up(self) -> bool:
        """Return True if no effort is left for another run."""
        return self._left <= 0

    def status(self, search: Search, model: cp_model.CpModel) -> SearchStatus:
        """Solve a model within the remaining effort, and return only the run's status; UNKNOWN if none remains."""
        return self.solve(search, model).status

    def solve(self, search: Search, model: cp_model.CpModel, *, most: float | None = None) -> SearchResult:
        """Solve a model within the remaining effort, and return the result.

        most: a smaller limit for this run, or None.
        """
        if self.is_used_up:
            return SearchResult(SearchStatus.UNKNOWN, 0, (), 0.0)
        result = search.run(model, effort=min(most or self._per_run, self._per_run, self._left))
        # Charge something even for a run that presolve settles, so that a loop of many such runs ends too.
        self._left -= max(result.effort, 0.01)
        return result


class Search:
    """Runs models under one time limit, all with the same seed and one worker.

    time_limit: wall time since the search was created; None for no limit.
    should_stop: called every few hundredths of a second; once it returns True, all runs end.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        time_limit: timedelta | None = None,
        on_progress: Callable[[SearchProgress], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> None:
        self.seed = seed
        self._limit = time_limit
        self._on_progress = on_progress or (lambda progress: None)
        self._should_stop = should_stop or (lambda: False)
        self._stage = ""
        self._began = time.monotonic()

    @property
    def elapsed(self) -> timedelta:
        """Return the real time since the search was created."""
        return timedelta(seconds=time.monotonic() - self._began)

    @property
    def time_left(self) -> timedelta | None:
        """Return the time until the limit, at least a millisecond; None without a limit."""
        return None if self._limit is None else max(timedelta(milliseconds=1), self._limit - self.elapsed)

    @property
    def is_over(self) -> bool:
        """Return True if the time limit is reached, or if the caller asked the search to stop."""
        return self._should_stop() or (self._limit is not None and self.elapsed >= self._limit)

    def report(self, cost: int | None, bound: int) -> None:
        """Report the cost of the best plan so far (None if there is none) and the bound as progress."""
        self._on_progress(SearchProgress(cost, bound, self.elapsed))

    def enter_stage(self, stage: str) -> None:
        """Report `stage` as progress now, and again during each run that has no cost to report."""
        self._stage = stage
        self._report_stage()

    def _report_stage(self) -> None:
        if self._stage:
            self._on_progress(SearchProgress(None, 0, self.elapsed, self._stage))

    def run(
        self,
        model: cp_model.CpModel,
        *,
        lower_bound: int | None = None,
        known_cost: int | None = None,
        cost_of: Callable[[SearchResult], int | None] | None = None,
        most_bound: int | None = None,
        effort: float | None = None,
        linearization: int | None = None,
    ) -> SearchResult:
        """Solve a model and return the result. Its status is UNKNOWN if the search is already over.

        lower_bound: the objective is a cost that cannot be below this; cost and bound are then reported as progress.
        known_cost: the cost of the best plan found elsewhere, used only to report progress. cost_of: returns the true
        cost of a solution for progress, or None if it is not known yet; without it, progress reports the objective.
        Called in another thread. most_bound: progress reports no higher bound than this, because higher bounds of this
        model are true for some plans only. effort: stop after this many deterministic seconds, which are the same work
        on every machine. linearization: CP-SAT's `linearization_level`; 2 adds every implication to the linear
        relaxation, which helps proofs that need implications.
        """
        if self.is_over:
            return SearchResult(SearchStatus.UNKNOWN, lower_bound or 0, (), 0.0)
        solver = self._solver(effort)
        if linearization is not None:
            solver.parameters.linearization_level = linearization
        if self._limit is not None:
            solver.parameters.max_time_in_seconds = max(0.001, (self._limit - self.elapsed).total_seconds())
        watch = _Watch(lower_bound, known_cost, cost_of, most_bound)
        solver.best_bound_callback = watch.improve_bound
        self._solve_in_thread(solver, model, watch)
        return _result_of(solver, lower_bound)

    def run_to_solution(self, model: cp_model.CpModel, *, effort: float) -> SearchResult:
        """Solve a small model that certainly has a solution, and return it even if the search is over.

        The caller completes a plan with this solution. effort: deterministic seconds to improve it.
        """
        solver = self._solver(effort)
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            solver = self._solver(None)
            solver.parameters.stop_after_first_solution = True
            solver.solve(model)
        return _result_of(solver, None)

    def _solver(self, effort: float | None) -> cp_model.CpSolver:
        solver = cp_model.CpSolver()
        # One worker is as fast as two here and gives the same plan every time. Other parameters do best by default.
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed
        solver.parameters.catch_sigint_signal = False
        if effort is not None:
            solver.parameters.max_deterministic_time = effort
        return solver

    def _solve_in_thread(self, solver: cp_model.CpSolver, model: cp_model.CpModel, watch: _Watch) -> None:
        """Solve in another thread, while this thread reports progress and calls `should_stop`."""
        failures: list[BaseException] = []
        thread = Thread(target=_solve, args=(solver, model, watch, failures), daemon=True)
        thread.start()
        try:
            self._follow(thread, solver, watch)
        finally:
            # No run outlives its call, even if an exception such as Ctrl-C interrupted the wait.
            while thread.is_alive():
                solver.stop_search()
                thread.join(POLL_SECONDS)
        if failures:
            raise failures[0]

    def _follow(self, thread: Thread, solver: cp_model.CpSolver, watch: _Watch) -> None:
        while thread.is_alive():
            thread.join(POLL_SECONDS)
            if self._should_stop():
                solver.stop_search()
            if watch.lower_bound is not None:
                self.report(watch.cost, watch.bound)
            else:
                self._report_stage()


class _Watch(cp_model.CpSolverSolutionCallback):
    """Remembers the best cost and bound. The solver's thread writes them; the waiting thread reads them."""

    def __init__(
        self,
        lower_bound: int | None,
        known_cost: int | None,
        cost_of: Callable[[SearchResult], int | None] | None,
        most_bound: int | None,
    ) -> None:
        super().__init__()
        self.lower_bound = lower_bound
        self._cost_of = cost_of
        self._most_bound = most_bound
        self.cost = known_cost
        self.bound = lower_bound or 0

    def on_solution_callback(self) -> None:
        if self.lower_bound is None:
            return
        cost: int | None = round(self.objective_value)
        if self._cost_of is not None:
            values = tuple(self.response_proto.solution)
            cost = self._cost_of(SearchResult(SearchStatus.FEASIBLE, self.lower_bound, values, 0.0))
        if cost is not None:
            self.cost = cost if self.cost is None else min(self.cost, cost)

    def improve_bound(self, bound: float) -> None:
        rounded = _rounded_up(bound)
        self.bound = max(self.bound, rounded if self._most_bound is None else min(rounded, self._most_bound))


def _rounded_up(bound: float) -> int:
    """Return the smallest whole cost at or above the bound. A tiny floating-point error is ignored."""
    return -int(-(bound - 1e-6) // 1)


def _solve(solver: cp_model.CpSolver, model: cp_model.CpModel, watch: _Watch, failures: list[BaseException]) -> None:
    try:
        solver.solve(model, watch)
    except BaseException as failure:
        failures.append(failure)


def _result_of(solver: cp_model.CpSolver, lower_bound: int | None) -> SearchResult:
    response = solver.response_proto
    status = _STATUSES.get(response.status)
    if status is None:
        raise AssertionError(f"the solver refused the model: {solver.status_name()}")
    bound = max(lower_bound or 0, _rounded_up(solver.best_objective_bound))
    core = tuple(response.sufficient_assumptions_for_infeasibility) if status is SearchStatus.INFEASIBLE else ()
    return SearchResult(status, bound, tuple(response.solution), solver.deterministic_time, core)
