"""A second opinion on a plan's cost: the bound that the mixed-integer solver HiGHS proves, through OR-Tools."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from threading import Thread

from ortools.math_opt.python import mathopt

from oncall.errors import Refused
from oncall.rosters.relaxed_roster import relaxed
from oncall.rosters.roster import Roster
from oncall.rotation.check.second_model import SecondModel
from oncall.schedule.plan import Plan, Seat

_TOLERANCE = 1e-6
_GRACE = timedelta(seconds=5)
"""Extra time for the solver, which looks at the clock only now and then."""


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """The other solver's proof about a plan's cost.

    bound: no plan costs less. best: the cost of the best plan that the solver found, or None. seconds: time taken.
    left_out: what the solver's model leaves out, in words; the bound still holds.
    """

    cost: int
    bound: int
    best: int | None
    seconds: float
    left_out: tuple[str, ...]

    @property
    def is_optimal(self) -> bool:
        """Return True if the plan's cost is proven the lowest."""
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
    """Return a bound on the cost of any plan for the same dates, with the same shifts taken over from a baseline.

    cost: the plan's own cost, as the checker computes it. outside: seats of its people around the plan and on other
    teams; None leaves them out. on_wait: called now and then with the time taken so far.
    Raises Refused when the solver contradicts the plan, or runs far beyond its time limit.
    """
    asked = SecondModel(plan, relaxed(roster, plan.relaxed), cost, outside)
    return _opinion(_solve(asked.model, time_limit, on_wait), cost, asked.left_out)


def _solve(
    model: mathopt.Model, time_limit: timedelta, on_wait: Callable[[timedelta], None] | None
) -> mathopt.SolveResult:
    """Solve in a thread of its own, so that Ctrl-C works meanwhile."""
    began = time.monotonic()
    parameters = mathopt.SolveParameters(
        time_limit=time_limit, relative_gap_tolerance=0.0, absolute_gap_tolerance=1.0 - 2 * _TOLERANCE
    )
    answers: list[mathopt.SolveResult] = []
    failures: list[BaseException] = []

    def solve() -> None:
        try:
            answers.append(mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters))
        except BaseException as failure:
            failures.append(failure)

    thread = Thread(target=solve, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        taken = timedelta(seconds=time.monotonic() - began)
        if on_wait is not None:
            on_wait(taken)
        if taken > 2 * time_limit + _GRACE:
            raise Refused(f"the other solver gave no answer in {taken.total_seconds():.0f} s, so there is no bound")
    if failures:
        raise failures[0]
    return answers[0]


def _opinion(answer: mathopt.SolveResult, cost: int, left_out: tuple[str, ...]) -> SecondOpinion:
    seconds = answer.solve_stats.solve_time.total_seconds()
    if answer.termination.reason == mathopt.TerminationReason.INFEASIBLE:
        # The plan itself is a solution of the model.
        raise Refused("the other solver finds that no plan keeps these rules, so one of the two is wrong")
    bound = max(0, ceil(answer.dual_bound() - _TOLERANCE)) if answer.dual_bound() > 0 else 0
    best = round(answer.objective_value()) if answer.has_primal_feasible_solution() else None
    return SecondOpinion(cost, min(bound, cost), best, seconds, left_out)
