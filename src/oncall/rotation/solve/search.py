"""Runs CP-SAT so that the same input gives the same answer, with progress, a time limit and a way to stop it."""

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
    """Where a search stands. `cost` is None until there is a first plan; no plan can cost less than `bound`.

    stage: what is worked on, in words, where it is not the cost; then cost and bound say nothing.
    """

    cost: int | None
    bound: int
    elapsed: timedelta
    stage: str = ""

    @property
    def gap(self) -> float | None:
        """How much of the cost might still be saved, 0 to 1; None until there is a first plan."""
        if self.cost is None:
            return None
        return (self.cost - self.bound) / self.cost if self.cost else 0.0


class SearchStatus(Enum):
    """How one run ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"
    """Stopped before a first plan."""


_VERDICTS = {
    cp_model.OPTIMAL: SearchStatus.OPTIMAL,
    cp_model.FEASIBLE: SearchStatus.FEASIBLE,
    cp_model.INFEASIBLE: SearchStatus.INFEASIBLE,
    cp_model.UNKNOWN: SearchStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What one run found. `values` are those of all variables by index; empty without a plan.

    core: when infeasible under assumptions, the indices of some that suffice for that.
    effort: the deterministic time it took.
    """

    verdict: SearchStatus
    bound: int
    values: tuple[int, ...]
    effort: float
    core: tuple[int, ...] = ()

    def has(self, variable: cp_model.IntVar) -> bool:
        """Whether a Boolean variable is true in the plan found."""
        return bool(self.values[variable.index])

    def value(self, variable: cp_model.IntVar) -> int:
        """What a variable is in the plan found."""
        return self.values[variable.index]


class SearchBudget:
    """Deterministic time that several runs share: the same work on every machine, and an end to it."""

    def __init__(self, effort: float, *, at_once: float) -> None:
        self._left = effort
        self._at_once = at_once

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left for another run."""
        return self._left <= 0

    def run(self, search: Search, model: cp_model.CpModel) -> SearchStatus:
        """Solve with what is left, but at most `at_once`. Unknown when nothing is left."""
        return self.outcome(search, model).verdict

    def outcome(self, search: Search, model: cp_model.CpModel, *, most: float | None = None) -> SearchResult:
        """The same, with everything that the run found. most: no more than that for this run."""
        if self.is_used_up:
            return SearchResult(SearchStatus.UNKNOWN, 0, (), 0.0)
        outcome = search.run(model, effort=min(most or self._at_once, self._at_once, self._left))
        # Even a run that presolve settles costs something, so that many of them end too.
        self._left -= max(outcome.effort, 0.01)
        return outcome


class Search:
    """One budget of time for several runs, all with one seed and one worker."""

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
        """Since the search was made."""
        return timedelta(seconds=time.monotonic() - self._began)

    @property
    def is_over(self) -> bool:
        """Whether the time is used up or somebody asked to stop."""
        return self._should_stop() or (self._limit is not None and self.elapsed >= self._limit)

    def report(self, cost: int | None, bound: int) -> None:
        """Tell whoever listens where the search stands."""
        self._on_progress(SearchProgress(cost, bound, self.elapsed))

    def enter(self, stage: str) -> None:
        """Tell whoever listens, from now on, that this is worked on; runs that follow a cost tell that instead."""
        self._stage = stage
        self._report_stage()

    def _report_stage(self) -> None:
        if self._stage:
            self._on_progress(SearchProgress(None, 0, self.elapsed, self._stage))

    def run(
        self,
        model: cp_model.CpModel,
        *,
        floor: int | None = None,
        known_cost: int | None = None,
        effort: float | None = None,
        linearization: int | None = None,
    ) -> SearchResult:
        """Solve the model, unless the search is over: then nothing is known.

        With `floor`, progress is reported: the objective is a cost that cannot be below it.

        known_cost: what the best plan from elsewhere costs, for the progress alone.
        effort: give up after so much deterministic time, which is the same work on every machine.
        linearization: 2 lets the linear relaxation see every implication too, where those carry the proof.
        """
        if self.is_over:
            return SearchResult(SearchStatus.UNKNOWN, floor or 0, (), 0.0)
        solver = self._solver(effort)
        if linearization is not None:
            solver.parameters.linearization_level = linearization
        if self._limit is not None:
            solver.parameters.max_time_in_seconds = max(0.001, (self._limit - self.elapsed).total_seconds())
        watch = _Watch(floor, known_cost)
        solver.best_bound_callback = watch.improve_bound
        failures: list[BaseException] = []
        thread = Thread(target=_solve, args=(solver, model, watch, failures), daemon=True)
        thread.start()
        try:
            self._follow(thread, solver, watch)
        finally:
            # Also when the wait was broken off: no run may outlive the call that asked for it.
            while thread.is_alive():
                solver.stop_search()
                thread.join(POLL_SECONDS)
        if failures:
            raise failures[0]
        return _outcome(solver, floor)

    def finish(self, model: cp_model.CpModel, *, effort: float) -> SearchResult:
        """Solve a small model that surely has a solution, whatever the limit: a plan already found depends on it."""
        solver = self._solver(effort)
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            solver = self._solver(None)
            solver.parameters.stop_after_first_solution = True
            solver.solve(model)
        return _outcome(solver, None)

    def _solver(self, effort: float | None) -> cp_model.CpSolver:
        solver = cp_model.CpSolver()
        # One worker is as fast as two here and gives the same plan every time; the rest is best left at its defaults.
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.seed
        solver.parameters.catch_sigint_signal = False
        if effort is not None:
            solver.parameters.max_deterministic_time = effort
        return solver

    def _follow(self, thread: Thread, solver: cp_model.CpSolver, watch: _Watch) -> None:
        while thread.is_alive():
            thread.join(POLL_SECONDS)
            if self._should_stop():
                solver.stop_search()
            if watch.floor is not None:
                self.report(watch.cost, watch.bound)
            else:
                self._report_stage()


class _Watch(cp_model.CpSolverSolutionCallback):
    """Remembers the best cost and bound; written by the solver's thread, read by the one that waits."""

    def __init__(self, floor: int | None, known_cost: int | None) -> None:
        super().__init__()
        self.floor = floor
        self.cost = known_cost
        self.bound = floor or 0

    def on_solution_callback(self) -> None:
        if self.floor is not None:
            cost = round(self.objective_value)
            self.cost = cost if self.cost is None else min(self.cost, cost)

    def improve_bound(self, bound: float) -> None:
        self.bound = max(self.bound, _rounded_up(bound))


def _rounded_up(bound: float) -> int:
    """Costs are whole numbers, so a bound between two of them is the upper one; a hair of float error is not."""
    return -int(-(bound - 1e-6) // 1)


def _solve(solver: cp_model.CpSolver, model: cp_model.CpModel, watch: _Watch, failures: list[BaseException]) -> None:
    try:
        solver.solve(model, watch)
    except BaseException as failure:
        failures.append(failure)


def _outcome(solver: cp_model.CpSolver, floor: int | None) -> SearchResult:
    response = solver.response_proto
    verdict = _VERDICTS.get(response.status)
    if verdict is None:
        raise AssertionError(f"the solver refused the model: {solver.status_name()}")
    bound = max(floor or 0, _rounded_up(solver.best_objective_bound))
    core = tuple(response.sufficient_assumptions_for_infeasibility) if verdict is SearchStatus.INFEASIBLE else ()
    return SearchResult(verdict, bound, tuple(response.solution), solver.deterministic_time, core)
