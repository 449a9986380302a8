"""Requests in a mended plan: of those that change as few seats and cost as little, the one that meets them best."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from oncall.rotation.problem.problem import Duty, StaffedSeat
from oncall.rotation.problem.requests import preferred_pairs, request_costs, tally_requests
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_model import RepairModel
from oncall.rotation.repair.repair_result import RequestOutcome
from oncall.rotation.solve.pair_meetings import add_meetings, requests_objective
from oncall.rotation.solve.search import Search, SearchStatus

EFFORT = 5.0
"""Deterministic time for each try to prove that nothing meets the requests better."""


def repair_for_requests(
    kept: RepairBaseline, frozen: Collection[StaffedSeat], held: Sequence[StaffedSeat], search: Search
) -> tuple[list[StaffedSeat], RequestOutcome | None]:
    """Seats that change and cost no more than `held` and meet the requests best; None where nobody asked for anything.

    What is found is the same on every machine unless the search is cut short; then `held` is the answer.
    """
    prices, pairs = request_costs(kept.open), preferred_pairs(kept.open)
    found, is_best = list(held), False
    if not prices and not pairs:
        return found, None
    changes, cost = kept.changes(held), kept.cost(held)
    ranges = kept.widened(kept.ranges(), held)
    while not search.is_over:
        board = RepairModel(kept, frozen)
        board.model.add(board.changes <= changes)
        board.model.add(board.add_cost(ranges) <= cost)
        meetings = add_meetings(board.model, kept.open, board.on_duty, pairs)
        board.model.minimize(requests_objective(prices, board.on_duty, meetings))
        outcome = search.run(board.model, effort=EFFORT)
        if outcome.status not in (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE):
            break
        better = board.seats(outcome)
        if kept.cost(better) <= cost:
            found, is_best = better, outcome.status is SearchStatus.OPTIMAL
            break
        # Outside its ranges the model takes a cost to be lower than it is.
        ranges = kept.widened(ranges, better)
    taken = [Duty(seat.engineer, seat.shift) for seat in found]
    return found, RequestOutcome(tally_requests(prices, taken, pairs), is_best)
