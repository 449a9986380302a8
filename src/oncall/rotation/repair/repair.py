"""Repair: a published plan is kept but for the fewest seats, and what must change is as fair as that allows.

Three solves. The first finds the fewest seats that have to change for the roster as it is now; the second, with that
number held, the fairest way; the third, with both held, the one that meets the requests best. Roles are decided seat by
seat: a split of roles made anew would change seats everywhere. Then come what more changes would buy, and the bound:
what no plan can beat that has the same past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from oncall.errors import Refused
from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.explain import infeasible
from oncall.rotation.generate.shadow_seats import shadow_seats, with_shadows
from oncall.rotation.problem.context import EMPTY_CONTEXT, PlanningContext
from oncall.rotation.problem.cost import fairness_of
from oncall.rotation.problem.problem import StaffedSeat
from oncall.rotation.repair.extra_changes import Steps
from oncall.rotation.repair.frozen_conflict import frozen_conflict
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_model import RepairModel
from oncall.rotation.repair.repair_requests import repair_for_requests
from oncall.rotation.repair.repair_result import ChangeOption, Repair, SeatChange
from oncall.rotation.solve.search import Search, SearchProgress, SearchStatus
from oncall.schedule.plan import Plan, PlanStatus, Seat, Shift

OFFER_EFFORT = 1.0
"""Deterministic time to prove that nothing better can be had for so many more changes."""
BOUND_EFFORT = 1.0
"""Deterministic time to raise the bound above what counting alone proves."""


def repair(
    roster: Roster,
    shifts: Sequence[Shift],
    keep: Plan,
    *,
    first_open: date,
    more_changes: int = 0,
    frozen_days: int = 0,
    opened: frozenset[date] = frozenset(),
    offers: Sequence[int] = (2, 4),
    seed: int = 0,
    time_limit: timedelta | None = None,
    on_progress: Callable[[SearchProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    context: PlanningContext = EMPTY_CONTEXT,
) -> Repair:
    """Mend `keep` for the roster as it is now, from the shifts that start on `first_open` on.

    shifts: those of the whole plan, by today's calendar. more_changes: so many more than needed may change where that
    is fairer. frozen_days: for so many days from `first_open` on everybody who still may keeps their seat, but for the
    dates in `opened`. offers: which numbers of more changes to try for their price.
    Raises PlanInfeasible when no plan keeps the rules, Refused when the search ended before a first plan or no shift is
    left to mend.
    """
    search = Search(seed=seed, time_limit=time_limit, on_progress=on_progress, should_stop=should_stop)
    kept = RepairBaseline(roster, shifts, keep, first_open, context)
    frozen = kept.frozen(frozen_days, opened)
    search.enter_stage("looking for the fewest changes")
    first, fewest_is_proven = _fewest(kept, frozen, search)
    fewest = kept.changes(first.held)
    # Cut short before it has a plan of its own, the second solve leaves that of the first.
    found = _cheapest(kept, frozen, fewest + more_changes, search, effort=None) or first
    search.enter_stage("weighing requests")
    held, wishes = repair_for_requests(kept, frozen, found.held, search)
    found = replace(found, held=held)
    # Without that proof `--changes` may count from another number the next time.
    more = [more_changes + each for each in offers] if fewest_is_proven else []
    search.enter_stage("looking at what more changes would buy")
    bought = tuple(_offers(kept, frozen, found, fewest, more, search))
    search.enter_stage("looking for what no plan can beat")
    bound = _bound(kept, found, min([found.cost, *(offer.cost for offer in bought)]), search)
    different = list(_different(kept, found.held))
    return Repair(
        plan=_plan(kept, found, bound, seed),
        changes=tuple(change for change in different if change.before is not None),
        new_seats=tuple(change for change in different if change.before is None),
        fewest=fewest,
        fewest_is_proven=fewest_is_proven,
        cost_before=kept.cost_before(),
        best_is_proven=found.is_proven,
        offers=bought,
        wishes=wishes,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    held: list[StaffedSeat]
    cost: int
    is_proven: bool


def _fewest(kept: RepairBaseline, frozen: frozenset[StaffedSeat], search: Search) -> tuple[_Found, bool]:
    """A plan with as few changed seats as could be found, and whether that is proven."""
    board = RepairModel(kept, frozen)
    board.model.minimize(board.changes)
    outcome = search.run(board.model)
    if outcome.status is SearchStatus.INFEASIBLE:
        refusal = frozen_conflict(kept, frozen, search) if frozen else None
        if refusal is not None:
            raise refusal
        _refuse_for_covers(kept, search)
        infeasible.refuse_unstaffable(kept.open, search)
        raise infeasible.explain_infeasible(kept.open, search)
    if outcome.status is SearchStatus.UNKNOWN:
        seconds = search.elapsed.total_seconds()
        raise Refused(f"no plan was found in {seconds:.3g} s, and none is proven impossible; allow more time")
    held = board.seats(outcome)
    return _Found(held, kept.cost(held), is_proven=False), outcome.status is SearchStatus.OPTIMAL


def _refuse_for_covers(kept: RepairBaseline, search: Search) -> None:
    """Raise Refused when a plan exists but for the rest of those who covered shifts."""
    if not kept.too_soon:
        return
    kept.too_soon = frozenset()
    if search.run(RepairModel(kept).model).status is not SearchStatus.INFEASIBLE:
        names = ", ".join(sorted({seat.engineer for seat in kept.whole.context.covers}))
        raise Refused(
            f"no plan leaves {names} their rest after the shifts that they covered before {kept.first_open}; "
            "let the plan change later, or leave the published schedule out with --no-history"
        )


def _cheapest(
    kept: RepairBaseline, frozen: frozenset[StaffedSeat], most: int, search: Search, *, effort: float | None
) -> _Found | None:
    """The cheapest plan with at most so many changes that was found; None when there was none in the time."""
    ranges = kept.ranges()
    best: _Found | None = None
    while True:
        board = RepairModel(kept, frozen)
        board.model.add(board.changes <= most)
        board.model.minimize(board.add_cost(ranges))
        outcome = search.run(board.model, lower_bound=kept.floor.cost if effort is None else None, effort=effort)
        if outcome.status not in (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE):
            return best
        held = board.seats(outcome)
        cost = kept.cost(held)
        wider = kept.widened(ranges, held)
        # Outside its ranges the model takes a cost to be lower than it is, so its bound is one in any case.
        if cost <= outcome.bound or outcome.status is not SearchStatus.OPTIMAL or wider == ranges:
            return _Found(held, cost, cost <= outcome.bound)
        best, ranges = _Found(held, cost, is_proven=False), wider


def _offers(
    kept: RepairBaseline,
    frozen: frozenset[StaffedSeat],
    found: _Found,
    fewest: int,
    more: Sequence[int],
    search: Search,
) -> Iterator[ChangeOption]:
    """What each number of changes more than the fewest buys; every one is a plan that was made and keeps the rules."""
    steps = _steps(kept, frozen, found)
    best = found.cost
    for extra in sorted(more):
        if search.is_over or best <= kept.floor.cost:
            return
        steps.best(fewest + extra)
        one = _verified(kept, frozen, steps.held, fewest + extra, search)
        if one is None or one.cost > kept.floor.cost:
            other = _cheapest(kept, frozen, fewest + extra, search, effort=OFFER_EFFORT)
            one = min((each for each in (other, one) if each), key=lambda each: each.cost, default=None)
        if one is not None and one.cost < best:
            best = one.cost
            yield ChangeOption(extra, one.cost, one.is_proven or one.cost <= kept.floor.cost)


def _verified(
    kept: RepairBaseline, frozen: frozenset[StaffedSeat], held: Sequence[StaffedSeat], most: int, search: Search
) -> _Found | None:
    """These seats as a plan, when the model of every rule agrees that they are one with at most so many changes."""
    board = RepairModel(kept, frozen)
    board.model.add(board.changes <= most)
    if any(seat not in board.in_seat for seat in held):
        return None
    for seat in held:
        board.model.add(board.in_seat[seat] == 1)
    if search.run(board.model).status is not SearchStatus.OPTIMAL:
        return None
    cost = kept.cost(held)
    return _Found(list(held), cost, cost <= kept.floor.cost)


def _steps(kept: RepairBaseline, frozen: frozenset[StaffedSeat], found: _Found) -> Steps:
    before = {seat: kept.numbers.get(who) for seat, who in kept.before.items() if who is not None}
    return Steps(kept.open, found.held, before=before, frozen=frozen, had=kept.had, whole=kept.whole)


def _bound(kept: RepairBaseline, found: _Found, best: int, search: Search) -> int:
    """What no plan with the same past can beat, however many seats of it change. `best`: what one is known to cost."""
    floor = kept.floor.cost
    if best > floor and not search.is_over:
        steps = _steps(kept, frozenset(), found)
        steps.best(len(found.held))
        best = min(best, kept.cost(steps.held))
    if best <= floor or search.is_over:
        return min(floor, best)
    board = RepairModel(kept)
    board.model.minimize(board.add_cost(kept.ranges()))
    outcome = search.run(board.model, effort=BOUND_EFFORT)
    return min(best, max(floor, outcome.bound))


def _different(kept: RepairBaseline, held: Sequence[StaffedSeat]) -> Iterator[SeatChange]:
    for seat in held:
        shift = kept.open.shifts[seat.shift]
        before, after = kept.before[seat.shift, seat.role], kept.open.engineers[seat.engineer].id
        if before != after:
            yield SeatChange(shift.window, shift.kind, seat.role, before, after)


def _plan(kept: RepairBaseline, found: _Found, bound: int, seed: int) -> Plan:
    problem, keep = kept.whole, kept.plan
    seats = [
        Seat(shift.window, shift.kind, held.role, kept.open.engineers[held.engineer].id)
        for held in found.held
        for shift in [kept.open.shifts[held.shift]]
    ]
    zone = problem.roster.policy.zone
    shadows = [seat for seat in keep.seats if seat.role == SHADOW]
    shadows = [seat for seat in shadows if seat.window.start.astimezone(zone).date() < kept.first_open]
    shadows += shadow_seats(kept.open, found.held)
    return Plan(
        team=problem.roster.team,
        zone=zone,
        seats=with_shadows((*kept.past, *seats), shadows),
        status=PlanStatus.OPTIMAL if found.cost == bound else PlanStatus.FEASIBLE,
        fairness=fairness_of(kept.all_seats(found.held), problem.shares, bound=bound),
        first_day=keep.first_day or problem.shifts[0].day,
        last_day=keep.last_day or problem.shifts[-1].day,
        seed=seed,
        balances=problem.context.balances,
        kept_until=kept.first_open,
    )
