"""Swaps shifts: asks the other engineer, or makes the change at once if both have agreed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from oncall.errors import Refused
from oncall.paging.outgoing.codes import free_swap_code
from oncall.paging.ports.people_store import Alerts
from oncall.paging.ports.swap_store import SwapRequests
from oncall.paging.ports.ticket_store import Codes
from oncall.planning.published.change_rules import BrokenRule, broken_rules, refuse_broken, roster_in_force
from oncall.planning.published.change_schedule import ChangeMade, ChangeTerms, change_schedule, refuse_without_reason
from oncall.planning.published.schedule_version import Author, ScheduleTransaction
from oncall.planning.swaps.held_shifts import HeldShift, held_shift, known_engineer
from oncall.planning.swaps.swap_notes import NoteTimes, tell_asked
from oncall.planning.swaps.swap_texts import SwapWords
from oncall.planning.swaps.takers import Taker, pieces_of, span_of, takers
from oncall.schedule.change_checks import check_pieces
from oncall.schedule.change_document import SWAP
from oncall.schedule.schedule import Schedule
from oncall.schedule.swap_requests import SeatMove, SwapRequest, SwapState, state_at


class SwapTransaction(ScheduleTransaction, SwapRequests, Codes, Alerts, Protocol):
    """The database queries for swapping shifts."""


@dataclass(frozen=True, slots=True)
class SwapAsked:
    """A requested swap.

    day: the date of the shift that `engineer` gives away, or an instant in the shift. role: the engineer's role on it;
    None for any. other: the engineer who takes the shift; None if not chosen yet. their_day: the date, or an instant,
    of the shift that `engineer` takes in return; None for no shift.
    """

    engineer: str
    day: date | datetime
    role: str | None = None
    other: str | None = None
    their_day: date | datetime | None = None


def list_takers(tx: ScheduleTransaction, asked: SwapAsked, now: datetime) -> tuple[HeldShift, list[Taker]]:
    """Return the shift, and the engineers who could take it, the best first; see `takers`.

    now: policy time, aware UTC. Raises the errors of `held_shift`.
    """
    schedule = tx.schedule()
    held = held_shift(schedule, asked.engineer, asked.day, role=asked.role, now=now)
    return held, takers(schedule, roster_in_force(tx), held, now)


def swap_at_once(tx: SwapTransaction, asked: SwapAsked, author: Author, terms: ChangeTerms) -> ChangeMade:
    """Make a swap on which both engineers have agreed, as one version of the schedule.

    Raises NotFound and Refused for a swap that cannot be made, or that breaks a rule and is not forced.
    """
    tx.lock_schedule()
    moves = moves_of(tx.schedule(), asked, author.at)
    return change_schedule(tx, SWAP, pieces_of(moves), author, terms)


def ask_to_swap(
    tx: SwapTransaction, asked: SwapAsked, author: Author, terms: ChangeTerms, times: NoteTimes
) -> SwapRequest:
    """Store a request to swap, and ask the other engineer by SMS.

    Raises the errors of `swap_at_once`, and Refused if the same engineer was already asked about the same shift.
    """
    tx.lock_schedule()
    schedule = tx.schedule()
    moves = moves_of(schedule, asked, author.at)
    refuse_without_reason(author, terms)
    refuse_broken(judged(tx, moves, author.at), schedule, is_forced=terms.is_forced)
    request = SwapRequest(
        code=free_swap_code(tx),
        engineer=asked.engineer,
        other=moves[0].taker,
        moves=moves,
        asked_at=author.at.replace(microsecond=0),
        by=author.by,
        reason=author.reason.strip(),
        is_forced=terms.is_forced,
    )
    _refuse_repeated(tx, request, schedule)
    tx.add_swap(request)
    tell_asked(tx, request, SwapWords(schedule, tx.policy()), times)
    return request


def moves_of(schedule: Schedule, asked: SwapAsked, now: datetime) -> tuple[SeatMove, ...]:
    """Return the seats that change hands in a swap. Raises NotFound and Refused; see `held_shift`."""
    given = held_shift(schedule, asked.engineer, asked.day, role=asked.role, now=now)
    if asked.other is None:
        raise Refused("name the engineer who takes the shift with --with", on_page="choose who takes the shift")
    other = known_engineer(schedule, asked.other)
    if other == asked.engineer:
        raise Refused(
            f"{other} cannot swap with {other}; name another engineer with --with",
            on_page=f"{schedule.name_of(other)} has this shift already; choose another engineer",
        )
    if asked.their_day is None:
        _refuse_same_shift(schedule, given, other)
        return given.moves_to(other)
    returned = held_shift(schedule, other, asked.their_day, now=now)
    moves = (*given.moves_to(other), *returned.moves_to(asked.engineer))
    return tuple(sorted(moves, key=lambda move: (move.window.start, move.role)))


def _refuse_same_shift(schedule: Schedule, given: HeldShift, other: str) -> None:
    """Raise Refused if the other engineer has another role on the same shift. The message says what to do instead."""
    for each in schedule.assignments_of(other, given.start, given.parts[-1].window.end):
        day = given.start.astimezone(schedule.calendar.zone).date()
        raise Refused(
            f"{other} is {each.role} on the same shift; to exchange the roles of {given.engineer} and {other}, "
            f"write --for {day}",
            on_page=f"{schedule.name_of(other)} is {each.role} on the same shift; choose another engineer",
        )


def judged(tx: ScheduleTransaction, moves: Sequence[SeatMove], now: datetime) -> list[BrokenRule]:
    """Return the rules that a change of these seats breaks. Raises Refused for an impossible change."""
    schedule, pieces = tx.schedule(), pieces_of(moves)
    check_pieces(schedule, pieces, now)
    after = schedule.with_pieces(pieces, SWAP, now)
    return broken_rules(schedule, after, span_of(moves), roster_in_force(tx))


def _refuse_repeated(tx: SwapTransaction, request: SwapRequest, schedule: Schedule) -> None:
    now = request.asked_at
    for other in tx.swaps(begins_after=now - timedelta(days=1)):
        is_open = state_at(other, schedule, now) in (SwapState.ASKED, SwapState.AGREED)
        is_same = (other.engineer, other.other) == (request.engineer, request.other)
        if is_open and is_same and {move.window for move in other.moves} & {move.window for move in request.moves}:
            raise Refused(
                f"{request.other} has been asked about this shift already (swap {other.code}); "
                f"`oncall withdraw {other.code}` takes that back",
                on_page=f"{schedule.name_of(request.other)} was asked about this shift already (swap {other.code})",
            )
