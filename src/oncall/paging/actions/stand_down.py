"""Whoever was paged for a ticket that somebody has now, or that is over, hears so; what still waits is called off."""

from __future__ import annotations

from collections.abc import Sequence

from oncall.paging.domain.people import DESK, name_of
from oncall.paging.domain.state import TicketState
from oncall.paging.domain.ticket import SENDABLE, Attempt, AttemptStatus, Purpose, StoredTicket, TicketStatus
from oncall.paging.outgoing.cancellation import UNNEEDED, ended
from oncall.paging.outgoing.messages import drilled_text, merged_text, solved_text, taken_text
from oncall.paging.outgoing.new_attempts import ActionContext, notice
from oncall.paging.ports.store import Transaction

_NEVER_SEEN = (*SENDABLE, AttemptStatus.FAILED)


def tell_the_paged(
    tx: Transaction, stored: StoredTicket, before: TicketState, state: TicketState, context: ActionContext
) -> tuple[Attempt, ...]:
    """Stop what was not sent yet, and tell whoever was paged and is no longer needed."""
    if before.status is not TicketStatus.OPEN:
        return ()
    tries = tx.attempts(stored.ticket.id)
    cancel_pages(tx, tries)
    actor = state.resolved_by if state.status is TicketStatus.RESOLVED else state.owner
    assert actor is not None
    if stored.ticket.is_drill:
        body = drilled_text(stored.ticket.id)
    elif state.merged_into is not None:
        body = merged_text(stored.ticket.id, state.impact, state.merged_into)
    else:
        words = solved_text if state.status is TicketStatus.RESOLVED else taken_text
        body = words(stored.ticket.id, state.impact, name_of(actor, tx.schedule()), tx.policy())
    notices = tuple(
        notice(stored.ticket.id, person, body, context)
        for person in _waiting_to_hear(tries)
        if person not in (DESK, actor)
    )
    tx.add_attempts(notices)
    return notices


def cancel_pages(tx: Transaction, tries: Sequence[Attempt]) -> None:
    """End the pages among `tries` that no provider has."""
    for attempt in tries:
        if attempt.purpose is Purpose.PAGE and attempt.status in SENDABLE:
            tx.update_attempt(ended(attempt, UNNEEDED))


def _waiting_to_hear(tries: Sequence[Attempt]) -> list[str]:
    """Who was paged and has not been told anything since, in the order of their first page."""
    waiting: dict[str, None] = {}
    for attempt in tries:
        if attempt.purpose is Purpose.NOTICE:
            waiting.pop(attempt.to, None)
        elif attempt.status not in _NEVER_SEEN:
            waiting[attempt.to] = None
    return list(waiting)
