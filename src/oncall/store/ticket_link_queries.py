"""Queries for links that show customers their tickets, in one open transaction."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import bindparam, delete, func, insert, select

from oncall.paging.ports.ticket_links import TicketLink
from oncall.store.statements import Statements
from oncall.store.tables import ticket_links

_BY_DIGEST = select(ticket_links).where(ticket_links.c.digest == bindparam("wanted"))
_COUNT = select(func.count()).select_from(ticket_links).where(ticket_links.c.ticket == bindparam("wanted"))
_REVOKE = delete(ticket_links).where(ticket_links.c.ticket == bindparam("wanted"))


class TicketLinkQueries(Statements):
    """The queries for links that show customers their tickets."""

    def add_ticket_link(self, link: TicketLink) -> None:
        """Store a link."""
        self._change(insert(ticket_links), asdict(link), subject="ticket link")

    def ticket_link(self, digest: str) -> TicketLink | None:
        """Return the link with this digest; None if there is none."""
        row = self._run(_BY_DIGEST, {"wanted": digest}).one_or_none()
        return None if row is None else TicketLink(*tuple(row))

    def count_ticket_links(self, ticket_id: str) -> int:
        """Return how many links a ticket has."""
        return int(self._run(_COUNT, {"wanted": ticket_id}).scalar_one())

    def remove_ticket_links(self, ticket_id: str) -> int:
        """Delete the links of a ticket. Returns how many were deleted."""
        return self._run(_REVOKE, {"wanted": ticket_id}).rowcount
