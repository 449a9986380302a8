"""The log of arrivals: each request of a sender, its outcome, and the bodies that the intake could not read."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from oncall.errors import Conflict, NotFound
from oncall.intake.signals import Origin, Taken
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.domain.reachability import Alert
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.sms_encoding import fitted
from oncall.paging.ports.intake_store import Arrival, ArrivalStatus
from oncall.paging.ports.store import IntakeStore

KEPT_FOR = timedelta(days=14)
"""How long (real time) arrivals are stored. A failure is stored until a person replays or drops it."""
MOST_KEPT = 64 * 1024
"""The most bytes of a body that are stored. The rest is cut."""
MOST_FAILURES = 500
"""The most failures of one caller whose bodies are stored. Further ones are logged as dropped, without their bodies."""
BURST = timedelta(hours=1)
"""The manager gets an alert about a caller's failure if the caller had no failure for this long (real time) before."""
_MOST_LINES, _LONGEST_LINE = 20, 300
_HEADERS = ("content-type",)
_EVENT_HEADERS = "ce-"


def note_arrival(tx: IntakeStore, origin: Origin, path: str, taken: Sequence[Taken], context: ActionContext) -> Arrival:
    """Write a request that was understood to the intake log, and return its entry."""
    arrival = Arrival(
        uuid.uuid4().hex,
        context.real_now,
        origin.caller.name,
        origin.sender,
        path,
        ArrivalStatus.TAKEN,
        _lines([one.words for one in taken]),
        _tickets(taken),
    )
    tx.add_arrival(arrival)
    return arrival


def keep_failure(
    tx: IntakeStore,
    origin: Origin,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    faults: Sequence[str],
    context: ActionContext,
    *,
    taken: Sequence[Taken] = (),
) -> Arrival:
    """Store a body that could not be read in full, and return its entry in the intake log.

    The manager gets an alert about the first such body in a burst. faults: one sentence for each part that could not be
    read. taken: the results of the parts that were read.
    """
    caller = origin.caller.name
    waiting, last_at = tx.failures_of(caller)
    has_room = waiting < MOST_FAILURES
    too_many = [] if has_room else [f"the body is not kept: {waiting} others of {caller} wait for a person"]
    arrival = Arrival(
        uuid.uuid4().hex,
        context.real_now,
        caller,
        origin.sender,
        path,
        ArrivalStatus.FAILED if has_room else ArrivalStatus.DROPPED,
        _lines([*faults, *too_many, *(one.words for one in taken)]),
        _tickets(taken),
        body[:MOST_KEPT] if has_room else None,
        len(body) > MOST_KEPT or not has_room,
        kept_headers(headers),
    )
    tx.add_arrival(arrival)
    if last_at is None or context.real_now - last_at >= BURST:
        _tell_manager(tx, arrival, context)
    return arrival


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that are needed to read a body again. None of them contains a secret."""
    return {
        name.lower(): value[:1000]
        for name, value in headers.items()
        if name.lower() in _HEADERS or name.lower().startswith(_EVENT_HEADERS)
    }


def _tell_manager(tx: IntakeStore, arrival: Arrival, context: ActionContext) -> None:
    manager = tx.schedule().manager_at(context.now)
    if manager is None:
        return
    words = f"What {arrival.caller} sent cannot be understood, so nobody is paged for it. See: oncall intake failures"
    about = f"intake failure {arrival.id}"
    tx.add_alert(Alert(uuid.uuid4().hex, about, manager.id, fitted(words), context.real_now, context.real_now))


def failure_named(tx: IntakeStore, arrival_id: str) -> Arrival:
    """Return the failure with this id. Raises NotFound if there is none, or if its body is not stored."""
    found = tx.arrival(arrival_id)
    if found is None or found.body is None:
        raise NotFound(f"no failure has the id {quoted(arrival_id)}; `oncall intake failures` lists them")
    return found


def drop_failure(tx: IntakeStore, arrival_id: str, context: ActionContext) -> Arrival:
    """Drop a failure: its body is deleted.

    Raises NotFound if there is none, and Conflict if it is replayed or dropped already.
    """
    found = waiting_failure(tx, arrival_id)
    dropped = replace(
        found, status=ArrivalStatus.DROPPED, body=None, outcome=(*found.outcome, f"{context.by} dropped it")
    )
    tx.update_arrival(dropped)
    return dropped


def end_replay(tx: IntakeStore, failure: Arrival, taken: Sequence[Taken], context: ActionContext) -> Arrival:
    """Record that a failure was replayed with success, and delete its body. taken: the results of the replay."""
    replayed = replace(
        failure,
        status=ArrivalStatus.REPLAYED,
        body=None,
        outcome=_lines([f"{context.by} replayed it", *(one.words for one in taken)]),
        tickets=_tickets(taken),
    )
    tx.update_arrival(replayed)
    return replayed


def waiting_failure(tx: IntakeStore, arrival_id: str) -> Arrival:
    """Return a failure that is neither replayed nor dropped.

    Raises Conflict if it was replayed or dropped, and NotFound if there is none.
    """
    found = tx.arrival(arrival_id)
    if found is not None and found.status in (ArrivalStatus.REPLAYED, ArrivalStatus.DROPPED):
        raise Conflict(f"{arrival_id} is {found.status.value} already")
    return failure_named(tx, arrival_id)


def _lines(lines: Sequence[str]) -> tuple[str, ...]:
    shown = [clean(line)[:_LONGEST_LINE] for line in lines[:_MOST_LINES]]
    left_out = len(lines) - len(shown)
    return (*shown, f"and {left_out} more") if left_out else tuple(shown)


def _tickets(taken: Sequence[Taken]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.ticket for one in taken if one.ticket is not None))[:100]
