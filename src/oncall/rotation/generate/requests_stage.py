"""The requests stage: of the plans that are as fair, the one that meets what people asked for best."""

from __future__ import annotations

from dataclasses import dataclass

from oncall.rotation.problem.problem import Problem
from oncall.rotation.problem.requests import together
from oncall.rotation.solve.model_base import Floor, Held, ModelBase
from oncall.rotation.solve.pair_meetings import Alone, PairGoal, add_meetings, measure, planned_alone
from oncall.rotation.solve.search import Search, SearchResult, SearchStatus

EFFORT, EFFORT_WITH_PAIRS = 20.0, 5.0
"""Deterministic time: enough to prove a year of a large team, and an end where proof is far off."""

FOUND = (SearchStatus.OPTIMAL, SearchStatus.FEASIBLE)


@dataclass(frozen=True, slots=True)
class RequestsStage:
    """The best seats found, None when there were none in time; is_best: it is proven that none are better."""

    held: list[Held] | None
    is_best: bool


def requests_stage(problem: Problem, terms: PairGoal, floor: Floor, search: Search) -> RequestsStage:
    """Search once with this kind of board; what it promises of a cost the caller has to see for themselves."""
    board = terms.board(problem, floor, terms.spans, search)
    board.model.add(board.cost <= terms.cost)
    if not terms.pairs:
        board.model.minimize(measure(terms.prices, board.takes, {}))
        outcome = search.run(board.model, effort=EFFORT)
        if outcome.verdict not in FOUND:
            return RequestsStage(None, False)
        return RequestsStage(board.seats(outcome), outcome.verdict is SearchStatus.OPTIMAL)
    return _in_company(problem, terms, board, search)


def _in_company(problem: Problem, terms: PairGoal, board: ModelBase, search: Search) -> RequestsStage:
    """First around the meetings that are best for the pairs alone; if that may not be the best of all, freely."""
    model = board.model
    meetings = add_meetings(model, problem, board.takes, terms.pairs)
    model.minimize(measure(terms.prices, board.takes, meetings))
    alone = planned_alone(problem, terms, search)
    first: list[Held] | None = None
    if alone is not None:
        theirs = {duty: price for duty, price in terms.prices.items() if duty[0] in terms.people}
        model.add(measure(theirs, board.takes, meetings) >= alone.least)
        around = model.clone()
        for each in alone.meetings:
            around.add(around.get_bool_var_from_proto_index(meetings[each].index) == 1)
        outcome = search.run(around, effort=EFFORT_WITH_PAIRS)
        first = board.seats(outcome) if outcome.verdict in FOUND else None
        if first is not None and _worth(terms, first) == _least(terms, alone):
            return RequestsStage(first, True)
    outcome = search.run(model, effort=EFFORT_WITH_PAIRS, linearization=2)
    return _better(terms, first, board, outcome)


def _better(terms: PairGoal, first: list[Held] | None, board: ModelBase, outcome: SearchResult) -> RequestsStage:
    if outcome.verdict not in FOUND:
        return RequestsStage(first, False)
    held = board.seats(outcome)
    if first is not None and _worth(terms, first) < _worth(terms, held):
        return RequestsStage(first, False)
    return RequestsStage(held, outcome.verdict is SearchStatus.OPTIMAL)


def _worth(terms: PairGoal, held: list[Held]) -> int:
    """What the requests that these seats touch add up to; the smaller, the better they are met."""
    taken = {(seat.engineer, seat.shift) for seat in held}
    return sum(terms.prices.get(duty, 0) for duty in taken) - together(terms.pairs, taken)


def _least(terms: PairGoal, alone: Alone) -> int:
    """What the requests cannot be below: the least of the pairs, and of everybody else all that was preferred."""
    others = (price for (person, _), price in terms.prices.items() if person not in terms.people)
    return alone.least + sum(min(0, price) for price in others)
