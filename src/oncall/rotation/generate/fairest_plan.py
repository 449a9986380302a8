"""From a roster and its shifts to the fairest plan that keeps the hard rules, with the proof that none is fairer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from oncall.errors import Refused
from oncall.rosters.roster import Roster
from oncall.rotation.explain import infeasible
from oncall.rotation.generate.greedy_start import greedy_starts
from oncall.rotation.generate.requests_stage import requests_stage
from oncall.rotation.generate.shadow_seats import shadow_seats, with_shadows
from oncall.rotation.generate.spreading import spread_shifts
from oncall.rotation.problem.context import NOTHING, PlanningContext
from oncall.rotation.problem.cost import fairness_of
from oncall.rotation.problem.fixed_seats import refuse_impossible_seats
from oncall.rotation.problem.problem import Duty, Problem
from oncall.rotation.problem.requests import pairs_of, price_of_duties, tally
from oncall.rotation.solve.counting_bound import duty_curve
from oncall.rotation.solve.duty_model import DutyModel, seated
from oncall.rotation.solve.model_base import Counted, Floor, Held, ModelBase, Span
from oncall.rotation.solve.pair_meetings import Pair, PairGoal
from oncall.rotation.solve.role_models import LoadModel, SeatModel
from oncall.rotation.solve.search import Search, SearchProgress, SearchStatus
from oncall.schedule.plan import Plan, PlanStatus, Seat, Shift

MOST_SEATINGS = 6
"""How many first plans have their roles named by a solve of its own; an even split costs nothing."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The fairest plan so far, and what a search on from it needs. `bound` holds for the whole problem."""

    held: list[Held]
    cost: int
    bound: int
    board: type[ModelBase]
    floor: Floor
    spans: Mapping[Counted, Span]
    notes: tuple[str, ...] = ()


def solve(
    roster: Roster,
    shifts: Sequence[Shift],
    *,
    seed: int = 0,
    time_limit: timedelta | None = None,
    on_progress: Callable[[SearchProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    given: PlanningContext = NOTHING,
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
        found = replace(found, held=spread_shifts(problem, found.held))
    return _plan(problem, found, seed)


def _fairest(problem: Problem, search: Search) -> _Found:
    """A first plan if one is easily found, and while it costs more than what is proven, a model that knows more.

    That is one whose spans hold the counts found, or when all of them were inside already, the one of every seat.
    """
    kind_of_board: type[ModelBase] = DutyModel if problem.roles_are_interchangeable else LoadModel
    floor = kind_of_board.floor(problem, search)
    if floor is None:
        raise infeasible.explained(problem, search)
    best = _opening(problem, search, _Found([], 0, floor.cost, kind_of_board, floor, floor.spans()))
    while best is None or best.cost > best.bound:
        known = best or _Found([], 0, floor.cost, kind_of_board, floor, floor.spans())
        board = known.board(problem, known.floor, known.spans, search)
        board.model.minimize(board.cost)
        outcome = search.run(board.model, floor=known.bound, known_cost=best.cost if best else None)
        if outcome.verdict is SearchStatus.INFEASIBLE:
            raise infeasible.explained(problem, search)
        bound = max(known.bound, outcome.bound)
        if outcome.verdict is SearchStatus.UNKNOWN:
            if best is None:
                raise Refused(_no_plan_yet(search))
            return replace(best, bound=bound)
        held = board.seats(outcome)
        best = _better(best, replace(known, held=held, cost=_cost(problem, held), bound=bound))
        if outcome.verdict is not SearchStatus.OPTIMAL:
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
    if found.board is DutyModel:
        # It counts duties alone; the roles of each person need counts, too.
        floor = SeatModel.floor(problem, search) or floor
    return _with_spans_of(replace(found, board=SeatModel, floor=floor), floor, held, problem)


def _with_spans_of(found: _Found, floor: Floor, held: Sequence[Held], problem: Problem) -> _Found:
    spans = {**floor.spans(), **found.spans}
    return replace(found, spans=_widened(spans, held, problem))


def _opening(problem: Problem, search: Search, start: _Found) -> _Found | None:
    """The best plan that needs no search, if there is one; when it reaches the bound it is proven without."""
    best: _Found | None = None
    seatings = 0
    quota = {(each, kind): count for (each, kind, role), count in start.floor.counts.items() if role is None}
    for teams in greedy_starts(problem, quota, seed=search.seed):
        if best is not None and _least_cost(problem, teams) >= best.cost:
            continue
        held = seated(problem, teams, search)
        seatings += 1
        best = _better(best, replace(start, held=held, cost=_cost(problem, held)))
        if best.cost == best.bound or search.is_over or (seatings == MOST_SEATINGS and not problem.roles_are_free):
            break
    if best is not None:
        search.report(best.cost, best.bound)
    return best


def _least_cost(problem: Problem, teams: Sequence[Sequence[int]]) -> int:
    """What these people on duty cost when their roles fall as evenly as can be; 0 where that is not known."""
    if not problem.roles_are_interchangeable:
        return 0
    counts = Counter((each, problem.shifts[number].kind) for number, team in enumerate(teams) for each in team)
    people = range(len(problem.engineers))
    return sum(duty_curve(problem, each, kind)(counts[each, kind]) for each in people for kind in problem.shares.totals)


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
    prices, pairs = price_of_duties(problem), pairs_of(problem)
    if not prices and not pairs:
        return found

    def told(found: _Found) -> str:
        return tally(prices, ((seat.engineer, seat.shift) for seat in found.held), pairs).text

    if found.cost > found.bound or search.is_over:
        cut_short = "the search for fairness was cut short" if found.cost > found.bound else "the time was up"
        return _noted(found, f"{told(found)}; they were not considered, because {cut_short}")
    search.enter(f"cost {found.cost} is proven; weighing requests")
    found, is_best = _kindest(problem, search, found, prices, pairs)
    best = "no plan as fair keeps more" if is_best else "a plan as fair may keep more"
    return _noted(found, f"{told(found)}; {best}")


def _kindest(
    problem: Problem, search: Search, found: _Found, prices: Mapping[Duty, int], pairs: Sequence[Pair]
) -> tuple[_Found, bool]:
    """The plan that meets the requests best at the cost found, and whether that is proven."""
    while True:
        best = requests_stage(
            problem, PairGoal(prices, pairs, found.cost, found.board, found.spans), found.floor, search
        )
        if best.held is None:
            return found, False
        if _cost(problem, best.held) == found.cost:
            return replace(found, held=best.held), best.is_best
        if not best.is_best and found.board.is_exact:
            return found, False
        found = _knowing_more(problem, search, found, best.held)


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
    coming_along = shadow_seats(problem, found.held)
    fairness = fairness_of(((s.kind, s.role, s.engineer) for s in seats), problem.shares, bound=found.bound)
    return Plan(
        team=problem.roster.team,
        zone=problem.roster.policy.zone,
        seats=with_shadows(seats, coming_along),
        status=PlanStatus.OPTIMAL if found.cost == found.bound else PlanStatus.FEASIBLE,
        fairness=fairness,
        first_day=problem.shifts[0].day,
        last_day=problem.shifts[-1].day,
        seed=seed,
        notes=found.notes,
        balances=problem.given.balances,
    )
