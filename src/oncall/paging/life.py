"""What people do to a ticket after it came in: take it, reply, pass it on, resolve it; and who is then told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from oncall.errors import Conflict, NotFound, Refused
from oncall.paging.advance import Hand, advance
from oncall.paging.attempts import notice, whole_second
from oncall.paging.codes import free_code
from oncall.paging.decide import PAGER, judged, verdict_again
from oncall.paging.hastening import hasten
from oncall.paging.intake import ID_PATTERN, clean
from oncall.paging.merging import absorbed, goes_on_as, merge_target, raises_impact
from oncall.paging.messages import withdrawn_text
from oncall.paging.people import DESK, name_of
from oncall.paging.ports import Transaction
from oncall.paging.promised import mark_of, withdrawn_words
from oncall.paging.relief import call_off, tell_the_paged
from oncall.paging.sla import FORWARDED_TO, NEEDS_REPLY, ClockBook, in_force
from oncall.paging.state import TicketState, after, fold
from oncall.paging.ticket import WAS_OPEN, Attempt, Event, EventKind, StoredTicket, TicketStatus
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

_FORWARDED = {
    EventKind.CUSTOMER_REPLIED: "the customer's message",
    EventKind.REPLIED: "the reply",
    EventKind.UPDATED: "the update",
}
"""What is written on a duplicate and counts on the ticket that goes on."""


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
    """What became of it: the ticket now, whether anything changed, and a sentence for who did it.

    waited: where somebody took the ticket by it, how long it had waited (policy time); a drill is taken by nobody.
    """

    ticket: StoredTicket
    changed: bool
    sentence: str
    attempts: tuple[Attempt, ...] = ()
    waited: timedelta | None = None


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
        _refuse_another(tx, ticket_id, before, deed)
        return Done(stored, False, f"{ticket_id}: this event is recorded already.")
    _refuse_stranger(tx, deed, hand)
    if stored.ticket.is_drill:
        deed = _end_of_drill(deed)
    idle = _nothing_to_do(tx, stored, state, deed, hand.now)
    if idle is not None:
        _keep_reopening(tx, stored, state, deed, hand)
        return Done(stored, False, idle)
    if deed.kind is EventKind.MERGED:
        return _merge(tx, stored, state, log, deed, hand)
    if deed.kind in _FORWARDED and state.merged_into is not None:
        return _forward(tx, stored, deed, hand)
    event = _event(tx, stored, state, deed, hand)
    if _reopens(state, event):
        return _reopen_for(tx, stored, state, log, event, hand)
    if event.kind is EventKind.RESOLVED:
        return _resolve(tx, stored, state, log, event, hand)
    tx.append([event])
    return _follow(tx, stored, state, event, ClockBook(tx, stored.ticket, [*log, event]), hand)


def _keep_reopening(tx: Transaction, stored: StoredTicket, state: TicketState, deed: Deed, hand: Hand) -> None:
    """The resolution that it undoes may come after it: senders keep no order."""
    if deed.kind is EventKind.REOPENED and state.merged_into is None:
        event = _event(tx, stored, state, deed, hand)
        why = f"{event.why}; it was not resolved"
        tx.append([replace(event, why=why, details={**event.details, WAS_OPEN: True})])


def _refuse_another(tx: Transaction, ticket_id: str, before: Event, deed: Deed) -> None:
    """An event that only has the id of one that is recorded is no repeat: to pass it over would lose it in silence."""
    what = before.kind.value
    if deed.kind is before.kind is EventKind.IMPACT_CHANGED:
        what = f"{what} to {before.details['impact']}"
        said = str(deed.details.get("impact", ""))
        if said == before.details["impact"] or impact_named(said, tx.policy()).name == before.details["impact"]:
            return
    elif deed.kind is before.kind:
        return
    raise Conflict(f'{ticket_id}: the event "{deed.id}" is recorded as {what} already')


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


def _nothing_to_do(tx: Transaction, stored: StoredTicket, state: TicketState, deed: Deed, now: datetime) -> str | None:
    """Why the deed changes nothing, or None when it does. Raises Refused for one that cannot be."""
    name, kind = stored.ticket.id, deed.kind
    if state.merged_into is not None:
        if kind is EventKind.MERGED:
            return f"{name} is merged into {state.merged_into} already."
        if kind in _FORWARDED:
            return None
        raise Refused(f"{name} is merged into {state.merged_into}; go on there")
    if kind is EventKind.RESOLVED and state.status is TicketStatus.RESOLVED:
        return f"{name} is resolved already."
    if kind is EventKind.REOPENED and state.status is not TicketStatus.RESOLVED:
        return f"{name} is not resolved: there is nothing to reopen."
    opens_it = kind in (EventKind.REOPENED, EventKind.CUSTOMER_REPLIED)
    if state.status is TicketStatus.RESOLVED and not opens_it and not _is_of_before_the_end(state, deed, now):
        raise Refused(f"{name} is resolved; reopen it first")
    if kind is EventKind.ACKNOWLEDGED and state.status is TicketStatus.ACKNOWLEDGED and state.owner is not None:
        return (
            f"{name} is yours already."
            if state.owner == deed.by
            else f"{name} is taken by {name_of(state.owner, tx.schedule())}."
        )
    return None


_COUNTS_BEFORE_THE_END = (EventKind.REPLIED, EventKind.UPDATED, EventKind.WAITING, EventKind.IMPACT_CHANGED)


def _is_of_before_the_end(state: TicketState, deed: Deed, now: datetime) -> bool:
    """Whether it happened before the resolution and was only told after it, as senders do that keep no order."""
    if deed.kind not in _COUNTS_BEFORE_THE_END or state.resolved_at is None:
        return False
    return deed.at < now and whole_second(deed.at) <= state.resolved_at


def _event(tx: Transaction, stored: StoredTicket, state: TicketState, deed: Deed, hand: Hand) -> Event:
    at = _when(state, deed, hand)
    details, why = dict(deed.details) | _clock_trouble(deed, at, hand), clean(deed.why)
    if deed.kind is EventKind.IMPACT_CHANGED:
        details["impact"] = impact_named(str(details.get("impact", "")), tx.policy()).name
        why = why or f"{state.impact} to {details['impact']}"
    if deed.kind in (EventKind.IMPACT_CHANGED, EventKind.REOPENED):
        details |= in_force(tx, at)
    return Event(stored.ticket.id, at, deed.kind, deed.by, why or deed.kind.value.replace("_", " "), details, deed.id)


def _when(state: TicketState, deed: Deed, hand: Hand) -> datetime:
    """The instant at which a deed counts, to the second.

    A sender whose clock is ahead reports what has happened, not what will: nothing may wait for it. What opens or ends
    a ticket does so after what it undoes.
    """
    at = whole_second(min(deed.at, hand.now))
    if deed.kind is EventKind.RESOLVED:
        return max(at, state.opened_at or at)
    if deed.kind is EventKind.REOPENED:
        return max(at, state.resolved_at or at)
    return at


RECORDED_LATE = timedelta(seconds=60)


def _clock_trouble(deed: Deed, at: datetime, hand: Hand) -> dict[str, str]:
    """What the log keeps where the time that an event counts at is not the one at which it came, or was said."""
    trouble = {}
    if hand.now - at >= RECORDED_LATE:
        trouble["recorded_at"] = hand.now.isoformat()
    if abs(deed.at - at) >= timedelta(seconds=1):
        trouble["said_at"] = deed.at.isoformat()
    return trouble


def _reopens(state: TicketState, event: Event) -> bool:
    """Whether a customer has written who would be heard by nobody otherwise."""
    return state.status is TicketStatus.RESOLVED and _asks_something(event)


def _asks_something(event: Event) -> bool:
    """Whether it is a customer's message that wants an answer here."""
    return event.kind is EventKind.CUSTOMER_REPLIED and event.details.get(NEEDS_REPLY) is not False


