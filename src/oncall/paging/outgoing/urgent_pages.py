"""The first pages of urgent tickets: the first to a phone goes at once and alone, those that follow it go together."""

from __future__ import annotations

from oncall.paging.domain.events import Received
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.attempt_store import SentMessages
from oncall.support.policy import Policy


def posted_by(work: TicketWork) -> str:
    """Return who posted the ticket."""
    return next((event.by for event in work.log if isinstance(event, Received)), work.context.by)


def reserve_phone(tx: SentMessages, person: str, policy: Policy, context: ActionContext) -> bool:
    """Return True if an urgent page may go to this person at once, and reserve their phone for it.

    That is so if the phone had no page in the last `bundle_urgent_for`, and none is about to go. The question is asked
    again under the reservation: two pagers may have received two tickets at the same time.
    """
    since = context.instant - policy.limits.bundle_urgent_for
    return tx.phone_is_free(person, since=since) and tx.try_lock_phone(person) and tx.phone_is_free(person, since=since)
