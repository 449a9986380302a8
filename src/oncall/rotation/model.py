"""From a roster and its shifts to the fairest plan that keeps the hard rules, with the proof that none is fairer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ortools.sat.python import cp_model

from oncall.errors import Refused
from oncall.rosters.roster import Roster
from oncall.rotation import infeasible
from oncall.rotation.board import Board, Counted, DutyBoard, Floor, Held, Span, seated
from oncall.rotation.cost import fairness_of
from oncall.rotation.evenness import spread
from oncall.rotation.fixedseats import refuse_impossible_seats
from oncall.rotation.given import NOTHING, Given
from oncall.rotation.opening import openings
from oncall.rotation.problem import Duty, Problem
from oncall.rotation.requests import price_of_duties, tally
from oncall.rotation.roleboard import LoadBoard, SeatBoard
from oncall.rotation.search import Progress, Search, Verdict
from oncall.schedule.plan import Plan, PlanStatus, Seat, Shift

__all__ = ["Progress", "solve"]

REQUESTS_EFFORT = 20.0
"""Deterministic time for the requests: enough to prove a year of a large team, and an end where proof is far off."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The fairest plan so far, and what a search on from it needs. `bound` holds for the whole problem."""

    held: list[Held]
    cost: int
    bound: int
    board: type[Board]
    floor: Floor
    spans: Mapping[Counted, Span]
    notes: tuple[str, ...] = ()


def solve(
    roster: Roster,
    shifts: Sequence[Shift],
    *,
    seed: int = 0,
    time_limit: timedelta | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    given: Given = NOTHING,
) -> Plan:
    """The fairest plan for these shifts; `optimal` when its cost is proven, else `feasible` with an honest bound.

    time_limit: wall time; without one the search goes on until the proof. should_stop: asked every few hundredths of a
    second; once it says yes the best plan so far is the answer. The same roster, shifts and seed give the same plan
    unless one of the two cuts the search short.
    Raises PlanInfeasible when no plan keeps the hard rules, Refused when the search ended before a first plan or there
    is nothing to staff.
    """
    if not shifts:
        raise Refused("there is no on-call shift to staff in these dates; name dates in which one starts")
    search = Search(seed=seed, time_limit=time_limit, on_progress=on_progress, should_stop=should_stop)
    problem = Problem.of(roster, shifts, given)
    refuse_impossible_seats(problem)
    infeasible.refuse_unstaffable(problem, search)
    found = _with_requests(problem, search, _fairest(problem, search))
    if not search.is_over:
        found = replace(found, held=spread(problem, found.held))
    return _plan(problem, found, seed)


def _fairest(problem: Problem, search: Search) -> _Found:
    """A first plan if one is easily found, and while it costs more than what is proven, a model that knows more.

    That is one whose spans hold the counts found, or when all of them were inside already, the one of every seat.
    """
    kind_of_board: type[Board] = DutyBoard if problem.roles_are_interchangeable else LoadBoard
    floor = kind_of_board.floor(problem, search)
    if floor is None:
        raise infeasible.explained(problem, search)
    best = _opening(problem, search, _Found([], 0, floor.cost, kind_of_board, floor, floor.spans()))
    while best is None or best.cost > best.bound:
        known = best or _Found([], 0, floor.cost, kind_of_board, floor, floor.spans())
        board = known.board(problem, floor, known.spans, search)
        board.model.minimize(board.cost)
        outcome = search.run(board.model, floor=known.bound, known_cost=best.cost if best else None)
        if outcome.verdict is Verdict.INFEASIBLE:
            raise infeasible.explained(problem, search)
        bound = max(known.bound, outcome.bound)
        if outcome.verdict is Verdict.UNKNOWN:
            if best is None:
                raise Refused(_no_plan_yet(search))
            return replace(best, bound=bound)
        held = board.seats(outcome)
        best = _better(best, replace(known, held=held, cost=_cost(problem, held), bound=bound))
        if outcome.verdict is not Verdict.OPTIMAL:
            return best
        if best.cost > best.bound:
            best = _knowing_more(problem, search, best, held)
    return best


def _knowing_more(problem: Problem, search: Search, found: _Found, held: Sequence[Held]) -> _Found:
    """The same, to be searched on by a model that would not have been mistaken about the cost of `held`."""
    wider = _widened(found.spans, held, problem)
    if wider != found.spans:
        return replace(found, spans=wider)
    # The counts were inside: then the roles promised could not be named for the people on duty.
    assert not found.board.is_exact, "a model that has every cost exactly cannot be mistaken"
    floor = found.floor
    if found.board is DutyBoard:
        # It counts duties alone; the roles of each person need counts, too.
        floor = SeatBoard.floor(problem, search) or floor
    return _with_spans_of(replace(found, board=SeatBoard, floor=floor), floor, held, problem)


