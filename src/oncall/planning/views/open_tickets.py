"""A cache of the open tickets, by urgency. Each call reads only the tickets that have changed since the last one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.paging.domain.events import Event
from oncall.paging.domain.ticket import StoredTicket, TicketStatus
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.relay import EventFeed
from oncall.paging.ports.store import ListingStore
from oncall.paging.views.ticket_view_types import TicketView
from oncall.paging.views.ticket_views import clock_logs, views_at
from oncall.paging.views.ticket_words import first_to_end

WAITING = (TicketStatus.OPEN, TicketStatus.ACKNOWLEDGED)
READ_AT_ONCE = 1_000
MOST_NEW_EVENTS = 5_000
"""After more new events than this, all open tickets are read again."""
LOOKED_BACK = 100
"""How many known events are read again, because a transaction may commit an event below the newest number."""
READ_AGAIN = 50
"""How many unchanged tickets each call reads again, the longest unread first: an SLA clock moves without an event."""


class OpenTicketStore(ListingStore, EventFeed, Protocol):
    """The database queries for the open tickets."""


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """One open ticket with its log. deadline: the earliest end of its SLA clocks, in seconds since 1970.

    deadline is infinite if no clock runs. is_held: the ticket is on hold.
    """

    stored: StoredTicket
    log: Sequence[Event]
    deadline: float
    is_held: bool


class OpenTickets:
    """The open tickets at the last call of `look`. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, OpenTicket] = {}
        self._seen: tuple[int, int] | None = None
        """The number of the newest event and the version of the schedule at the last call; None before the first."""

    def look(self, tx: OpenTicketStore, now: datetime) -> list[OpenTicket]:
        """Return the open tickets at `now` (policy time, aware UTC), by the earliest end of their SLA clocks."""
        last, version = tx.last_event(), tx.schedule().newest
        with self._lock:
            if self._seen is not None and last < self._seen[0]:
                # This transaction began before the one of the last look, and must not undo what that one has seen.
                return _by_urgency(_read_all(tx, now).values())
            if self._seen is None or version != self._seen[1] or last - self._seen[0] > MOST_NEW_EVENTS:
                self._kept = _read_all(tx, now)
            else:
                self._read_changed(tx, now, max(self._seen[0] - LOOKED_BACK, 0))
            self._seen = last, version
            return _by_urgency(self._kept.values())

    def _read_changed(self, tx: OpenTicketStore, now: datetime, after: int) -> None:
        changed = {event.ticket for event in tx.events_after(after, most=MOST_NEW_EVENTS + LOOKED_BACK)}
        # The dict keeps the order in which tickets were read, so that the first ones were read longest ago.
        ids = list(changed.union(list(self._kept)[:READ_AGAIN]))
        found = [stored for stored in map(tx.ticket, ids) if stored is not None]
        for name in ids:
            self._kept.pop(name, None)
        self._kept |= _folded(tx, [stored for stored in found if stored.status in WAITING], now)


def _read_all(tx: OpenTicketStore, now: datetime) -> dict[str, OpenTicket]:
    found: dict[str, OpenTicket] = {}
    after = None
    while True:
        stored = tx.tickets(TicketFilter(WAITING, after=after, limit=READ_AT_ONCE))
        found |= _folded(tx, stored, now)
        if len(stored) < READ_AT_ONCE:
            return found
        after = stored[-1].ticket.id


def _folded(tx: OpenTicketStore, found: Sequence[StoredTicket], now: datetime) -> dict[str, OpenTicket]:
    logs = clock_logs(tx, [stored.ticket.id for stored in found])
    rows = [(stored, logs.get(stored.ticket.id, ())) for stored in found]
    return {
        stored.ticket.id: OpenTicket(stored, log, _deadline(view, now), is_held(view))
        for (stored, log), view in zip(rows, views_at(tx, rows, now), strict=True)
    }


def shown(tx: ListingStore, found: Iterable[OpenTicket], now: datetime) -> list[TicketView]:
    """Return open tickets in the form of ticket lists at `now` (policy time, aware UTC), in the given order."""
    return views_at(tx, [(each.stored, each.log) for each in found], now)


def is_held(item: TicketView) -> bool:
    """Return True for an open ticket that is on hold."""
    return item["state"] == "open" and item["hold_until"] is not None


def _by_urgency(found: Iterable[OpenTicket]) -> list[OpenTicket]:
    """Return the tickets by deadline; tickets with the same deadline or none come newest first."""
    newest = sorted(found, key=lambda each: (each.stored.received_at, each.stored.ticket.id), reverse=True)
    return sorted(newest, key=lambda each: each.deadline)


def _deadline(view: TicketView, now: datetime) -> float:
    first = first_to_end(view)
    return float("inf") if first is None else now.timestamp() + first[0]
