"""Requests in a mended plan: of those that change as few seats and cost as little, the one that meets them best."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from oncall.rotation.problem.requests import pairs_of, price_of_duties, tally
from oncall.rotation.repair.repair_baseline import RepairBaseline
from oncall.rotation.repair.repair_model import RepairModel
from oncall.rotation.repair.repair_result import RequestOutcome
from oncall.rotation.solve.model_base import Held
from oncall.rotation.solve.pair_meetings import add_meetings, measure
from oncall.rotation.solve.search import Search, SearchStatus

EFFORT = 5.0
"""Deterministic time for each try to prove that nothing meets the requests better."""


def repair_for_requests(
    kept: RepairBaseline, frozen: Collection[Held], held: Sequence[Held], search: Search
) -> tuple[list[Held], RequestOutcome | None]:
    """Seats that change and cost no more than `held` and meet the requests best; None where nobody asked for anything.

    What is found is the same on every machine unless the search is cut short; then `held` is the answer.
    """
    prices, pairs = price_of_duties(kept.open), pairs_of(kept.open)
    found, is_best = list(held), False
    if not prices and not pairs:
        return found, None
    changes, cost = kept.changes(held), kept.cost(held)
    spans = kept.widened(kept.spans(), held)
    while not search.is_over:
        board = RepairModel(kept, frozen)
        board.model.add(board.changes <= changes)
        board.model.add(board.add_cost(spans) <= cost)
        meetings = add_meetings(board.model, kept.open, board.takes, pairs)
        board.model.minimize(measure(prices, board.takes, meetings))
        outcome = search.run(board.model, effort=EFFORT)
        if outcome.verdict not in (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE):
            break
        better = board.held(outcome)
        if kept.cost(better) <= cost:
            found, is_best = better, outcome.verdict is SearchStatus.OPTIMAL
            break
        # Outside its spans the model takes a cost to be lower than it is.
        spans = kept.widened(spans, better)
    taken = [(seat.engineer, seat.shift) for seat in found]
    return found, RequestOutcome(tally(prices, taken, pairs), is_best)