def _with_spans_of(found: _Found, floor: Floor, held: Sequence[Held], problem: Problem) -> _Found:
    spans = {**floor.spans(), **found.spans}
    return replace(found, spans=_widened(spans, held, problem))


def _opening(problem: Problem, search: Search, start: _Found) -> _Found | None:
    """The best plan that needs no search, if there is one; when it reaches the bound it is proven without."""
    best: _Found | None = None
    quota = {(each, kind): count for (each, kind, role), count in start.floor.counts.items() if role is None}
    for teams in openings(problem, quota, seed=search.seed):
        held = seated(problem, teams, search)
        best = _better(best, replace(start, held=held, cost=_cost(problem, held)))
        if best.cost == best.bound or search.is_over:
            break
    if best is not None:
        search.report(best.cost, best.bound)
    return best


def _better(best: _Found | None, new: _Found) -> _Found:
    """The cheaper of the two, under the higher bound."""
    if best is None:
        return new
    return replace(new if new.cost < best.cost else best, bound=max(best.bound, new.bound))


def _cost(problem: Problem, held: Sequence[Held]) -> int:
    seats = [(problem.shifts[seat.shift].kind, seat.role, problem.engineers[seat.engineer].id) for seat in held]
    return fairness_of(seats, problem.shares, bound=0).cost


def _widened(spans: Mapping[Counted, Span], held: Sequence[Held], problem: Problem) -> dict[Counted, Span]:
    def count(counted: Counted) -> int:
        return sum(
            1
            for seat in held
            if seat.engineer == counted.engineer
            and problem.shifts[seat.shift].kind is counted.kind
            and counted.role in (None, seat.role)
        )

    return {counted: span.widened(count(counted)) for counted, span in spans.items()}


def _no_plan_yet(search: Search) -> str:
    seconds = search.elapsed.total_seconds()
    return f"no plan was found in {seconds:.1f} s, and none is proven impossible; allow more time"


def _with_requests(problem: Problem, search: Search, found: _Found) -> _Found:
    """Among the plans that are as fair, one that meets the requests best; fairness is held where it is."""
    prices = price_of_duties(problem)
    if not prices:
        return found
    if found.cost > found.bound or search.is_over:
        taken = tally(prices, ((seat.engineer, seat.shift) for seat in found.held))
        return _noted(found, f"{taken.text}; they were not considered, because the search for fairness was cut short")
    found, is_best = _kindest(problem, search, found, prices)
    taken = tally(prices, ((seat.engineer, seat.shift) for seat in found.held))
    return _noted(found, f"{taken.text}; {'no plan as fair does better' if is_best else 'better may exist'}")


def _kindest(problem: Problem, search: Search, found: _Found, prices: Mapping[Duty, int]) -> tuple[_Found, bool]:
    """The plan that meets the requests best at the cost found, and whether that is proven."""
    while True:
        board = found.board(problem, found.floor, found.spans, search)
        board.model.add(board.cost <= found.cost)
        board.model.minimize(cp_model.LinearExpr.sum([price * board.takes[duty] for duty, price in prices.items()]))
        outcome = search.run(board.model, effort=REQUESTS_EFFORT)
        if outcome.verdict not in (Verdict.OPTIMAL, Verdict.FEASIBLE):
            return found, False
        held = board.seats(outcome)
        if _cost(problem, held) == found.cost:
            return replace(found, held=held), outcome.verdict is Verdict.OPTIMAL
        found = _knowing_more(problem, search, found, held)


def _noted(found: _Found, note: str) -> _Found:
    return replace(found, notes=(*found.notes, note))


def _plan(problem: Problem, found: _Found, seed: int) -> Plan:
    seats = tuple(
        Seat(
            problem.shifts[seat.shift].window,
            problem.shifts[seat.shift].kind,
            seat.role,
            problem.engineers[seat.engineer].id,
        )
        for seat in found.held
    )
    fairness = fairness_of(((s.kind, s.role, s.engineer) for s in seats), problem.shares, bound=found.bound)
    return Plan(
        team=problem.roster.team,
        zone=problem.roster.policy.zone,
        seats=seats,
        status=PlanStatus.OPTIMAL if found.cost == found.bound else PlanStatus.FEASIBLE,
        fairness=fairness,
        first_day=problem.shifts[0].day,
        last_day=problem.shifts[-1].day,
        seed=seed,
        notes=found.notes,
    )
