"""Records a ticket action: checks whether the ticket allows it, logs it, and carries out its consequences."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from oncall.errors import NotFound
from oncall.paging.actions.action_checks import refuse_unrecordable
from oncall.paging.actions.consequences import ActionResult, follow
from oncall.paging.actions.merging import goes_on_as, merge
from oncall.paging.actions.ticket_action import (
    FORWARDED,
    TicketAction,
    counted_at,
    end_of_drill,
    event_of,
    message_of,
    nothing_to_do,
    refuse_another,
    refuse_pass,
    refuse_stranger,
)
from oncall.paging.actions.ticket_references import find_ticket
from oncall.paging.clocks.clock_book import in_force
from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.events import CustomerReplied, Event, EventKind, Reopened, Resolved
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.store import TicketStore


def record(tx: TicketStore, ticket_id: str, action: TicketAction, context: ActionContext) -> ActionResult:
    """Record an action on the ticket with this id, and carry out its consequences. A repeat changes nothing.

    Raises FieldFaults for wrong fields, NotFound for an unknown ticket, Conflict if another action with the same id was
    recorded, and Refused if the ticket's state does not allow the action.
    """
    stored = tx.ticket(ticket_id)
    if stored is None:
        raise NotFound(f"no ticket has the id {quoted(ticket_id)}")
    return record_on(TicketWork.on(tx, stored, context), action)


def record_by_reference(tx: TicketStore, reference: str, action: TicketAction, context: ActionContext) -> ActionResult:
    """Record an action as `record` does. reference: the ticket's id, or the code of an unresolved ticket."""
    return record_on(TicketWork.on(tx, find_ticket(tx, reference), context), action)


def record_on(work: TicketWork, action: TicketAction) -> ActionResult:
    """Record an action as `record` does, on a ticket that this transaction has read."""
    refuse_unrecordable(action, work.context)
    return _record(work, action)


def _record(work: TicketWork, action: TicketAction) -> ActionResult:
    before = next((event for event in work.log if action.id is not None and event.id == action.id), None)
    if before is not None:
        refuse_another(work, before, action)
        return ActionResult(work, False, f"{work.name}: this event is recorded already.")
    refuse_stranger(work, action)
    refuse_pass(work, action)
    if work.stored.ticket.is_drill:
        action = end_of_drill(action)
    idle = nothing_to_do(work, action)
    if idle is not None:
        _keep_reopening(work, action)
        return ActionResult(work, False, idle)
    if action.kind is EventKind.MERGED:
        return merge(work, action)
    if action.kind in FORWARDED and work.state.merged_into is not None:
        return _forward(work, action)
    return _record_event(work, event_of(work, action))


def _record_event(work: TicketWork, event: Event) -> ActionResult:
    if work.state.status is TicketStatus.RESOLVED and _asks_something(event):
        return _reopen_for(work, event)
    if isinstance(event, Resolved):
        return _resolve(work, event)
    return follow(work, event)


def _keep_reopening(work: TicketWork, action: TicketAction) -> None:
    """Log a reopening although the ticket is open.

    Events arrive in any order: the resolution that this event undoes may be reported later.
    """
    if action.kind is EventKind.REOPENED and work.state.merged_into is None:
        event = event_of(work, action)
        assert isinstance(event, Reopened)
        work.add(replace(event, why=f"{event.why}; it was not resolved", was_open=True))
        work.write()


def _asks_something(event: Event) -> bool:
    """Return True if the event is a customer's message that needs a reply."""
    return isinstance(event, CustomerReplied) and event.needs_reply


def _resolve(work: TicketWork, event: Resolved) -> ActionResult:
    """Resolve a ticket. Reopen it if a later message of the customer or a later reopening was recorded before."""
    later = min((one for one in work.log if one.at > event.at and _undoes_the_end(one)), key=_at, default=None)
    done = follow(work, event)
    if later is None:
        return done
    again = follow(work, _reopening(work, later.at, by_customer=_asks_something(later)))
    why = "the customer wrote" if _asks_something(later) else "it was reopened later"
    return replace(again, sentence=f"{work.name} is open again: {why}.")


def _undoes_the_end(event: Event) -> bool:
    return _asks_something(event) or (isinstance(event, Reopened) and event.was_open)


def _at(event: Event) -> datetime:
    return event.at


def _reopening(work: TicketWork, at: datetime, *, by_customer: bool = True) -> Reopened:
    why = "the customer wrote after it was resolved" if by_customer else "it was reopened after it was resolved"
    return Reopened(work.name, at, PAGER, why, terms=in_force(work.tx, at))


def _reopen_for(work: TicketWork, message: Event) -> ActionResult:
    """Reopen a resolved ticket because of a customer's message.

    The message may be older than the resolution: the person who resolved the ticket had not read it.
    """
    at = max(message.at, work.state.resolved_at or message.at)
    done = follow(work, _reopening(work, at), message)
    return replace(done, sentence=f"{work.name} is open again: the customer wrote.")


def _forward(work: TicketWork, action: TicketAction) -> ActionResult:
    """Record a message on a duplicate, and also on the ticket that the duplicate was merged into, where it counts."""
    name, target, what = work.name, goes_on_as(work), FORWARDED[action.kind]
    at = counted_at(work, action)
    work.add(message_of(name, action, at, why=f"{what} counts on {target.name}", forwarded_to=target.name))
    work.write()
    there = replace(
        action,
        at=at,
        why=clean(f"written on {name}. {action.why}"),
        id=f"{name}/{action.id}" if action.id is not None else None,
        forwarded_from=name,
    )
    done = _record(target, there)
    sentence = f"{name} is merged into {target.name}: {what} counts there. {done.sentence}"
    return ActionResult(work, True, sentence, done.attempts)