def _resolve(
    tx: Transaction, stored: StoredTicket, state: TicketState, log: Sequence[Event], event: Event, hand: Hand
) -> Done:
    """End a ticket. What came after that and was told before it opens it again: a customer's message, a reopening."""
    tx.append([event])
    done = _follow(tx, stored, state, event, ClockBook(tx, stored.ticket, [*log, event]), hand)
    later = min((one for one in log if one.at > event.at and _undoes_the_end(one)), key=_at, default=None)
    if later is None:
        return done
    reopened = _reopening(tx, stored, later.at, by_customer=_asks_something(later))
    tx.append([reopened])
    log = tx.events(stored.ticket.id)
    state = fold(stored.ticket, log[:-1])
    again = _follow(tx, done.ticket, state, reopened, ClockBook(tx, stored.ticket, log), hand)
    why = "the customer wrote" if _asks_something(later) else "it was reopened later"
    return Done(again.ticket, True, f"{stored.ticket.id} is open again: {why}.", done.attempts + again.attempts)


def _undoes_the_end(event: Event) -> bool:
    return _asks_something(event) or bool(event.details.get(WAS_OPEN))


def _at(event: Event) -> datetime:
    return event.at


def _reopening(tx: Transaction, stored: StoredTicket, at: datetime, *, by_customer: bool = True) -> Event:
    why = "the customer wrote after it was resolved" if by_customer else "it was reopened after it was resolved"
    return Event(stored.ticket.id, at, EventKind.REOPENED, PAGER, why, in_force(tx, at))


