"""Creates and revokes links that show a customer one ticket, and finds the ticket that belongs to a link's secret."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Annotated, Protocol, TypedDict

from oncall.errors import NotFound, Refused
from oncall.paging.actions.ticket_references import find_ticket
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.store import TicketStore
from oncall.paging.ports.ticket_links import TicketLink, TicketLinks

MOST_LINKS = 20
"""The most links of one ticket."""
SECRET_BYTES = 16
LONGEST_SECRET = 100
PAGE_PATHS = "/t/"
"""The path of the web page of a customer's ticket, before the secret."""


class LinkStore(TicketStore, TicketLinks, Protocol):
    """The queries for tickets and ticket links."""


class TicketLinkView(TypedDict):
    """A new link that shows a customer one ticket."""

    ticket: Annotated[str, "The ticket's id."]
    url: Annotated[str, "The address of the page. It is shown once; the service keeps only its digest."]


class TicketUnlinkView(TypedDict):
    """Revoked links of a ticket."""

    ticket: Annotated[str, "The ticket's id."]
    revoked: Annotated[int, "How many links were revoked."]


def make_ticket_link(tx: LinkStore, reference: str, *, by: str, public_url: str, real_now: datetime) -> TicketLinkView:
    """Store a new link to a ticket. Returns it. reference: the ticket's id or code.

    Raises NotFound for an unknown ticket, and Refused for a drill and beyond MOST_LINKS.
    """
    ticket = find_ticket(tx, reference).ticket
    if ticket.is_drill:
        raise Refused(f"{ticket.id} is a test page, which no customer sees")
    if tx.count_ticket_links(ticket.id) >= MOST_LINKS:
        again = f"`oncall tickets link {ticket.id} --revoke` revokes them all"
        raise Refused(f"{ticket.id} has {MOST_LINKS} links already; {again}")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    tx.add_ticket_link(TicketLink(_digest(secret), ticket.id, real_now, by))
    return {"ticket": ticket.id, "url": f"{public_url.rstrip('/')}{PAGE_PATHS}{secret}"}


def revoke_ticket_links(tx: LinkStore, reference: str) -> TicketUnlinkView:
    """Delete every link to a ticket. Raises NotFound for an unknown ticket, or one without a link."""
    ticket = find_ticket(tx, reference).ticket.id
    revoked = tx.remove_ticket_links(ticket)
    if not revoked:
        raise NotFound(f"{ticket} has no link; `oncall tickets link {ticket}` makes one")
    return {"ticket": ticket, "revoked": revoked}


def ticket_with_secret(tx: LinkStore, secret: str) -> StoredTicket | None:
    """Return the ticket of the link with this secret; None if there is no such link or it was revoked."""
    link = tx.ticket_link(_digest(secret)) if 0 < len(secret) <= LONGEST_SECRET else None
    return tx.ticket(link.ticket) if link is not None else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
