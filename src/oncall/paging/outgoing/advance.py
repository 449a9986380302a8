"""Carry out what is owed to one ticket inside a transaction: decide, log, write the attempts, until nothing is due."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from oncall.paging.clocks.clock_book import ClockBook
from oncall.paging.domain.decide import Fire, Judge, Skip, Wait, fired, judged, next_decision, skipped, verdict_again
from oncall.paging.domain.escalation import urgency
from oncall.paging.domain.events import Event
from oncall.paging.domain.people import name_of
from oncall.paging.domain.sla_alerts import promised_at, promised_now
from oncall.paging.domain.state import TicketState, after, fold
from oncall.paging.domain.ticket import Attempt, Purpose, StoredTicket
from oncall.paging.outgoing.messages import page_text, promise_of
from oncall.paging.outgoing.new_attempts import ActionContext, copies, new_attempt, promised_event
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.ports.store import Transaction
from oncall.schedule.schedule import Schedule
from oncall.support.clocks import SlaState, next_due
from oncall.support.policy import Policy

MOST_DECISIONS = 50
"""More than any round has steps: a ticket that is still not done is left for the next pass."""


@dataclass(frozen=True, slots=True)
class AdvancedTicket:
    """What a ticket was owed at an instant, carried out but not yet written: its row, events and attempts."""

    row: StoredTicket
    events: tuple[Event, ...]
    attempts: tuple[Attempt, ...]


def owed(
    stored: StoredTicket,
    state: TicketState,
    book: ClockBook,
    policy: Policy,
    schedule: Schedule,
    context: ActionContext,
    *,
    deaf: Collection[str] = (),
) -> AdvancedTicket:
    """Everything that `state` is owed at `context.now`, decision by decision until nothing is due. Writes nothing.

    book: the ticket's log for its clocks; verdicts given here are added to it. deaf: whom no text reaches.
    """
    events: list[Event] = []
    attempts: list[Attempt] = []
    event: Event
    clocks = book.clocks(context.now)
    for _ in range(MOST_DECISIONS):
        decision = next_decision(state, policy, schedule, context.now, deaf)
        if isinstance(decision, Wait):
            # Who is to act is paged before others are told that time has run out.
            promised = promised_now(state, clocks, policy, schedule, context.now)
            if promised is None:
                break
            event, told = promised_event(stored, state, promised, policy, schedule, context)
            attempts += told
        elif isinstance(decision, Judge):
            event = _judged_again(stored, state, book, policy, schedule, context, why=decision.why)
            clocks = book.clocks(context.now)
        elif isinstance(decision, Skip):
            event = skipped(decision, ticket_id=stored.ticket.id, at=context.now)
        else:
            page = _page(stored, state, decision, clocks, policy, context, owner=_owner(state, schedule))
            attempts += [page, *copies(stored, state, decision, policy, schedule, page, context)]
            event = fired(decision, ticket_id=stored.ticket.id, at=context.now, attempt=page.id)
        events.append(event)
        state = after(state, event)
    wakes_at = _earlier(state.due_at, promised_at(state, clocks, policy))
    return AdvancedTicket(as_row(stored, state, wakes_at=wakes_at), tuple(events), tuple(attempts))


def _judged_again(
    stored: StoredTicket,
    state: TicketState,
    book: ClockBook,
    policy: Policy,
    schedule: Schedule,
    context: ActionContext,
    *,
    why: str,
) -> Event:
    """The hold has ended: the verdict of now, with the first reply due by the ticket's own clock."""
    due = book.first_reply_due(context.now)
    decided = verdict_again(state, policy, schedule, context.now, counts_from=state.hold_until, due=due)
    event = judged(decided, ticket_id=stored.ticket.id, why=why, terms=book.in_force(context.now))
    book.add(event)
    return event


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)


def advance(
    tx: Transaction, stored: StoredTicket, state: TicketState, book: ClockBook, context: ActionContext
) -> tuple[StoredTicket, tuple[Attempt, ...]]:
    """Do everything that `state` is owed at `context.now`, and write the row. Gives the row and the new attempts."""
    schedule = tx.schedule()
    done = owed(stored, state, book, tx.policy(), schedule, context, deaf=unreachable_by_text(tx, schedule))
    tx.append(done.events)
    tx.add_attempts(done.attempts)
    tx.update_ticket(done.row)
    return done.row, done.attempts


def advance_ticket(tx: Transaction, ticket_id: str, context: ActionContext) -> tuple[Attempt, ...]:
    """Do what a stored ticket is owed now. Gives the new attempts."""
    stored = tx.ticket(ticket_id)
    if stored is None or stored.due_at is None:
        return ()
    log = tx.events(ticket_id)
    _, attempts = advance(tx, stored, fold(stored.ticket, log), ClockBook(tx, stored.ticket, log), context)
    return attempts


def as_row(stored: StoredTicket, state: TicketState, *, wakes_at: datetime | None) -> StoredTicket:
    """The row that says what `state` adds up to. wakes_at: the next instant at which the pager owes it something."""
    return replace(
        stored,
        status=state.status,
        impact=state.impact,
        action=state.action.value if state.action is not None else stored.action,
        hold_until=state.hold_until,
        due_at=wakes_at,
        first_reply_due=state.first_reply_due,
        owner=state.owner,
    )


def _owner(state: TicketState, schedule: Schedule) -> str | None:
    """Who has a ticket that is chased, by name where they are on a roster; None for any other ticket."""
    if not state.is_chased or state.owner is None:
        return None
    return name_of(state.owner, schedule)


def _page(
    stored: StoredTicket,
    state: TicketState,
    decision: Fire,
    clocks: SlaState,
    policy: Policy,
    context: ActionContext,
    *,
    owner: str | None,
) -> Attempt:
    due, promised = promise_of(next_due(clocks), state.first_reply_due)
    text = page_text(
        stored.ticket,
        impact=state.impact,
        code=stored.code,
        policy=policy,
        due=due,
        promised=promised,
        owner=owner,
    )
    attempt = new_attempt(
        stored.ticket.id,
        to=decision.to,
        channel=decision.step.channel,
        purpose=Purpose.PAGE,
        body=text,
        context=context,
        goes_alone=_goes_alone(state, policy),
    )
    return replace(
        attempt,
        round=decision.position.round,
        step=decision.position.step,
        deadline=decision.following.due_at if decision.following is not None else None,
        why=decision.why,
    )


def _goes_alone(state: TicketState, policy: Policy) -> bool:
    """The first page of an urgent ticket, and of its new life once it is reopened, waits for nothing."""
    is_first = not state.paged or state.last_fired is None
    return is_first and urgency(state.impact, policy) == 0