def _reopen_for(
    tx: Transaction, stored: StoredTicket, state: TicketState, log: Sequence[Event], message: Event, hand: Hand
) -> Done:
    """A customer's message opens a resolved ticket again, whenever they wrote it: who resolved it had not read it."""
    at = max(message.at, state.resolved_at or message.at)
    reopened = _reopening(tx, stored, at)
    tx.append([reopened, message])
    done = _follow(tx, stored, state, reopened, ClockBook(tx, stored.ticket, [*log, reopened, message]), hand)
    return replace(done, sentence=f"{stored.ticket.id} is open again: the customer wrote.")


def _forward(tx: Transaction, stored: StoredTicket, deed: Deed, hand: Hand) -> Done:
    """What is said to a customer or by them on a duplicate counts on the ticket that goes on: they are one talk."""
    name, target, what = stored.ticket.id, goes_on_as(tx, stored).ticket.id, _FORWARDED[deed.kind]
    here = {**deed.details, FORWARDED_TO: target}
    at = whole_second(min(deed.at, hand.now))
    why = f"{what} counts on {target}"
    tx.append([Event(name, at, deed.kind, deed.by, why, here, deed.id)])
    there = replace(
        deed,
        why=clean(f"written on {name}. {deed.why}"),
        id=f"{name}/{deed.id}" if deed.id is not None else None,
        details={**deed.details, "forwarded_from": name},
    )
    done = record(tx, target, there, hand)
    sentence = f"{name} is merged into {target}: {what} counts there. {done.sentence}"
    return Done(stored, True, sentence, done.attempts)


def _merge(
    tx: Transaction, stored: StoredTicket, state: TicketState, log: Sequence[Event], deed: Deed, hand: Hand
) -> Done:
    """End a duplicate; what is owed there is owed by the ticket that goes on, which becomes as urgent as it was."""
    name, now = stored.ticket.id, hand.now
    named = str(deed.details.get("into", ""))
    target = merge_target(tx, stored, named)
    into = target.ticket.id
    owed = ClockBook(tx, stored.ticket, log).carried(now)
    why = clean(deed.why) or f"a duplicate of {into}"
    details = {"into": into} | ({"named": named} if named != into else {}) | _clock_trouble(deed, now, hand)
    event = Event(name, now, EventKind.MERGED, deed.by, why, details, deed.id)
    tx.append([event])
    done = _follow(tx, stored, state, event, ClockBook(tx, stored.ticket, [*log, event]), hand)
    attempts = done.attempts
    if raises_impact(stored, target, tx.policy()):
        words = f"{name}, which is {stored.impact}, was merged into it"
        raised = Deed(EventKind.IMPACT_CHANGED, deed.by, now, words, details={"impact": stored.impact})
        attempts += record(tx, into, raised, hand).attempts
    taken_over = _take_over(tx, into, absorbed(stored, state, owed, into=into, by=deed.by, at=now), hand)
    return replace(done, attempts=attempts + taken_over.attempts)


def _take_over(tx: Transaction, into: str, event: Event, hand: Hand) -> Done:
    """Let a duplicate's clocks run on with the ticket that goes on."""
    target = tx.ticket(into)
    assert target is not None
    log = tx.events(into)
    book = ClockBook(tx, target.ticket, [*log, event])
    first = book.clocks(hand.now).first_reply()
    if first is not None and first.due_at is not None:
        event = replace(event, details={**event.details, "first_reply_due": first.due_at.isoformat()})
    tx.append([event])
    return _follow(tx, target, fold(target.ticket, log), event, book, hand)


