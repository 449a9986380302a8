"""Answers requests to swap: accept, decline or withdraw. Each request can end only once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.errors import NotFound, Refused
from oncall.paging.outgoing.codes import is_code
from oncall.planning.published.change_rules import FORCE_IT, BrokenRule
from oncall.planning.published.change_schedule import ChangeMade, ChangeTerms, change_schedule
from oncall.planning.published.schedule_version import Author
from oncall.planning.swaps.ask_to_swap import SwapTransaction, judged
from oncall.planning.swaps.swap_notes import NoteTimes, cancel_reminder, tell
from oncall.planning.swaps.swap_texts import SwapWords
from oncall.planning.swaps.takers import pieces_of
from oncall.schedule.change_document import AWAY, SWAP
from oncall.schedule.schedule import Schedule
from oncall.schedule.swap_requests import OPEN_STATES, SeatMove, SwapRequest, SwapState, holds, state_at
from oncall.support.wording import full_time

LISTED_FOR = timedelta(days=7)
"""How long after the start of its shift a request stays in the list."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """The person who answers a request. at: when, in policy time (aware UTC).

    may_answer_for_others: True for managers.
    """

    by: str
    at: datetime
    may_answer_for_others: bool


def accept_swap(
    tx: SwapTransaction, code: str, answerer: Answerer, times: NoteTimes
) -> tuple[SwapRequest, ChangeMade | None]:
    """Accept a request: make the change that it asks for, and return the request and the change.

    Call `tell_accepted` afterwards to tell the asker. The change is None if the request belongs to an absence for which
    other covers are still unanswered. Raises NotFound for an unknown code, and Refused if the request has ended or asks
    another engineer, if the shift has begun or changed hands, or if the change breaks a rule and the request was not
    forced.
    """
    tx.lock_schedule()
    request = _open_request(tx, code, answerer)
    _refuse_others(request, request.other, answerer, tx.schedule())
    agreed = replace(request, answered_at=answerer.at.replace(microsecond=0), answered_by=answerer.by)
    made, together = _change(tx, agreed, answerer)
    state = SwapState.AGREED if made is None else SwapState.ACCEPTED
    version = None if made is None else made.version.number
    for each in together:
        tx.update_swap(replace(each, state=state, version=version))
    done = replace(agreed, state=state, version=version)
    tx.update_swap(done)
    cancel_reminder(tx, done, answerer.at, times)
    return done, made


def tell_accepted(tx: SwapTransaction, request: SwapRequest, answerer: Answerer, times: NoteTimes) -> None:
    """Queue an SMS to the asker that the other engineer agreed, unless the asker gave the answer."""
    if answerer.by != request.engineer:
        body = SwapWords(tx.schedule(), tx.policy()).accepted(request)
        tell(tx, request.engineer, f"swap {request.code} accepted", body, times)


def decline_swap(tx: SwapTransaction, code: str, answerer: Answerer, times: NoteTimes) -> SwapRequest:
    """Decline a request: it ends without a change, and the asker gets an SMS. Raises the errors of `accept_swap`."""
    tx.lock_schedule()
    request = _open_request(tx, code, answerer)
    _refuse_others(request, request.other, answerer, tx.schedule())
    done = _ended(tx, request, SwapState.DECLINED, answerer, times)
    body = SwapWords(tx.schedule(), tx.policy()).declined(done)
    tell(tx, done.engineer, f"swap {done.code} declined", body, times)
    return done


def withdraw_swap(tx: SwapTransaction, code: str, answerer: Answerer, times: NoteTimes) -> SwapRequest:
    """Withdraw a request: it ends, and the engineer who was asked gets an SMS. Raises the errors of `accept_swap`."""
    tx.lock_schedule()
    request = _open_request(tx, code, answerer)
    _refuse_others(request, request.engineer, answerer, tx.schedule())
    done = _ended(tx, request, SwapState.WITHDRAWN, answerer, times)
    body = SwapWords(tx.schedule(), tx.policy()).withdrawn(done)
    tell(tx, done.other, f"swap {done.code} withdrawn", body, times)
    return done


def listed_swaps(tx: SwapTransaction, now: datetime) -> list[SwapRequest]:
    """Return the requests in their present state whose shifts are in the future or began lately, by time."""
    schedule = tx.schedule()
    found = tx.swaps(begins_after=now - LISTED_FOR)
    return [replace(each, state=state_at(each, schedule, now)) for each in found]


def _open_request(tx: SwapTransaction, code: str, answerer: Answerer) -> SwapRequest:
    """Return the request with this code if it can still be answered. Raises NotFound, and Refused if it has ended."""
    wanted = code.strip().upper()
    request = tx.swap(wanted) if is_code(wanted) else None
    if request is None:
        words = f'there is no swap "{code.strip()[:20]}"'
        raise NotFound(f"{words}; `oncall swaps` lists them", on_page=f"{words}; open your own page again")
    schedule = tx.schedule()
    state = state_at(request, schedule, answerer.at)
    if state not in OPEN_STATES or (state is SwapState.AGREED and request.other == answerer.by):
        ids = _why_ended(request, state, schedule, lambda person: person)
        raise Refused(ids, on_page=_why_ended(request, state, schedule, schedule.name_of))
    return request


def _why_ended(request: SwapRequest, state: SwapState, schedule: Schedule, called: Callable[[str], str]) -> str:
    """Return why a request cannot be answered any more. called: returns the name to show for a person's id."""
    zone, code = schedule.calendar.zone, request.code
    begun, answerer = full_time(request.begins_at, zone), called(request.answered_by or "")
    match state:
        case SwapState.EXPIRED:
            return f"the shift of swap {code} began {begun}, before an answer came; nothing was changed"
        case SwapState.GONE if request.version is not None:
            return f"swap {code} was made by version {request.version}, which was taken back; ask again"
        case SwapState.GONE:
            return (
                f"swap {code} cannot be made any more: {_who_has(request.moves, schedule, called)}; nothing was changed"
            )
        case SwapState.AGREED:
            return f"swap {code} was accepted already, by {answerer}; it waits for the other covers"
        case _:
            at = f" on {full_time(request.answered_at, zone)}" if request.answered_at is not None else ""
            return f"swap {code} was {state.value} already{at} by {answerer}; nothing was changed"


