"""Carry out what is owed to one ticket inside a transaction: decide, log, write the attempts, until nothing is due."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from oncall.paging.decide import Fire, Judge, Skip, Wait, judged, next_decision, recorded, verdict_again
from oncall.paging.messages import page_text
from oncall.paging.people import DESK
from oncall.paging.ports import Transaction
from oncall.paging.state import TicketState, after, fold
from oncall.paging.ticket import Attempt, AttemptStatus, Event, Purpose, StoredTicket, TicketStatus
from oncall.schedule.schedule import Schedule
from oncall.support.policy import ChannelName, Policy

MOST_DECISIONS = 50
"""More than any round has steps: a ticket that is still not done is left for the next pass."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts, when, and whether the one who acts sends at once.

    now: policy time; real_now: real time; both aware UTC. lease_until (real time): the attempts written are this
    process's to send until then; None leaves them queued for any pager.
    """

    by: str
    now: datetime
    real_now: datetime
    lease_until: datetime | None = None


def whole_second(at: datetime) -> datetime:
    """Policy time as it is logged: deadlines and steps fall on whole seconds."""
    return at.replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Owed:
    """What a ticket was owed at an instant, carried out but not yet written: its row, events and attempts."""

    row: StoredTicket
    events: tuple[Event, ...]
    attempts: tuple[Attempt, ...]


def owed(stored: StoredTicket, state: TicketState, policy: Policy, schedule: Schedule, hand: Hand) -> Owed:
    """Everything that `state` is owed at `hand.now`, decision by decision until nothing is due. Writes nothing."""
    events: list[Event] = []
    attempts: list[Attempt] = []
    for _ in range(MOST_DECISIONS):
        decision = next_decision(state, policy, schedule, hand.now)
        if isinstance(decision, Wait):
            break
        if isinstance(decision, Judge):
            decided = verdict_again(state, policy, schedule, hand.now, counts_from=state.hold_until)
            event = judged(decided, ticket_id=stored.ticket.id, why=decision.why)
        elif isinstance(decision, Skip):
            event = recorded(decision, ticket_id=stored.ticket.id, at=hand.now)
        else:
            attempt = _page(stored, state, decision, policy, hand)
            attempts.append(attempt)
            event = recorded(decision, ticket_id=stored.ticket.id, at=hand.now, attempt=attempt.id)
        events.append(event)
        state = after(state, event)
    return Owed(as_row(stored, state), tuple(events), tuple(attempts))


def advance(
    tx: Transaction, stored: StoredTicket, state: TicketState, hand: Hand
) -> tuple[StoredTicket, tuple[Attempt, ...]]:
    """Do everything that `state` is owed at `hand.now`, and write the row. Gives the row and the new attempts."""
    done = owed(stored, state, tx.policy(), tx.schedule(), hand)
    tx.append(done.events)
    tx.add_attempts(done.attempts)
    tx.update_ticket(done.row)
    return done.row, done.attempts


def advance_ticket(tx: Transaction, ticket_id: str, hand: Hand) -> tuple[Attempt, ...]:
    """Do what a stored ticket is owed now. Gives the new attempts."""
    stored = tx.ticket(ticket_id)
    if stored is None or stored.status is not TicketStatus.OPEN:
        return ()
    state = fold(stored.ticket, tx.events(ticket_id))
    _, attempts = advance(tx, stored, state, hand)
    return attempts


def as_row(stored: StoredTicket, state: TicketState) -> StoredTicket:
    """The row that says what `state` adds up to."""
    return replace(
        stored,
        status=state.status,
        impact=state.impact,
        action=state.action.value if state.action is not None else stored.action,
        hold_until=state.hold_until,
        due_at=state.due_at,
        first_reply_due=state.first_reply_due,
        owner=state.owner,
    )


def _page(stored: StoredTicket, state: TicketState, decision: Fire, policy: Policy, hand: Hand) -> Attempt:
    assert state.first_reply_due is not None
    text = page_text(stored.ticket, impact=state.impact, code=stored.code, policy=policy, due=state.first_reply_due)
    attempt = new_attempt(
        stored.ticket.id, to=decision.to, channel=decision.step.channel, purpose=Purpose.PAGE, body=text, hand=hand
    )
    return replace(
        attempt,
        round=decision.position.round,
        step=decision.position.step,
        deadline=decision.following.due_at if decision.following is not None else None,
    )


def new_attempt(ticket_id: str, *, to: str, channel: ChannelName, purpose: Purpose, body: str, hand: Hand) -> Attempt:
    """A try that is still to be made. What goes to the desk's own queue is delivered by being written."""
    if to == DESK:
        status = AttemptStatus.DELIVERED
    else:
        status = AttemptStatus.QUEUED if hand.lease_until is None else AttemptStatus.SENDING
    return Attempt(
        id=uuid.uuid4().hex,
        ticket=ticket_id,
        at=hand.now,
        to=to,
        channel=channel.value,
        purpose=purpose,
        body=body,
        status=status,
        written_at=hand.real_now,
        retry_at=hand.real_now if status is AttemptStatus.QUEUED else None,
        lease_until=hand.lease_until if status is AttemptStatus.SENDING else None,
    )
