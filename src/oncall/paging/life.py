"""What people do to a ticket after it came in: take it, reply, pass it on, resolve it; and who is then told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from oncall.errors import NotFound, Refused
from oncall.paging.advance import Hand, advance, as_row, new_attempt
from oncall.paging.codes import free_code
from oncall.paging.decide import judged, verdict_again
from oncall.paging.intake import ID_PATTERN, clean
from oncall.paging.messages import solved_text, taken_text
from oncall.paging.people import DESK
from oncall.paging.ports import Transaction
from oncall.paging.state import TicketState, after, fold
from oncall.paging.ticket import Attempt, AttemptStatus, Event, EventKind, Purpose, StoredTicket, TicketStatus
from oncall.paging.verdict import impact_named
from oncall.support.policy import ChannelName

FROM_PEOPLE = (
    EventKind.ACKNOWLEDGED,
    EventKind.REPLIED,
    EventKind.CUSTOMER_REPLIED,
    EventKind.UPDATED,
    EventKind.RESOLVED,
    EventKind.REOPENED,
    EventKind.IMPACT_CHANGED,
    EventKind.PASSED,
)
"""The kinds that the API, the terminal and replies may add."""

NOTICE_FOR = timedelta(minutes=30)
"""A notice that could not be sent for so long (policy time) is not news any more."""

_UNSENT = (AttemptStatus.QUEUED, AttemptStatus.RETRYING)
_NEVER_SEEN = (*_UNSENT, AttemptStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did. `at`: when, policy time, aware UTC; `id`: the sender's own id, for repeats."""

    kind: EventKind
    by: str
    at: datetime
    why: str = ""
    id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: the ticket now, whether anything changed, and a sentence for who did it."""

    ticket: StoredTicket
    changed: bool
    sentence: str
    attempts: tuple[Attempt, ...] = ()


def find_ticket(tx: Transaction, reference: str) -> StoredTicket:
    """The ticket of that id, or the open one of that code (any letter case). Raises NotFound."""
    if ID_PATTERN.fullmatch(reference.strip()):
        found = tx.ticket(reference.strip()) or tx.ticket_by_code(reference.strip().upper())
        if found is not None:
            return found
    raise NotFound(f'no ticket has the id or code "{clean(reference)[:40]}"; `oncall tickets` lists the open ones')


def record(tx: Transaction, ticket_id: str, deed: Deed, hand: Hand) -> Done:
    """Log what somebody did and everything that follows from it, in `tx`. A repeat changes nothing.

    Raises NotFound for an unknown ticket and Refused for what its state does not allow.
    """
    stored = tx.ticket(ticket_id)
    if stored is None:
        raise NotFound(f'no ticket has the id "{clean(ticket_id)[:40]}"')
    log = tx.events(ticket_id)
    state = fold(stored.ticket, log)
    if deed.id is not None and any(event.id == deed.id for event in log):
        return Done(stored, False, f"{ticket_id}: this event is recorded already.")
    idle = _nothing_to_do(tx, stored, state, deed)
    if idle is not None:
        return Done(stored, False, idle)
    event = _event(tx, stored, deed, hand)
    tx.append([event])
    return _follow(tx, stored, state, event, hand)


def _nothing_to_do(tx: Transaction, stored: StoredTicket, state: TicketState, deed: Deed) -> str | None:
    """Why the deed changes nothing, or None when it does. Raises Refused for one that cannot be."""
    name, kind = stored.ticket.id, deed.kind
    if kind is EventKind.RESOLVED and state.status is TicketStatus.RESOLVED:
        return f"{name} is resolved already."
    if kind is EventKind.REOPENED and state.status is not TicketStatus.RESOLVED:
        return f"{name} is not resolved: there is nothing to reopen."
    if state.status is TicketStatus.RESOLVED and kind not in (EventKind.REOPENED, EventKind.CUSTOMER_REPLIED):
        raise Refused(f"{name} is resolved; reopen it first")
    if kind is EventKind.ACKNOWLEDGED and state.status is TicketStatus.ACKNOWLEDGED and state.owner is not None:
        return (
            f"{name} is yours already." if state.owner == deed.by else f"{name} is taken by {_name(tx, state.owner)}."
        )
    return None


def _event(tx: Transaction, stored: StoredTicket, deed: Deed, hand: Hand) -> Event:
    # A sender whose clock is ahead reports what has happened, not what will: nothing may wait for it.
    at = min(deed.at, hand.now)
    details = dict(deed.details)
    if deed.kind is EventKind.IMPACT_CHANGED:
        details["impact"] = impact_named(str(details.get("impact", "")), tx.policy()).name
    why = clean(deed.why) or deed.kind.value.replace("_", " ")
    return Event(stored.ticket.id, at, deed.kind, deed.by, why, details, deed.id)


def _follow(tx: Transaction, stored: StoredTicket, before: TicketState, event: Event, hand: Hand) -> Done:
    state = after(before, event)
    if event.kind in (EventKind.REOPENED, EventKind.IMPACT_CHANGED) and state.status is TicketStatus.OPEN:
        decided = verdict_again(state, tx.policy(), tx.schedule(), hand.now)
        again = judged(decided, ticket_id=stored.ticket.id, why=event.kind.value.replace("_", " "))
        tx.append([again])
        state = after(state, again)
    if state.status is TicketStatus.OPEN:
        stored, attempts = advance(tx, _with_free_code(tx, stored, event), state, hand)
    else:
        stored = as_row(stored, state)
        tx.update_ticket(stored)
        attempts = _tell(tx, stored, before, state, hand)
    return Done(stored, True, _sentence(tx, stored, event), attempts)


def _with_free_code(tx: Transaction, stored: StoredTicket, event: Event) -> StoredTicket:
    """A reopened ticket gets a new code when its old one has gone to another ticket."""
    if event.kind is not EventKind.REOPENED:
        return stored
    holder = tx.ticket_by_code(stored.code)
    if holder is None or holder.ticket.id == stored.ticket.id:
        return stored
    return replace(stored, code=free_code(tx))


def _tell(
    tx: Transaction, stored: StoredTicket, before: TicketState, state: TicketState, hand: Hand
) -> tuple[Attempt, ...]:
    """Stop what was not sent yet, and tell whoever was paged and is no longer needed."""
    if before.status is not TicketStatus.OPEN:
        return ()
    tries = tx.attempts(stored.ticket.id)
    for attempt in tries:
        if attempt.purpose is Purpose.PAGE and attempt.status in _UNSENT:
            tx.update_attempt(replace(attempt, status=AttemptStatus.FAILED, error="no longer needed", retry_at=None))
    actor = state.resolved_by if state.status is TicketStatus.RESOLVED else state.owner
    assert actor is not None
    words = solved_text if state.status is TicketStatus.RESOLVED else taken_text
    body = words(stored.ticket.id, state.impact, _name(tx, actor))
    seen = dict.fromkeys(
        attempt.to
        for attempt in tries
        if attempt.purpose is Purpose.PAGE and attempt.status not in _NEVER_SEEN and attempt.to not in (DESK, actor)
    )
    notices = tuple(_notice(stored.ticket.id, person, body, hand) for person in seen)
    tx.add_attempts(notices)
    return notices


def _notice(ticket_id: str, person: str, body: str, hand: Hand) -> Attempt:
    attempt = new_attempt(ticket_id, to=person, channel=ChannelName.SMS, purpose=Purpose.NOTICE, body=body, hand=hand)
    return replace(attempt, deadline=hand.now + NOTICE_FOR)


def _name(tx: Transaction, person_id: str) -> str:
    person = tx.schedule().people.get(person_id)
    return person.name if person is not None else person_id


def _sentence(tx: Transaction, stored: StoredTicket, event: Event) -> str:
    name = stored.ticket.id
    return {
        EventKind.ACKNOWLEDGED: f"{name} is yours.",
        EventKind.REPLIED: f"{name}: the reply is recorded.",
        EventKind.CUSTOMER_REPLIED: f"{name}: the customer's message is recorded.",
        EventKind.UPDATED: f"{name}: the update is recorded.",
        EventKind.RESOLVED: f"{name} is resolved.",
        EventKind.REOPENED: f"{name} is open again.",
        EventKind.IMPACT_CHANGED: f"{name} is {stored.impact} now.",
        EventKind.PASSED: f"{name} is passed on.",
    }[event.kind]
