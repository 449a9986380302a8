"""Writes the mail that brings a customer one reply: its address, its text, and its place in the mail thread."""

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
"""The kind of a relay message with a reply to a customer."""
_LONGEST_THREAD = 250
"""The most characters of the other mail's id that a header can name."""


@dataclass(frozen=True, slots=True)
class MailThread:
    """The Message-IDs that place a mail in its thread, without angle brackets. own_id: the id of this mail.

    answers: the id of the mail to which this mail is an answer; None if no mail about the ticket is known.
    """

    own_id: str
    answers: str | None = None


def customer_address(contact: str | None, rules: MailRules) -> str | None:
    """Return the mail address in a ticket's contact, to which replies go; None if there is none.

    None also for an address at which this service receives mail: the reply would come back as a mail of the customer.
    """
    found = MAIL_ADDRESS.search(contact or "")
    address = found[0].rstrip(".") if found is not None else None
    return None if address is None or rules.takes(address) else address


def reply_mail_id(event: Event) -> str:
    """Return the id of the relay message with a reply.

    It is computed from the event, so that the mail is stored once.
    """
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
    """Return the mail that sends a reply to the customer. event: the reply. text: its words.

    to: the customer's address. reply_to: the address for the customer's answer; None if the service receives no mail.
    page: the web address of the ticket's page; None to leave it out. real_now: aware UTC.
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
    """Return the mail's headers. They place it in its thread, and ask mail programs to send no automatic answer."""
    found = {"Message-ID": f"<{thread.own_id}>", "Auto-Submitted": "no", "X-Auto-Response-Suppress": "OOF, AutoReply"}
    before = thread.answers
    if before is not None and len(before) <= _LONGEST_THREAD and before.isascii() and before.isprintable():
        found |= {"In-Reply-To": f"<{before}>", "References": f"<{before}>"}
    return found | ({"Reply-To": reply_to} if reply_to is not None else {})
