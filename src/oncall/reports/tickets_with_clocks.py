"""Reads the tickets of a span with their clocks in parts. Memory contains one part, and a year takes seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oncall.paging.clocks.clock_book import COUNTS_FOR_CLOCKS, sla_events, terms_in
from oncall.paging.domain.events import Event, EventKind, Received
from oncall.paging.domain.pager_events import Judged, Withdrawn
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.records import TicketSpan
from oncall.paging.ports.store import ReportStore
from oncall.reports.answer_times import Answer, answers_in
from oncall.support.clocks import SlaState, sla

_UNNEEDED = tuple(kind for kind in EventKind if kind not in (*COUNTS_FOR_CLOCKS, EventKind.WITHDRAWN))


@dataclass(frozen=True, slots=True)
class Measured:
    """A ticket and its clocks. withdrawn: the events that withdrew a reported breach.

    answers: to customers' messages.
    """

    stored: StoredTicket
    clocks: SlaState
    withdrawn: tuple[Withdrawn, ...] = ()
    answers: tuple[Answer, ...] = ()


def tickets_with_clocks(tx: ReportStore, wanted: TicketSpan, now: datetime) -> Iterator[Measured]:
    """Yield every ticket in the span with its clocks as of `now` (aware UTC), the oldest first.

    wanted.limit: how many tickets are read at a time.
    """
    terms_of = terms_in(tx)
    while page := tx.tickets_between(wanted):
        logs = tx.events_of([stored.ticket.id for stored in page], without=_UNNEEDED)
        for stored in page:
            log = logs.get(stored.ticket.id)
            if log is not None and not stored.ticket.is_drill:
                withdrawn = tuple(event for event in log if isinstance(event, Withdrawn) and event.at <= now)
                clocks = sla(sla_events(stored.ticket, _without_first_verdict(log), terms_of), now)
                yield Measured(stored, clocks, withdrawn, tuple(answers_in(log)))
        if len(page) < wanted.limit:
            return
        wanted = replace(wanted, after=page[-1].ticket.id)


def _without_first_verdict(log: Sequence[Event]) -> Sequence[Event]:
    """Return the log without the verdict at receipt, because that verdict repeats the terms of the receipt."""
    match log:
        case [Received(at=received_at) as received, Judged(at=judged_at), *rest] if received_at == judged_at:
            return [received, *rest]
        case _:
            return log
