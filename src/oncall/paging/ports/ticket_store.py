"""Protocols for tickets and their logs in the store."""

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
        """Return the ticket and lock its row until the transaction ends; None if there is none."""

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """Return the unresolved ticket with this code; None if there is none."""

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """Return the resolved ticket that had this code last, among those received since `since` (policy time), or
        None.
        """

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert a ticket. Raises Conflict when its id is stored already."""

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Store the columns that can change. Raises NotFound for a ticket that is not stored.

        They are status, impact, action, hold_until, due_at, first_reply_due, owner and code.
        """


class TicketLists(Protocol):
    """Lists tickets page by page."""

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Return at most `wanted.limit` tickets, newest first."""


class TicketHistory(Protocol):
    """Reads tickets and customers' names for reports."""

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Return tickets received in a span, oldest first and then by id, at most `wanted.limit`.

        Reports do not need the first answers, so `answer` is empty.
        """

    def customer_names(self) -> list[str]:
        """Return the customer names of all tickets, each spelling once, sorted."""


class Codes(Protocol):
    """Counts and checks the codes of unresolved tickets."""

    def code_count(self, length: int) -> int:
        """Return how many unresolved tickets have a code of this length. In a write the count may be a second old."""

    def unused_code(self, draw: Callable[[], str]) -> str:
        """Return a code from `draw` that no unresolved ticket and no swap request holds, and that is no ticket's id.

        `draw` may be called more often than needed.
        """


class DueTickets(Protocol):
    """Finds the tickets for which the pager has work."""

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Return the ids of due tickets, the longest overdue first, without rows that another pager has locked."""

    def next_due_at(self) -> datetime | None:
        """Return the earliest `due_at` of all tickets; None if no ticket has one."""


class EventLog(Protocol):
    """Reads the tickets' logs and appends to them."""

    def events(self, ticket_id: str) -> list[Event]:
        """Return the ticket's events in log order."""

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """Return the logs of many tickets at once, each in its order, without events of the kinds in `without`.

        A ticket without such events is absent.
        """

    def memo(self, ticket_id: str) -> Memo:
        """Return a dict in which callers keep what they computed from this ticket's log, for the next transaction.

        A store whose log may change under another process returns a new dict each time.
        """

    def append(self, events: Sequence[Event]) -> None:
        """Append events to the logs, in the order given. Raises Conflict if an event's own id is already stored."""
