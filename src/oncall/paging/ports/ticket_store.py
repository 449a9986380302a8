"""Protocols for stored tickets and their logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.records import TicketFilter, TicketSpan

Memo = dict[str, Any]  # Each caller knows the type behind its own keys.


class Tickets(Protocol):
    """Reads and writes single tickets."""

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """Return the ticket with this id and lock its row until the transaction ends; None if there is none."""

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """Return the unresolved ticket with this code; None if there is none."""

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """Return the resolved ticket that last had this code; None if there is none.

        since: policy time; only tickets received since then.
        """

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert a ticket. Raises Conflict if its id is already stored."""

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Update a stored ticket: write those of its columns that can change. Raises NotFound if it is not stored.

        These columns are status, impact, action, hold_until, due_at, first_reply_due, owner and code.
        """


class TicketLists(Protocol):
    """Lists tickets in parts."""

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Return the tickets that a filter selects, at most `wanted.limit`, the newest first."""


class TicketHistory(Protocol):
    """Reads the tickets and the customers' names for reports."""

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Return at most `wanted.limit` tickets received in a span, ordered by time and id. Their `answer` is None."""

    def customer_names(self) -> list[str]:
        """Return the customers' names in all tickets, sorted, each spelling once."""


class Codes(Protocol):
    """Counts and checks the codes of unresolved tickets."""

    def code_count(self, length: int) -> int:
        """Return how many unresolved tickets have a code of this length. In a write the count may be a second old."""

    def unused_code(self, draw: Callable[[], str]) -> str:
        """Return a code from `draw` that no unresolved ticket and no request to swap has, and that is no ticket's id.

        draw: returns a random code; it may be called more often than needed.
        """


class DueTickets(Protocol):
    """Finds the tickets for which the pager has work."""

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Return the ids of at most `limit` tickets that are due at `now` (policy time), the longest overdue first.

        Rows that another pager has locked are left out.
        """

    def next_due_at(self) -> datetime | None:
        """Return the earliest `due_at` of all tickets (policy time); None if no ticket has one."""


class EventLog(Protocol):
    """Reads the tickets' logs and appends to them."""

    def events(self, ticket_id: str) -> list[Event]:
        """Return the ticket's events in the order of its log."""

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """Return the logs of many tickets by ticket id, each in its order, without events of the kinds in `without`.

        A ticket without other events is absent.
        """

    def memo(self, ticket_id: str) -> Memo:
        """Return a dict in which callers store what they computed from this ticket's log, for later transactions.

        A store whose log another process may change returns a new dict each time.
        """

    def append(self, events: Sequence[Event]) -> None:
        """Append events to their tickets' logs, in the order given.

        Raises Conflict if an event with the same `id` is stored.
        """
