"""The mail that brings a customer one reply: to which address, what it says, and in which thread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from oncall.paging.domain.events import Event
from oncall.paging.domain.people import first_name
from oncall.paging.domain.ticket import Ticket
from oncall.paging.ports.outgoing_mail import MAIL_ADDRESS, OutgoingMail, mail_body
from oncall.paging.ports.relay import CUSTOMER_MAIL, RelayMessage
from oncall.paging.relay.ticket_messages import message_id
from oncall.schedule.schedule import Schedule
from oncall.support.mail_rules import MailRules

REPLY_MAIL = "ticket.mail"
"""The kind of the relay message that carries a reply to a customer."""
_LONGEST_THREAD = 250
"""The most characters of another mail's id that a header repeats."""


@dataclass(frozen=True, slots=True)
class MailThread:
    """The Message-IDs that place a mail in its thread, without brackets. own_id: the id of this mail.

    answers: the id of the mail that it answers; None if no mail about the ticket is known.
    """

    own_id: str
    answers: str | None = None


def customer_address(contact: str | None, rules: MailRules) -> str | None:
    """Return the mail address in a ticket's contact, to which replies go; None if there is none.

    An address at which this service takes mail in does not count: the reply would come back as a customer's mail.
    """
    found = MAIL_ADDRESS.search(contact or "")
    address = found[0].rstrip(".") if found is not None else None
    return None if address is None or rules.takes(address) else address


def reply_mail_id(event: Event) -> str:
    """Return the id of the relay message that carries a reply. It follows from the event, so that it is stored once."""
    return message_id(CUSTOMER_MAIL, f"{event.ticket}|{event.seq}|{event.kind.value}|{event.at.isoformat()}")


def reply_mail(
    ticket: Ticket,
    event: Event,
    text: str,
    schedule: Schedule,
    *,
    to: str,
    reply_to: str | None,
    page: str | None,
    thread: MailThread,
    real_now: datetime,
) -> RelayMessage:
    """Return the mail with a reply, whose words are `text`.

    to: the customer's address. reply_to: the address for an answer; None if the service takes in no mail. page: the
    address of the ticket's page; None to leave it out.
    """
    ways = [
        *(["Answer this mail to write to us."] if reply_to is not None else []),
        *([f"The page of your ticket: {page}"] if page is not None else []),
    ]
    ending = "\n".join(["", "-- ", *ways, ""]) if ways else ""
    words = f"{first_name(event.by, schedule)} wrote about your ticket {ticket.id}:\n\n{text}\n{ending}"
    mail = OutgoingMail(to, f"[{ticket.id}] {ticket.subject}", words, _headers(thread, reply_to))
    body = mail_body(mail)
    return RelayMessage(reply_mail_id(event), CUSTOMER_MAIL, REPLY_MAIL, ticket.id, event.seq, body, real_now, real_now)


def _headers(thread: MailThread, reply_to: str | None) -> Mapping[str, str]:
    """Return the headers. They say that a person wrote the mail, and ask programs to send no automatic answer."""
    found = {"Message-ID": f"<{thread.own_id}>", "Auto-Submitted": "no", "X-Auto-Response-Suppress": "OOF, AutoReply"}
    before = thread.answers
    if before is not None and len(before) <= _LONGEST_THREAD and before.isascii() and before.isprintable():
        found |= {"In-Reply-To": f"<{before}>", "References": f"<{before}>"}
    return found | ({"Reply-To": reply_to} if reply_to is not None else {})
