"""Speeds up the first page of a ticket that becomes urgent while the page waits.

No rate limit delays the page any more, and its text names the new impact.
"""

from __future__ import annotations

from dataclasses import replace

from oncall.paging.domain.escalation import urgency
from oncall.paging.domain.ticket import SENDABLE, Attempt, Purpose, TicketStatus
from oncall.paging.outgoing.messages import page_text, promise_of
from oncall.paging.outgoing.new_attempts import skips_queue
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.outgoing.urgent_pages import posted_by
from oncall.support.clocks import next_due
from oncall.support.policy import ChannelName


def speed_up_escalation(work: TicketWork) -> None:
    """Make the first page of a ticket that has become urgent due now, if it is not sent yet."""
    state, policy = work.state, work.policy
    if state.status is not TicketStatus.OPEN or urgency(state.impact, policy) != 0:
        return
    waiting = _first_page(work)
    if waiting is None:
        return
    due, promised = promise_of(next_due(work.clocks), state.first_reply_due)
    text = page_text(
        work.stored.ticket, impact=state.impact, code=work.stored.code, policy=policy, due=due, promised=promised
    )
    goes_alone = skips_queue(ChannelName.SMS, policy.limits)
    urgent = replace(waiting, caller=posted_by(work), is_immediate=goes_alone, sent_text=text)
    work.change_attempt(replace(urgent, retry_at=work.context.real_now, lease_until=None))


def _first_page(work: TicketWork) -> Attempt | None:
    """Return the first page by SMS since the ticket was last opened, if it is not sent yet; else None.

    None also if a provider already has another page from that time.
    """
    opened_at = work.state.opened_at
    pages = [one for one in work.attempts if one.purpose is Purpose.PAGE and (opened_at is None or one.at >= opened_at)]
    if any(page.sent_at is not None or page.is_member for page in pages):
        return None
    first = next((page for page in pages if page.is_text and page.may_wait and page.status in SENDABLE), None)
    current = work.tx.attempt(first.id) if first is not None else None
    return current if current is not None and current.status in SENDABLE else None
