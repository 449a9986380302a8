"""Repairs a plan in stages: fewest changes, lowest cost, requests, even totals or points, few clumps.

Each stage keeps the results of the earlier stages. Roles are decided seat by seat, because a new split of the roles
would change seats everywhere. After the stages, it computes how further changes would lower the cost, and a bound on
the cost of every plan with the same settled shifts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.generate.shadow_seats import shadow_seats, with_shadows
from oncall.rotation.problem.clumps import stated_clumps
from oncall.rotation.problem.context import EMPTY_CONTEXT, PlanningContext
from oncall.rotation.problem.problem import StaffedSeat
from oncall.rotation.repair.change_prices import ChangePrices
from oncall.rotation.repair.further_changes import possible_changes
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_costs import RepairCosts
from oncall.rotation.repair.repair_evenness import evened_out
from oncall.rotation.repair.repair_requests import meet_requests
from oncall.rotation.repair.repair_result import Repair, SeatChange
from oncall.rotation.repair.repair_search import RepairedSeats, RepairSearch
from oncall.rotation.solve.search import Search, SearchProgress
from oncall.schedule.plan import Plan, PlanStatus, Seat, Shift


def repair(
    roster: Roster,
    shifts: Sequence[Shift],
    plan: Plan,
    *,
    first_open: date,
    more_changes: int = 0,
    frozen_days: int = 0,
    opened: frozenset[date] = frozenset(),
    option_changes: Sequence[int] | None = None,
    seed: int = 0,
    time_limit: timedelta | None = None,
    on_progress: Callable[[SearchProgress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    context: PlanningContext = EMPTY_CONTEXT,
) -> Repair:
    """Repair `plan` for the roster as it is now. Shifts that start before `first_open` do not change.

    shifts: all shifts on the plan's dates, from today's calendar. more_changes: how many seats may change beyond the
    fewest, if that is fairer. frozen_days: for this many days from `first_open` on, seats keep their engineers if
    possible, except on the dates in `opened`. option_changes: numbers of further changes to try; None: every possible
    number, as long as more changes lower the cost. The result lists each number that lowers the cost. time_limit: wall
    time. should_stop: called often; once it returns True, the search ends. Raises PlanInfeasible if no plan keeps the
    rules, and Refused if the search ended before it had a plan or if no shift is open.
    """
    search = Search(seed=seed, time_limit=time_limit, on_progress=on_progress, should_stop=should_stop)
    baseline = RepairBaseline(roster, shifts, plan, first_open, context, seed)
    return _repaired(baseline, baseline.frozen(frozen_days, opened), more_changes, option_changes, search)


def _repaired(
    baseline: RepairBaseline,
    frozen: frozenset[StaffedSeat],
    more_changes: int,
    option_changes: Sequence[int] | None,
    search: Search,
) -> Repair:
    costs = RepairCosts(baseline)
    searches = RepairSearch(baseline, costs, frozen, search)
    search.enter_stage("looking for the fewest changes")
    first, fewest_is_proven = searches.fewest_changes()
    fewest = baseline.changes(first.seats)
    allowed = fewest + more_changes
    # If the second stage is cut short before it has a plan, the plan of the first stage stays.
    hint = searches.stepped(first.seats, allowed).seats if more_changes else ()
    found = searches.lowest_cost(allowed, hint=hint) or first
    prices = ChangePrices(searches, first)
    found = prices.with_fewest_changes(found, fewest)
    search.enter_stage("weighing requests")
    seats, requests = meet_requests(baseline, costs, frozen, found.seats, search)
    search.enter_stage("evening out totals and weeks")
    found = replace(found, seats=evened_out(baseline, costs, frozen, seats, search))
    search.enter_stage("looking for a cost that no plan can beat")
    cheapest, floor = searches.lowest_of_all(found)
    prices.add(cheapest, floor=floor)
    numbers = _numbers_to_price(baseline, allowed, option_changes)
    # Without that proof, `--changes` might count from another number the next time.
    options = prices.options(found, numbers, fewest) if fewest_is_proven else []
    # Frozen seats may not change for any option, but the plan's bound holds however many seats change.
    bound = prices.bound(len(baseline.holders))
    if frozen:
        bound = RepairSearch(baseline, costs, frozenset(), search).lowest_of_all(cheapest)[1]
    bound = min([bound, found.cost, *(option.cost for option in options)])
    changed = list(_changed_seats(baseline, found.seats))
    return Repair(
        plan=_repaired_plan(baseline, costs, found, bound, search.seed),
        changes=tuple(change for change in changed if change.before is not None),
        new_seats=tuple(change for change in changed if change.before is None),
        fewest=fewest,
        fewest_is_proven=fewest_is_proven,
        allowed=allowed,
        cost_before=costs.cost_before(),
        best_is_proven=found.is_proven,
        options=tuple(options),
        unpriced=tuple(prices.unpriced(found, numbers, fewest, options)),
        requests=requests,
        moved_shifts=len(baseline.moved),
        frozen=len(frozen),
    )


def _numbers_to_price(baseline: RepairBaseline, allowed: int, option_changes: Sequence[int] | None) -> list[int]:
    """Return the numbers of changes to price beyond those that are allowed, in rising order."""
    if option_changes is not None:
        return sorted(allowed + each for each in option_changes)
    return [number for number in possible_changes(baseline) if number > allowed]


def _changed_seats(baseline: RepairBaseline, seats: Sequence[StaffedSeat]) -> Iterator[SeatChange]:
    for seat in seats:
        shift = baseline.open.shifts[seat.shift]
        before, after = baseline.holders[seat.shift, seat.role], baseline.open.engineers[seat.engineer].id
        if before != after:
            yield SeatChange(shift.window, shift.kind, seat.role, before, after)


def _repaired_plan(baseline: RepairBaseline, costs: RepairCosts, found: RepairedSeats, bound: int, seed: int) -> Plan:
    whole, before = baseline.whole, baseline.plan
    seats = [
        Seat(shift.window, shift.kind, seat.role, baseline.open.engineers[seat.engineer].id)
        for seat in found.seats
        for shift in [baseline.open.shifts[seat.shift]]
    ]
    return Plan(
        team=whole.roster.team,
        zone=whole.roster.policy.zone,
        seats=with_shadows((*baseline.settled, *seats), _shadows(baseline, found)),
        status=PlanStatus.OPTIMAL if found.cost == bound else PlanStatus.FEASIBLE,
        fairness=whole.as_the_file_lists(costs.fairness(found.seats, bound=bound)),
        first_day=before.first_day or whole.shifts[0].day,
        last_day=before.last_day or whole.shifts[-1].day,
        seed=seed,
        balances=whole.context.balances,
        kept_until=baseline.first_open,
        clumps=stated_clumps(whole, baseline.numbered(found.seats)),
    )


def _shadows(baseline: RepairBaseline, found: RepairedSeats) -> list[Seat]:
    """Return the shadow seats: those before `first_open` unchanged, the others as today's roster requires."""
    zone = baseline.whole.roster.policy.zone
    settled = [
        seat
        for seat in baseline.plan.seats
        if seat.role == SHADOW and seat.window.start.astimezone(zone).date() < baseline.first_open
    ]
    return [*settled, *shadow_seats(baseline.open, found.seats)]
