"""Reads the unresolved tickets, each with the clock that ends first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.errors import FileFaults, NotFound
from oncall.paging.clocks.clock_book import COUNTS_FOR_CLOCKS, TermsOf, sla_events, terms_in
from oncall.paging.domain.events import Event, EventKind, UnreadableLog
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.outgoing.ticket_work import known_clocks
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.ticket_store import EventLog, TicketLists
from oncall.support.clocks import SlaClock, next_due, sla

_UNRESOLVED = (TicketStatus.OPEN, TicketStatus.ACKNOWLEDGED)
_PAGE = 500
_UNNEEDED = tuple(kind for kind in EventKind if kind not in (*COUNTS_FOR_CLOCKS, EventKind.HANDED_OVER))

Wanted = Callable[[StoredTicket, Sequence[Event]], bool]
"""A function that says whether to return a ticket. The log that it gets has only handoffs and the events that clocks
need."""


class OpenTickets(Schedules, TicketLists, EventLog, Protocol):
    """Reads the unresolved tickets and their clocks."""


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """An unresolved ticket. clock: its clock that ends first; None if none runs, or if its log cannot be read."""

    stored: StoredTicket
    clock: SlaClock | None


def open_tickets(tx: OpenTickets, now: datetime, wanted: Wanted) -> list[OpenTicket]:
    """Return the unresolved tickets for which `wanted` is true, the most pressing first. now: policy time.

    Reads every unresolved ticket. Run it on a snapshot, so that no writer waits.
    """
    return sorted(_found(tx, now, wanted), key=_urgency)


def _found(tx: OpenTickets, now: datetime, wanted: Wanted) -> Iterable[OpenTicket]:
    terms_of = terms_in(tx)
    after: str | None = None
    while True:
        page = tx.tickets(TicketFilter(_UNRESOLVED, after=after, limit=_PAGE))
        logs = tx.events_of([stored.ticket.id for stored in page], without=_UNNEEDED)
        for stored in page:
            log = logs.get(stored.ticket.id, [])
            if wanted(stored, log):
                known = known_clocks(tx, stored.ticket.id, now)
                yield OpenTicket(stored, next_due(known) if known is not None else _clock(stored, log, terms_of, now))
        if len(page) < _PAGE:
            return
        after = page[-1].ticket.id


def _clock(stored: StoredTicket, log: Sequence[Event], terms_of: TermsOf, now: datetime) -> SlaClock | None:
    """Return the ticket's clock that ends first; None if no clock runs, or if the policy or the log cannot be read."""
    try:
        return next_due(sla(sla_events(stored.ticket, log, terms_of), now))
    except (NotFound, FileFaults, UnreadableLog):
        return None


def _urgency(found: OpenTicket) -> tuple[bool, float]:
    due = found.clock.due_at if found.clock is not None else None
    return due is None, due.timestamp() if due is not None else found.stored.received_at.timestamp()
