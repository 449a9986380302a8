"""What people do to a ticket after it came in: take it, reply, pass it on, resolve it; and who is then told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from oncall.errors import NotFound
from oncall.paging.actions.impact_raised import speed_up_escalation
from oncall.paging.actions.intake import ID_PATTERN
from oncall.paging.actions.merging import absorbed, goes_on_as, merge_target, raises_impact
from oncall.paging.actions.stand_down import cancel_pages, tell_the_paged
from oncall.paging.actions.ticket_action import (
    FORWARDED,
    TicketAction,
    end_of_drill,
    event_of,
    message_of,
    nothing_to_do,
    refuse_another,
    refuse_stranger,
    reported_times,
)
from oncall.paging.clocks.clock_book import ClockBook, in_force
from oncall.paging.domain.decide import PAGER, judged, verdict_again
from oncall.paging.domain.events import CustomerReplied, Event, EventKind, ImpactChanged, Merged, Reopened
from oncall.paging.domain.pager_events import Absorbed, Breached, Withdrawn
from oncall.paging.domain.people import name_of
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.domain.sla_alerts import mark_of, withdrawn_words
from oncall.paging.domain.state import TicketState, after, fold
from oncall.paging.domain.ticket import Attempt, StoredTicket, TicketStatus
from oncall.paging.outgoing.advance import advance
from oncall.paging.outgoing.codes import free_code
from oncall.paging.outgoing.messages import withdrawn_text
from oncall.paging.outgoing.new_attempts import ActionContext, notice, whole_second
from oncall.paging.ports.store import Transaction


@dataclass(frozen=True, slots=True)
class ActionResult:
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
    raise NotFound(f"no ticket has the id or code {quoted(reference)}; `oncall tickets` lists the open ones")


def record(tx: Transaction, ticket_id: str, action: TicketAction, context: ActionContext) -> ActionResult:
    """Log what somebody did and everything that follows from it, in `tx`. A repeat changes nothing.

    Raises NotFound for an unknown ticket and Refused for what its state does not allow.
    """
    stored = tx.ticket(ticket_id)
    if stored is None:
        raise NotFound(f"no ticket has the id {quoted(ticket_id)}")
    log = tx.events(ticket_id)
    state = fold(stored.ticket, log)
    before = next((event for event in log if action.id is not None and event.id == action.id), None)
    if before is not None:
        refuse_another(tx, ticket_id, before, action)
        return ActionResult(stored, False, f"{ticket_id}: this event is recorded already.")
    refuse_stranger(tx, action, context)
    if stored.ticket.is_drill:
        action = end_of_drill(action)
    idle = nothing_to_do(tx, stored, state, action, context.now)
    if idle is not None:
        _keep_reopening(tx, stored, state, action, context)
        return ActionResult(stored, False, idle)
    if action.kind is EventKind.MERGED:
        return _merge(tx, stored, state, log, action, context)
    if action.kind in FORWARDED and state.merged_into is not None:
        return _forward(tx, stored, action, context)
    event = event_of(tx, stored, state, action, context)
    if _reopens(state, event):
        return _reopen_for(tx, stored, state, log, event, context)
    if event.kind is EventKind.RESOLVED:
        return _resolve(tx, stored, state, log, event, context)
    tx.append([event])
    return _follow(tx, stored, state, event, ClockBook(tx, stored.ticket, [*log, event]), context)


def _keep_reopening(
    tx: Transaction, stored: StoredTicket, state: TicketState, action: TicketAction, context: ActionContext
) -> None:
    """The resolution that it undoes may come after it: senders keep no order."""
    if action.kind is EventKind.REOPENED and state.merged_into is None:
        event = event_of(tx, stored, state, action, context)
        assert isinstance(event, Reopened)
        tx.append([replace(event, why=f"{event.why}; it was not resolved", was_open=True)])


def _reopens(state: TicketState, event: Event) -> bool:
    """Whether a customer has written who would be heard by nobody otherwise."""
    return state.status is TicketStatus.RESOLVED and _asks_something(event)


def _asks_something(event: Event) -> bool:
    """Whether it is a customer's message that wants an answer here."""
    return isinstance(event, CustomerReplied) and event.needs_reply


