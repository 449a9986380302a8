"""Requests in a repair: finds the plan that meets them best, with no more changes and no higher cost."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from oncall.rotation.problem.problem import Duty, StaffedSeat
from oncall.rotation.problem.requests import preferred_pairs, request_costs, tally_requests
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_costs import RepairCosts
from oncall.rotation.repair.repair_model import RepairModel
from oncall.rotation.repair.repair_result import RequestOutcome
from oncall.rotation.solve.load_counts import widened_ranges
from oncall.rotation.solve.pair_meetings import add_meetings, requests_objective
from oncall.rotation.solve.search import Search, SearchStatus

EFFORT = 5.0
"""Deterministic seconds for each proof that no plan meets the requests better."""


def meet_requests(
    baseline: RepairBaseline,
    costs: RepairCosts,
    frozen: Collection[StaffedSeat],
    seats: Sequence[StaffedSeat],
    search: Search,
) -> tuple[list[StaffedSeat], RequestOutcome | None]:
    """Return the seats that meet the requests best, with no more changes and no higher cost than `seats`.

    The outcome is None if the roster has no requests. The result is the same on every machine. If the search is cut
    short, the result is `seats`.
    """
    weights, pairs = request_costs(baseline.open), preferred_pairs(baseline.open)
    best, is_best = list(seats), False
    if not weights and not pairs:
        return best, None
    changes, cost = baseline.changes(seats), costs.cost(seats)
    ranges = widened_ranges(baseline.open, costs.ranges(), seats)
    while not search.is_over:
        model = RepairModel(baseline, frozen)
        model.model.add(model.changes <= changes)
        model.model.add(model.add_cost(costs, ranges) <= cost)
        meetings = add_meetings(model.model, baseline.open, model.on_duty, pairs)
        model.model.minimize(requests_objective(weights, model.on_duty, meetings))
        result = search.run(model.model, effort=EFFORT)
        if not result.has_solution:
            break
        found = model.seats(result)
        if costs.cost(found) <= cost:
            best, is_best = found, result.status is SearchStatus.OPTIMAL
            break
        # Outside its ranges the model underestimates the cost.
        ranges = widened_ranges(baseline.open, ranges, found)
    duties = [Duty(seat.engineer, seat.shift) for seat in best]
    return best, RequestOutcome(tally_requests(weights, duties, pairs), is_best)
