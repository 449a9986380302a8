"""Links that show customers their tickets, in memory, for the store of a rehearsal, which has no customers."""

from __future__ import annotations

from oncall.paging.ports.ticket_links import TicketLink


class TicketLinkBook:
    """Stores links by digest. A base class of the memory store."""

    _ticket_links: dict[str, TicketLink]

    def add_ticket_link(self, link: TicketLink) -> None:
        """Store a link."""
        self._ticket_links[link.digest] = link

    def ticket_link(self, digest: str) -> TicketLink | None:
        """Return the link with this digest; None if there is none."""
        return self._ticket_links.get(digest)

    def count_ticket_links(self, ticket_id: str) -> int:
        """Return how many links a ticket has."""
        return sum(link.ticket == ticket_id for link in self._ticket_links.values())

    def remove_ticket_links(self, ticket_id: str) -> int:
        """Delete the links of a ticket. Returns how many were deleted."""
        found = [link.digest for link in self._ticket_links.values() if link.ticket == ticket_id]
        for digest in found:
            del self._ticket_links[digest]
        return len(found)