def _resolve(
    tx: Transaction,
    stored: StoredTicket,
    state: TicketState,
    log: Sequence[Event],
    event: Event,
    context: ActionContext,
) -> ActionResult:
    """End a ticket. What came after that and was told before it opens it again: a customer's message, a reopening."""
    tx.append([event])
    done = _follow(tx, stored, state, event, ClockBook(tx, stored.ticket, [*log, event]), context)
    later = min((one for one in log if one.at > event.at and _undoes_the_end(one)), key=_at, default=None)
    if later is None:
        return done
    reopened = _reopening(tx, stored, later.at, by_customer=_asks_something(later))
    tx.append([reopened])
    log = tx.events(stored.ticket.id)
    state = fold(stored.ticket, log[:-1])
    again = _follow(tx, done.ticket, state, reopened, ClockBook(tx, stored.ticket, log), context)
    why = "the customer wrote" if _asks_something(later) else "it was reopened later"
    return ActionResult(again.ticket, True, f"{stored.ticket.id} is open again: {why}.", done.attempts + again.attempts)


def _undoes_the_end(event: Event) -> bool:
    return _asks_something(event) or (isinstance(event, Reopened) and event.was_open)


def _at(event: Event) -> datetime:
    return event.at


def _reopening(tx: Transaction, stored: StoredTicket, at: datetime, *, by_customer: bool = True) -> Reopened:
    why = "the customer wrote after it was resolved" if by_customer else "it was reopened after it was resolved"
    return Reopened(stored.ticket.id, at, PAGER, why, terms=in_force(tx, at))


def _reopen_for(
    tx: Transaction,
    stored: StoredTicket,
    state: TicketState,
    log: Sequence[Event],
    message: Event,
    context: ActionContext,
) -> ActionResult:
    """A customer's message opens a resolved ticket again, whenever they wrote it: who resolved it had not read it."""
    at = max(message.at, state.resolved_at or message.at)
    reopened = _reopening(tx, stored, at)
    tx.append([reopened, message])
    done = _follow(tx, stored, state, reopened, ClockBook(tx, stored.ticket, [*log, reopened, message]), context)
    return replace(done, sentence=f"{stored.ticket.id} is open again: the customer wrote.")


def _forward(tx: Transaction, stored: StoredTicket, action: TicketAction, context: ActionContext) -> ActionResult:
    """What is said to a customer or by them on a duplicate counts on the ticket that goes on: they are one talk."""
    name, target, what = stored.ticket.id, goes_on_as(tx, stored).ticket.id, FORWARDED[action.kind]
    at = whole_second(min(action.at, context.now))
    tx.append([message_of(stored, action, at, f"{what} counts on {target}", forwarded_to=target)])
    there = replace(
        action,
        why=clean(f"written on {name}. {action.why}"),
        id=f"{name}/{action.id}" if action.id is not None else None,
        forwarded_from=name,
    )
    done = record(tx, target, there, context)
    sentence = f"{name} is merged into {target}: {what} counts there. {done.sentence}"
    return ActionResult(stored, True, sentence, done.attempts)


def _merge(
    tx: Transaction,
    stored: StoredTicket,
    state: TicketState,
    log: Sequence[Event],
    action: TicketAction,
    context: ActionContext,
) -> ActionResult:
    """End a duplicate; what is owed there is owed by the ticket that goes on, which becomes as urgent as it was."""
    name, now = stored.ticket.id, context.now
    target = merge_target(tx, stored, action.into)
    into = target.ticket.id
    owed = ClockBook(tx, stored.ticket, log).carried(now)
    why = clean(action.why) or f"a duplicate of {into}"
    named = action.into if action.into != into else None
    reported = reported_times(action, now, context)
    event = Merged(name, now, action.by, why, action.id, into=into, named=named, reported=reported)
    tx.append([event])
    done = _follow(tx, stored, state, event, ClockBook(tx, stored.ticket, [*log, event]), context)
    attempts = done.attempts
    if raises_impact(stored, target, tx.policy()):
        words = f"{name}, which is {stored.impact}, was merged into it"
        raised = TicketAction(EventKind.IMPACT_CHANGED, action.by, now, words, impact=stored.impact)
        attempts += record(tx, into, raised, context).attempts
    taken_over = _take_over(tx, into, absorbed(stored, state, owed, into=into, by=action.by, at=now), context)
    return replace(done, attempts=attempts + taken_over.attempts)


