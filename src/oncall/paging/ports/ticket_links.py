"""Stored links that show customers their tickets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class TicketLink:
    """A link that shows a customer one ticket. Only the SHA-256 digest (hex) of its secret is stored.

    ticket: the ticket's id. created_at: real time, aware UTC. by: who created the link.
    """

    digest: str
    ticket: str
    created_at: datetime
    by: str


class TicketLinks(Protocol):
    """Stores links that show customers their tickets."""

    def add_ticket_link(self, link: TicketLink) -> None:
        """Store a link."""

    def ticket_link(self, digest: str) -> TicketLink | None:
        """Return the link with this digest; None if there is none."""

    def count_ticket_links(self, ticket_id: str) -> int:
        """Return how many links a ticket has."""

    def remove_ticket_links(self, ticket_id: str) -> int:
        """Delete the links of a ticket. Returns how many were deleted."""
