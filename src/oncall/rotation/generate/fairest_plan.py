"""Makes the fairest plan for a roster and its shifts, with the proof that no plan is fairer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from oncall.errors import Refused
from oncall.rosters.roster import Roster
from oncall.rotation.explain import infeasible
from oncall.rotation.generate.clump_stage import LeastClumped, least_clumped
from oncall.rotation.generate.even_stage import with_even_totals
from oncall.rotation.generate.fairness_stage import BestPlan, find_fairest, with_finer_model, with_seats
from oncall.rotation.generate.points_stage import with_even_points
from oncall.rotation.generate.requests_stage import meet_requests
from oncall.rotation.generate.shadow_seats import shadow_seats, with_shadows
from oncall.rotation.problem.clumps import stated_clumps
from oncall.rotation.problem.context import EMPTY_CONTEXT, PlanningContext
from oncall.rotation.problem.cost import counted_seats, fairness_of
from oncall.rotation.problem.fixed_seats import refuse_impossible_seats
from oncall.rotation.problem.idle_notes import idle_notes
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.requests import preferred_pairs, request_costs, tally_requests
from oncall.rotation.solve.pair_meetings import RequestsGoal
from oncall.rotation.solve.search import Search, SearchProgress
from oncall.schedule.plan import Plan, PlanStatus, Seat, Shift


def fairest_plan(
    roster: Roster,
    shifts: Sequence[Shift],
    *,
    seed: int = 0,
    time_limit: timedelta | None = None,
    on_progress: Callable[[SearchProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    context: PlanningContext = EMPTY_CONTEXT,
) -> Plan:
    """Return the fairest plan for these shifts: `optimal` if its cost is proven, else `feasible` with a true bound.

    time_limit: wall time; None: the search ends with the proof. on_progress: called with the progress. should_stop:
    polled every few hundredths of a second; once it returns True, the best plan so far is returned. The same roster,
    shifts, context and seed give the same plan, unless the time limit or `should_stop` ends the search early. Raises
    PlanInfeasible if no plan keeps the hard rules, and Refused if the search ends before it has a plan or there is
    nothing to staff.
    """
    if not shifts:
        raise Refused("there is no on-call shift to staff in these dates; name dates in which one starts")
    search = Search(seed=seed, time_limit=time_limit, on_progress=on_progress, should_stop=should_stop)
    problem = Problem.of(roster, shifts, context).in_order_of(seed)
    refuse_impossible_seats(problem)
    infeasible.refuse_unstaffable(problem, search)
    best = _with_requests(problem, search, find_fairest(problem, search))
    even = with_even_totals if problem.points is None else with_even_points
    best = even(problem, search, best)
    return _plan_of(problem, _spread(problem, search, best), seed)


def _spread(problem: Problem, search: Search, best: BestPlan) -> LeastClumped:
    """Return an equally fair plan with few clumps. If no time is left, return the same plan and its clumps."""
    if search.is_over:
        return LeastClumped(best, stated_clumps(problem, best.seats))
    return least_clumped(problem, search, best)


def _with_requests(problem: Problem, search: Search, best: BestPlan) -> BestPlan:
    """Return the equally fair plan that meets the requests best, with a note about the requests."""
    goal = _requests_goal(problem, best)
    if not goal.request_costs and not goal.pairs:
        return best
    if not best.is_proven or search.is_over:
        reason = "the time limit was reached" if best.is_proven else "the search for the fairest plan was cut short"
        return _noted(best, f"{_tally_text(goal, best)}; they were not considered because {reason}")
    search.enter_stage(f"cost {best.cost} is proven; weighing requests")
    best, is_best = _meeting_requests(problem, search, best)
    claim = "no equally fair plan meets more" if is_best else "an equally fair plan may meet more"
    return _noted(best, f"{_tally_text(goal, best)}; {claim}")


def _requests_goal(problem: Problem, best: BestPlan) -> RequestsGoal:
    pairs = preferred_pairs(problem)
    return RequestsGoal(request_costs(problem), pairs, best.cost, best.model_type, best.ranges)


def _meeting_requests(problem: Problem, search: Search, best: BestPlan) -> tuple[BestPlan, bool]:
    """Return the plan of the same cost that meets the requests best, and whether it is proven to be the best."""
    goal = _requests_goal(problem, best)
    while True:
        result = meet_requests(problem, goal, best.counting_bound, search)
        if result.seats is None:
            return best, False
        if problem.cost_of(result.seats) == best.cost:
            return with_seats(problem, best, result.seats), result.is_best
        if not result.is_best and best.model_type.has_exact_costs:
            return best, False
        # The model underestimated the cost of these seats.
        best = with_finer_model(problem, search, best, result.seats)
        # Every plan of the finer model is a plan of this one, too, so a bound proven here holds there.
        near = frozenset(Duty(seat.engineer, seat.shift) for seat in result.seats)
        goal = replace(goal, model_type=best.model_type, ranges=best.ranges, lower_bound=result.lower_bound, near=near)


def _tally_text(goal: RequestsGoal, best: BestPlan) -> str:
    duties = (Duty(seat.engineer, seat.shift) for seat in best.seats)
    return tally_requests(goal.request_costs, duties, goal.pairs).text


def _noted(best: BestPlan, note: str) -> BestPlan:
    return replace(best, notes=(*best.notes, note))


def _plan_of(problem: Problem, spread: LeastClumped, seed: int) -> Plan:
    """Return the finished plan, with its shadow seats, its loads and its proof."""
    best, clumps = spread.best, spread.clumps
    notes = (*best.notes, *idle_notes(problem))
    seats = tuple(
        Seat(shift.window, shift.kind, seat.role, problem.engineers[seat.engineer].id)
        for seat in best.seats
        for shift in [problem.shifts[seat.shift]]
    )
    return Plan(
        team=problem.roster.team,
        zone=problem.roster.policy.zone,
        seats=with_shadows(seats, shadow_seats(problem, best.seats)),
        status=PlanStatus.OPTIMAL if best.is_proven else PlanStatus.FEASIBLE,
        fairness=problem.as_the_file_lists(fairness_of(counted_seats(seats), problem.shares, bound=best.bound)),
        first_day=problem.shifts[0].day,
        last_day=problem.shifts[-1].day,
        seed=seed,
        notes=notes if clumps is None else (*notes, clumps.text),
        balances=problem.context.balances,
        clumps=clumps,
    )