def _who_has(moves: tuple[SeatMove, ...], schedule: Schedule, called: Callable[[str], str]) -> str:
    """Return a sentence that says who now has the first seat that its giver lost, or that the absence was undone."""
    zone = schedule.calendar.zone
    lost = next((move for move in moves if not holds(schedule, move.giver, move.role, move.window)), None)
    if lost is None:
        return "the absence that it covers was taken back"
    now_has = [
        each.engineer
        for each in schedule.assignments(lost.window.start, lost.window.end)
        if each.role == lost.role and each.engineer != lost.giver
    ]
    who = f"{called(now_has[0])} is" if now_has else "nobody is"
    return f"{who} {lost.role} from {full_time(lost.window.start, zone)}, and no longer {called(lost.giver)}"


def _refuse_others(request: SwapRequest, entitled: str, answerer: Answerer, schedule: Schedule) -> None:
    if answerer.by != entitled and not answerer.may_answer_for_others:
        what = "asks" if entitled == request.other else "was asked by"
        name = schedule.name_of(entitled)
        raise Refused(
            f"swap {request.code} {what} {entitled}, not {answerer.by}; {entitled} or a manager decides",
            on_page=f"swap {request.code} {what} {name}, not you; {name} or a manager decides",
        )


def _agreed_with(tx: SwapTransaction, request: SwapRequest, now: datetime) -> list[SwapRequest]:
    """Return the other accepted requests of the same absence. They wait until all its covers are accepted."""
    if request.absence is None:
        return []
    found = tx.swaps(begins_after=now)
    return [
        each
        for each in found
        if each.absence == request.absence and each.state is SwapState.AGREED and each.code != request.code
    ]


def _change(
    tx: SwapTransaction, request: SwapRequest, answerer: Answerer
) -> tuple[ChangeMade | None, list[SwapRequest]]:
    """Make the change of a request together with the accepted requests that wait for it.

    Returns the change and those requests. The change is None if covers of an absence are still unanswered. Raises
    Refused if the change breaks a rule and was not forced.
    """
    kind = SWAP if request.absence is None else AWAY
    waiting = _agreed_with(tx, request, answerer.at)
    broken: list[BrokenRule] = []
    for together in [waiting, []] if waiting else [[]]:
        moves = [move for each in (request, *together) for move in each.moves]
        broken = judged(tx, moves, answerer.at)
        if not broken or request.is_forced:
            default = f"{request.engineer} and {request.other} swap ({request.code})"
            author = Author(answerer.by, answerer.at, request.reason or default)
            terms = ChangeTerms(is_forced=request.is_forced)
            return change_schedule(tx, kind, pieces_of(moves), author, terms), together
    if request.absence is not None:
        return None, []
    begins = f"swap {request.code} breaks rules of the published roster now; nothing was changed"
    found = "\n".join(f"  {rule}" for rule in broken)
    named = "\n".join(rule.in_names(tx.schedule()) for rule in broken)
    raise Refused(
        f"{begins}\n{found}\nwithdraw it and ask again; {FORCE_IT}",
        on_page=f"{begins}\n{named}\nwithdraw it and ask again",
    )


def _ended(
    tx: SwapTransaction, request: SwapRequest, state: SwapState, answerer: Answerer, times: NoteTimes
) -> SwapRequest:
    at = answerer.at.replace(microsecond=0)
    done = replace(request, state=state, answered_at=at, answered_by=answerer.by)
    tx.update_swap(done)
    cancel_reminder(tx, done, answerer.at, times)
    return done
