"""A ticket that becomes urgent while its first page still waits for a turn: that page goes at once, and says urgent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from oncall.paging.clocks.clock_book import ClockBook
from oncall.paging.domain.escalation import urgency
from oncall.paging.domain.state import TicketState
from oncall.paging.domain.ticket import SENDABLE, Attempt, Purpose, StoredTicket, TicketStatus
from oncall.paging.outgoing.messages import page_text, promise_of
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.store import Transaction
from oncall.support.clocks import next_due


def speed_up_escalation(
    tx: Transaction, stored: StoredTicket, state: TicketState, book: ClockBook, context: ActionContext
) -> None:
    """Let the first page of a ticket that is urgent by now wait for nothing any more, if it still waits. state: the
    ticket's, after the change of its impact."""
    if state.status is not TicketStatus.OPEN or urgency(state.impact, tx.policy()) != 0:
        return
    waiting = _first_page(tx, state, tx.attempts(stored.ticket.id))
    if waiting is None:
        return
    due, promised = promise_of(next_due(book.clocks(context.now)), state.first_reply_due)
    text = page_text(
        stored.ticket, impact=state.impact, code=stored.code, policy=tx.policy(), due=due, promised=promised
    )
    tx.update_attempt(replace(waiting, goes_alone=True, retry_at=context.real_now, lease_until=None, sent_text=text))


def _first_page(tx: Transaction, state: TicketState, tries: Sequence[Attempt]) -> Attempt | None:
    """The first text that pages somebody since the ticket was opened, while no provider has it nor any page since."""
    opened_at = state.opened_at
    pages = [one for one in tries if one.purpose is Purpose.PAGE and (opened_at is None or one.at >= opened_at)]
    if any(page.sent_at is not None or page.rides for page in pages):
        return None
    first = next((page for page in pages if page.is_text and page.takes_turns and page.status in SENDABLE), None)
    current = tx.attempt(first.id) if first is not None else None
    return current if current is not None and current.status in SENDABLE else None
