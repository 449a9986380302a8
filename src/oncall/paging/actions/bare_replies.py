"""Replies by SMS that name no ticket: `ACK` or `DONE` alone means the ticket of the last page, if that is recent."""

from __future__ import annotations

from datetime import datetime

from oncall.paging.actions.reply_words import Verb
from oncall.paging.domain.ticket import Attempt, Purpose, StoredTicket, TicketStatus
from oncall.paging.ports.store import ReplyStore
from oncall.support.wording import exact_span


def last_page(tx: ReplyStore, person: str, now: datetime) -> Attempt | None:
    """Return the last page to this person, by text or call; None if there was none lately. now: policy time.

    Lately is within `bare_reply_within` of the policy. If the last message was a bundle, this is the page whose ticket
    the message shows in full.
    """
    since = now - tx.policy().sms.bare_reply_within
    calls = [one for one in tx.calls_to(person, since=since) if one.purpose is Purpose.PAGE]
    found = [one for one in (tx.last_page_to(person), *calls) if one is not None]
    recent = [(one.sent_at, one.id, one) for one in found if one.sent_at is not None and one.sent_at >= since]
    return max(recent)[2] if recent else None


def why_not(
    tx: ReplyStore, verb: Verb, meant: StoredTicket | None, mine: list[StoredTicket], person: str
) -> str | None:
    """Return why a command without a code does nothing; None if it is carried out on `meant`.

    meant: the ticket of the last page to the person; None if there is none. mine: the unresolved tickets that the
    person owns, which `DONE` or `PASS` may mean instead.
    """
    if meant is None:
        return (
            f"no page went to you in the last {exact_span(tx.policy().sms.bare_reply_within)}, so {verb} needs a code"
        )
    others = [stored for stored in mine if stored.ticket.id != meant.ticket.id]
    is_open = meant.status is not TicketStatus.RESOLVED
    if verb in (Verb.DONE, Verb.PASS) and others and not (is_open and meant.owner == person):
        named = " or ".join(f"{verb} {stored.code} for {stored.ticket.id}" for stored in others[:2])
        return f"{verb} alone is for your last page, {meant.ticket.id}, which is not yours; send {named}"
    return None
