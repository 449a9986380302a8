"""The words of a call: a ticket as text that a voice can read aloud."""

from __future__ import annotations

from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.sms_encoding import plain

LONGEST_SUBJECT = 200


def spoken_text(stored: StoredTicket) -> str:
    """Return the first words of a call: impact, ticket, owner if the ticket is chased, customer and subject."""
    ticket = stored.ticket
    subject = plain(ticket.subject)[:LONGEST_SUBJECT].rstrip(".")
    words = f"This is on call. {plain(stored.impact).capitalize()} ticket {by_letters(ticket.id)}."
    if stored.status is TicketStatus.OPEN and stored.owner is not None:
        words += f" {plain(stored.owner).capitalize()} has it, and a reply or an update is nearly due."
    return f"{words} Customer {plain(ticket.customer)}. {subject}." if subject else f"{words} {plain(ticket.customer)}."


def by_letters(ticket_id: str) -> str:
    """Return `T-1042` as `T 1 0 4 2`. A voice would read 1042 as one number."""
    return " ".join(letter for letter in ticket_id if letter.isalnum())