def _follow(
    tx: Transaction, stored: StoredTicket, before: TicketState, event: Event, book: ClockBook, hand: Hand
) -> Done:
    state = after(before, event)
    state, withdrawals = _withdraw(tx, stored, state, event, book, hand)
    if event.kind in (EventKind.REOPENED, EventKind.IMPACT_CHANGED) and state.status is TicketStatus.OPEN:
        due = book.first_reply_due(hand.now)
        decided = verdict_again(state, tx.policy(), tx.schedule(), hand.now, due=due)
        why = event.kind.value.replace("_", " ")
        again = judged(decided, ticket_id=stored.ticket.id, why=why, terms=book.in_force(hand.now))
        tx.append([again])
        book.add(again)
        state = after(state, again)
    if event.kind is EventKind.PASSED:
        # A page of theirs that still waits for its turn would ask for what they have just passed on.
        call_off(tx, [one for one in tx.attempts(stored.ticket.id) if one.to == event.by])
    told = tell_the_paged(tx, stored, before, state, hand) if state.status is not TicketStatus.OPEN else ()
    stored, attempts = advance(tx, _with_free_code(tx, stored, event), state, book, hand)
    if event.kind is EventKind.IMPACT_CHANGED:
        hasten(tx, stored, state, book, hand)
    waited = event.at - stored.received_at if event.kind is EventKind.ACKNOWLEDGED else None
    return Done(stored, True, _sentence(stored, event), told + attempts + withdrawals, waited)


def _withdraw(
    tx: Transaction, stored: StoredTicket, state: TicketState, event: Event, book: ClockBook, hand: Hand
) -> tuple[TicketState, tuple[Attempt, ...]]:
    """Say of each breach that was told and that `event`, recorded late, shows to be none; tell whoever was told."""
    told = [mark for mark in state.promised if mark[0] == EventKind.BREACHED.value]
    if not told:
        return state, ()
    still = {
        mark_of(EventKind.BREACHED, clock) for clock in book.clocks(hand.now).clocks if clock.breached_at is not None
    }
    policy, notices = tx.policy(), []
    for breach in tx.events(stored.ticket.id):
        mark = tuple(breach.details["mark"]) if breach.kind is EventKind.BREACHED else ()
        if mark not in told or mark in still:
            continue
        told.remove(mark)
        words = withdrawn_words(breach, event, policy.zone)
        to = breach.details["to"]
        if to is not None:
            text = withdrawn_text(stored.ticket, impact=state.impact, words=words, policy=policy)
            notices.append(notice(stored.ticket.id, to, text, hand))
        kept = {key: breach.details[key] for key in ("metric", "since", "due_at", "mark", "to")}
        withdrawn = Event(stored.ticket.id, hand.now, EventKind.WITHDRAWN, event.by, words, kept)
        tx.append([withdrawn])
        state = after(state, withdrawn)
    tx.add_attempts(notices)
    return state, tuple(notices)


def _with_free_code(tx: Transaction, stored: StoredTicket, event: Event) -> StoredTicket:
    """A reopened ticket gets a new code when its old one has gone to another ticket."""
    if event.kind is not EventKind.REOPENED:
        return stored
    holder = tx.ticket_by_code(stored.code)
    if holder is None or holder.ticket.id == stored.ticket.id:
        return stored
    return replace(stored, code=free_code(tx))


def _sentence(stored: StoredTicket, event: Event) -> str:
    name = stored.ticket.id
    if stored.ticket.is_drill:
        return f"Thank you: {name} has arrived, the drill is over."
    return {
        EventKind.ACKNOWLEDGED: f"{name} is yours.",
        EventKind.REPLIED: f"{name}: the reply is recorded.",
        EventKind.CUSTOMER_REPLIED: f"{name}: the customer's message is recorded.",
        EventKind.ABSORBED: f"{event.details.get('from')} is merged into {name}.",
        EventKind.UPDATED: f"{name}: the update is recorded.",
        EventKind.RESOLVED: f"{name} is resolved.",
        EventKind.REOPENED: f"{name} is open again.",
        EventKind.IMPACT_CHANGED: f"{name} is {stored.impact} now.",
        EventKind.PASSED: f"{name} is passed on.",
        EventKind.WAITING: f"{name} waits for the customer.",
        EventKind.MERGED: f"{name} is merged into {event.details.get('into')}.",
    }[event.kind]
