"""What is asked of the store about tickets and their logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.records import TicketFilter, TicketSpan


class Tickets(Protocol):
    """Single tickets."""

    def ticket(self, ticket_id: str) -> StoredTicket | None:
        """The ticket, its row locked until the transaction ends; None when there is none."""

    def ticket_by_code(self, code: str) -> StoredTicket | None:
        """The unresolved ticket with this code."""

    def resolved_by_code(self, code: str, *, since: datetime) -> StoredTicket | None:
        """The resolved ticket that had this code last, of those received since (policy time)."""

    def add_ticket(self, ticket: StoredTicket) -> None:
        """Insert it. Raises Conflict when the id is there already."""

    def update_ticket(self, ticket: StoredTicket) -> None:
        """Write status, impact, action, hold_until, due_at, first_reply_due, owner, code; the rest never changes."""


class TicketLists(Protocol):
    """Pages of tickets."""

    def tickets(self, wanted: TicketFilter) -> list[StoredTicket]:
        """Tickets, newest first, at most `wanted.limit`."""


class TicketHistory(Protocol):
    """Tickets for reports."""

    def tickets_between(self, wanted: TicketSpan) -> list[StoredTicket]:
        """Tickets received in a span, oldest first, at most `wanted.limit`; of one instant the lower id first.

        Reports do not need the first answers, so `answer` is empty.
        """

    def customer_names(self) -> list[str]:
        """The customers of all tickets, each spelling once, sorted."""


class Codes(Protocol):
    """The codes of unresolved tickets."""

    def code_count(self, length: int) -> int:
        """How many codes of this length unresolved tickets hold; up to a second old in a transaction that writes."""

    def unused_code(self, draw: Callable[[], str]) -> str:
        """A code that `draw` gave and no unresolved ticket holds. `draw` may be called more often than needed."""


class DueTickets(Protocol):
    """The tickets to which the pager owes something."""

    def due_tickets(self, now: datetime, limit: int) -> list[str]:
        """Ids of tickets whose `due_at` has come, the longest overdue first, without rows that another pager holds."""

    def next_due_at(self) -> datetime | None:
        """The earliest `due_at` of all."""


class EventLog(Protocol):
    """The tickets' logs."""

    def events(self, ticket_id: str) -> list[Event]:
        """The ticket's log in its order."""

    def events_of(self, ticket_ids: Sequence[str], *, without: Sequence[EventKind] = ()) -> dict[str, list[Event]]:
        """The logs of many tickets at once, each in its order, without events of the kinds in `without`.

        A ticket with nothing to show is absent.
        """

    def append(self, events: Sequence[Event]) -> None:
        """Append to the logs, in the order given. An event whose sender's id is there already raises Conflict."""
