"""Protocols for tickets and their logs in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.records import TicketFilter, TicketSpan


class Tickets(Protocol):
    """Reads and writes single tickets."""

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """Return the ticket, its row locked until the transaction ends; None when there is none."""

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """Return the unresolved ticket with this code."""

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """Return the resolved ticket that had this code last, of those received since (policy time)."""

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert a ticket. Raises Conflict when its id is stored already."""

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Store the columns that can change. Raises NotFound for a ticket that is not stored.

        They are status, impact, action, hold_until, due_at, first_reply_due, owner and code.
        """


class TicketLists(Protocol):
    """Pages of tickets."""

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Return tickets, newest first, at most `wanted.limit`."""


class TicketHistory(Protocol):
    """Tickets for reports."""

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Return tickets received in a span, oldest first and then by id, at most `wanted.limit`.

        Reports do not need the first answers, so `answer` is empty.
        """

    def customer_names(self) -> list[str]:
        """Return the customers of all tickets, each spelling once, sorted."""


class Codes(Protocol):
    """The codes of unresolved tickets."""

    def code_count(self, length: int) -> int:
        """Return how many codes of this length unresolved tickets hold; up to a second old in a write."""

    def unused_code(self, draw: Callable[[], str]) -> str:
        """Return a code from `draw` that no unresolved ticket holds. `draw` may be called more often than needed."""


class DueTickets(Protocol):
    """Tickets with work due for the pager."""

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Return the ids of due tickets, the longest overdue first, without rows that another pager has locked."""

    def next_due_at(self) -> datetime | None:
        """Return the earliest `due_at` of all."""


class EventLog(Protocol):
    """The tickets' logs."""

    def events(self, ticket_id: str) -> list[Event]:
        """Return the ticket's log in its order."""

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """Return the logs of many tickets at once, each in its order, without events of the kinds in `without`.

        A ticket with nothing to show is absent.
        """

    def append(self, events: Sequence[Event]) -> None:
        """Append to the logs, in the order given. An event whose sender's id is there already raises Conflict."""
