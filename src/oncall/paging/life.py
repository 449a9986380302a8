"""What people do to a ticket after it came in: take it, reply, pass it on, resolve it; and who is then told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from oncall.errors import Conflict, NotFound, Refused
from oncall.paging.advance import Hand, advance
from oncall.paging.attempts import notice
from oncall.paging.codes import free_code
from oncall.paging.decide import judged, verdict_again
from oncall.paging.intake import ID_PATTERN, clean
from oncall.paging.messages import solved_text, taken_text
from oncall.paging.people import DESK
from oncall.paging.ports import Transaction
from oncall.paging.sla import ClockBook, in_force
from oncall.paging.state import TicketState, after, fold
from oncall.paging.ticket import Attempt, AttemptStatus, Event, EventKind, Purpose, StoredTicket, TicketStatus
from oncall.paging.verdict import impact_named
from oncall.suggestions import suggestion

FROM_PEOPLE = (
    EventKind.ACKNOWLEDGED,
    EventKind.REPLIED,
    EventKind.CUSTOMER_REPLIED,
    EventKind.UPDATED,
    EventKind.RESOLVED,
    EventKind.REOPENED,
    EventKind.IMPACT_CHANGED,
    EventKind.PASSED,
    EventKind.WAITING,
    EventKind.MERGED,
)
"""The kinds that the API, the terminal and replies may add."""

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
    before = next((event for event in log if deed.id is not None and event.id == deed.id), None)
    if before is not None:
        if before.kind is not deed.kind:
            raise Conflict(f'{ticket_id}: the event "{deed.id}" is recorded as {before.kind.value} already')
        return Done(stored, False, f"{ticket_id}: this event is recorded already.")
    _refuse_stranger(tx, deed, hand)
    if stored.ticket.is_drill:
        deed = _end_of_drill(deed)
    idle = _nothing_to_do(tx, stored, state, deed)
    if idle is not None:
        return Done(stored, False, idle)
    event = _event(tx, stored, deed, hand)
    tx.append([event])
    return _follow(tx, stored, state, event, ClockBook(tx, stored.ticket, [*log, event]), hand)


def _refuse_stranger(tx: Transaction, deed: Deed, hand: Hand) -> None:
    """A slip in a name must not stop an escalation: who acts for somebody else names somebody on the roster."""
    people = tx.schedule().people
    if deed.kind not in (EventKind.ACKNOWLEDGED, EventKind.PASSED) or deed.by in (hand.by, DESK) or not people:
        return
    if deed.by not in people:
        name = clean(deed.by)[:40]
        raise Refused(f'nobody on the published rosters has the id "{name}"; {suggestion(name, sorted(people))}')


_ENDS_A_DRILL = (EventKind.ACKNOWLEDGED, EventKind.REPLIED, EventKind.UPDATED, EventKind.PASSED, EventKind.RESOLVED)


def _end_of_drill(deed: Deed) -> Deed:
    """Whatever somebody answers to a test page shows that it arrived."""
    if deed.kind not in _ENDS_A_DRILL:
        raise Refused("a drill is a test page: it can only be acknowledged")
    return replace(deed, kind=EventKind.RESOLVED, why=clean(deed.why) or "the test page was answered")


def _nothing_to_do(tx: Transaction, stored: StoredTicket, state: TicketState, deed: Deed) -> str | None:
    """Why the deed changes nothing, or None when it does. Raises Refused for one that cannot be."""
    name, kind = stored.ticket.id, deed.kind
    if state.merged_into is not None:
        if kind is EventKind.MERGED:
            return f"{name} is merged into {state.merged_into} already."
        raise Refused(f"{name} is merged into {state.merged_into}; go on there")
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
    if deed.kind is EventKind.MERGED:
        details["into"] = _merge_target(tx, stored, str(details.get("into", "")))
    if deed.kind in (EventKind.IMPACT_CHANGED, EventKind.REOPENED):
        details |= in_force(tx, at)
    why = clean(deed.why) or deed.kind.value.replace("_", " ")
    return Event(stored.ticket.id, at, deed.kind, deed.by, why, details, deed.id)


def _merge_target(tx: Transaction, stored: StoredTicket, into: str) -> str:
    """The ticket that goes on. Raises Refused for the ticket itself, one that is not there, and one that is over."""
    name = stored.ticket.id
    if into == name:
        raise Refused(f"{name} cannot be merged into itself")
    target = tx.ticket(into) if ID_PATTERN.fullmatch(into) else None
    if target is None:
        raise Refused(f'{name}: no ticket has the id "{clean(into)[:40]}" to merge it into')
    if target.status is TicketStatus.RESOLVED:
        raise Refused(f"{name}: {into} is resolved; reopen it first, or merge into an open ticket")
    return into


def _follow(
    tx: Transaction, stored: StoredTicket, before: TicketState, event: Event, book: ClockBook, hand: Hand
) -> Done:
    state = after(before, event)
    if event.kind in (EventKind.REOPENED, EventKind.IMPACT_CHANGED) and state.status is TicketStatus.OPEN:
        due = book.first_reply_due(hand.now)
        decided = verdict_again(state, tx.policy(), tx.schedule(), hand.now, due=due)
        why = event.kind.value.replace("_", " ")
        again = judged(decided, ticket_id=stored.ticket.id, why=why, terms=book.in_force(hand.now))
        tx.append([again])
        book.add(again)
        state = after(state, again)
    stored, attempts = advance(tx, _with_free_code(tx, stored, event), state, book, hand)
    if state.status is not TicketStatus.OPEN:
        attempts += _tell(tx, stored, before, state, hand)
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
    notices = tuple(
        notice(stored.ticket.id, person, body, hand)
        for person in _waiting_to_hear(tries)
        if person not in (DESK, actor)
    )
    tx.add_attempts(notices)
    return notices


def _waiting_to_hear(tries: Sequence[Attempt]) -> list[str]:
    """Who was paged and has not been told anything since, in the order of their first page."""
    waiting: dict[str, None] = {}
    for attempt in tries:
        if attempt.purpose is Purpose.NOTICE:
            waiting.pop(attempt.to, None)
        elif attempt.status not in _NEVER_SEEN:
            waiting[attempt.to] = None
    return list(waiting)


def _name(tx: Transaction, person_id: str) -> str:
    person = tx.schedule().people.get(person_id)
    return person.name if person is not None else person_id


def _sentence(tx: Transaction, stored: StoredTicket, event: Event) -> str:
    name = stored.ticket.id
    if stored.ticket.is_drill:
        return f"Thank you: {name} has arrived, the drill is over."
    return {
        EventKind.ACKNOWLEDGED: f"{name} is yours.",
        EventKind.REPLIED: f"{name}: the reply is recorded.",
        EventKind.CUSTOMER_REPLIED: f"{name}: the customer's message is recorded.",
        EventKind.UPDATED: f"{name}: the update is recorded.",
        EventKind.RESOLVED: f"{name} is resolved.",
        EventKind.REOPENED: f"{name} is open again.",
        EventKind.IMPACT_CHANGED: f"{name} is {stored.impact} now.",
        EventKind.PASSED: f"{name} is passed on.",
        EventKind.WAITING: f"{name} waits for the customer.",
        EventKind.MERGED: f"{name} is merged into {event.details.get('into')}.",
    }[event.kind]
