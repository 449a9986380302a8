"""The first pages of urgent tickets: a phone gets the first one at once and alone, the following ones in a bundle."""

from __future__ import annotations

from datetime import timedelta

from oncall.paging.domain.events import Received
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.ticket_work import TicketWork
from oncall.paging.ports.attempt_store import SentMessages
from oncall.support.policy import Policy, TextLimit
from oncall.support.wording import exact_span


def posted_by(work: TicketWork) -> str:
    """Return the caller who posted the ticket."""
    return next((event.by for event in work.log if isinstance(event, Received)), work.context.by)


SUMMARY_EVERY = timedelta(minutes=1)
"""How often (policy time) a phone gets a summary of urgent pages that exceed a ceiling."""


def over_ceiling(tx: SentMessages, person: str, caller: str, policy: Policy, context: ActionContext) -> str | None:
    """Return why the first page of an urgent ticket must go into a summary; None if it may go out by itself.

    person: the id of the person to page. caller: who posted the ticket.
    """
    phone, tickets = policy.limits.urgent_to_phone, policy.limits.urgent_of_caller
    if not tx.phone_has_room(person, since=context.instant - phone.within, most=phone.most):
        return f"{person} had {_messages(phone)} with urgent pages (limits.urgent_per_phone)"
    if not tx.caller_has_room(caller, since=context.instant - tickets.within, most=tickets.most):
        return f"tickets of {caller} caused {_messages(tickets)} (limits.urgent_per_caller)"
    return None


def _messages(ceiling: TextLimit) -> str:
    return f"{ceiling.most} {'message' if ceiling.most == 1 else 'messages'} in the last {exact_span(ceiling.within)}"


def reserve_phone(tx: SentMessages, person: str, policy: Policy, context: ActionContext) -> bool:
    """Reserve a person's phone for an urgent page. Returns False if the page must wait for another page to that phone.

    It must wait if the phone had a page in the last `bundle_urgent_for`, or if another page is about to go out. This is
    checked again after the reservation, because another pager may have paged the person in between.
    """
    since = context.instant - policy.limits.bundle_urgent_for
    return tx.phone_is_free(person, since=since) and tx.try_lock_phone(person) and tx.phone_is_free(person, since=since)