def _take_over(tx: Transaction, into: str, event: Absorbed, context: ActionContext) -> ActionResult:
    """Let a duplicate's clocks run on with the ticket that goes on."""
    target = tx.ticket(into)
    assert target is not None
    log = tx.events(into)
    book = ClockBook(tx, target.ticket, [*log, event])
    first = book.clocks(context.now).first_reply()
    if first is not None and first.due_at is not None:
        event = replace(event, first_reply_due=first.due_at)
    tx.append([event])
    return _follow(tx, target, fold(target.ticket, log), event, book, context)


def _follow(
    tx: Transaction, stored: StoredTicket, before: TicketState, event: Event, book: ClockBook, context: ActionContext
) -> ActionResult:
    state = after(before, event)
    state, withdrawals = _withdraw(tx, stored, state, event, book, context)
    if event.kind in (EventKind.REOPENED, EventKind.IMPACT_CHANGED) and state.status is not TicketStatus.RESOLVED:
        due = book.first_reply_due(context.now)
        decided = verdict_again(state, tx.policy(), tx.schedule(), context.now, due=due)
        if state.status is TicketStatus.ACKNOWLEDGED and state.owner is not None:
            owner = name_of(state.owner, tx.schedule())
            decided = replace(decided, reasons=(*decided.reasons, f"{owner} has it, so nobody is paged now."))
        why = event.kind.value.replace("_", " ")
        again = judged(decided, ticket_id=stored.ticket.id, why=why, terms=book.in_force(context.now))
        tx.append([again])
        book.add(again)
        state = after(state, again)
    if event.kind is EventKind.PASSED:
        # A page of theirs that still waits for its turn would ask for what they have just passed on.
        cancel_pages(tx, [one for one in tx.attempts(stored.ticket.id) if one.to == event.by])
    told = tell_the_paged(tx, stored, before, state, context) if state.status is not TicketStatus.OPEN else ()
    stored, attempts = advance(tx, _with_free_code(tx, stored, event), state, book, context)
    if event.kind is EventKind.IMPACT_CHANGED:
        speed_up_escalation(tx, stored, state, book, context)
    waited = event.at - stored.received_at if event.kind is EventKind.ACKNOWLEDGED else None
    return ActionResult(stored, True, _sentence(stored, event), told + attempts + withdrawals, waited)


def _withdraw(
    tx: Transaction, stored: StoredTicket, state: TicketState, event: Event, book: ClockBook, context: ActionContext
) -> tuple[TicketState, tuple[Attempt, ...]]:
    """Say of each breach that was told and that `event`, recorded late, shows to be none; tell whoever was told."""
    told = {mark for mark in state.alerts if mark.kind is EventKind.BREACHED}
    if not told:
        return state, ()
    still = {
        mark_of(EventKind.BREACHED, clock) for clock in book.clocks(context.now).clocks if clock.breached_at is not None
    }
    policy, notices = tx.policy(), []
    for breach in tx.events(stored.ticket.id):
        if not isinstance(breach, Breached) or breach.mark not in told or breach.mark in still:
            continue
        told.remove(breach.mark)
        words = withdrawn_words(breach, event, policy.zone)
        if breach.to is not None:
            text = withdrawn_text(stored.ticket, impact=state.impact, words=words, policy=policy)
            notices.append(notice(stored.ticket.id, breach.to, text, context))
        withdrawn = _withdrawal(breach, words, by=event.by, at=context.now)
        tx.append([withdrawn])
        state = after(state, withdrawn)
    tx.add_attempts(notices)
    return state, tuple(notices)


def _withdrawal(breach: Breached, why: str, *, by: str, at: datetime) -> Withdrawn:
    return Withdrawn(
        breach.ticket, at, by, why, metric=breach.metric, since=breach.since, due_at=breach.due_at, to=breach.to
    )


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
    match event:
        case Merged(into=into):
            return f"{name} is merged into {into}."
        case Absorbed(duplicate=duplicate):
            return f"{duplicate} is merged into {name}."
        case ImpactChanged():
            return f"{name} is {stored.impact} now."
        case _:
            return _SENTENCES[event.kind].format(name)


_SENTENCES = {
    EventKind.ACKNOWLEDGED: "{} is yours.",
    EventKind.REPLIED: "{}: the reply is recorded.",
    EventKind.CUSTOMER_REPLIED: "{}: the customer's message is recorded.",
    EventKind.UPDATED: "{}: the update is recorded.",
    EventKind.RESOLVED: "{} is resolved.",
    EventKind.REOPENED: "{} is open again.",
    EventKind.PASSED: "{} is passed on.",
    EventKind.WAITING: "{} waits for the customer.",
}
