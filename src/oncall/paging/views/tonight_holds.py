"""Lists the tickets whose hold ends tonight."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.ports.records import TicketFilter
from oncall.schedule.tonight import tonight_of, tonight_view

if TYPE_CHECKING:
    from oncall.paging.ports.store import ListingStore
    from oncall.schedule.schedule_view_types import TonightHold, TonightView
    from oncall.support.windows import Window

MOST_HELD = 1000
"""The most tickets held until tonight that are listed."""


def stored_tonight_view(tx: ListingStore, now: datetime) -> TonightView:
    """Return who is on call tonight, and the tickets whose hold ends tonight. now: policy time, aware UTC."""
    schedule = tx.schedule()
    tonight = tonight_of(schedule, now)
    return tonight_view(schedule, now, tonight, _holds(tx, tonight))


def _holds(tx: ListingStore, tonight: Window) -> list[TonightHold]:
    found = tx.tickets(TicketFilter((TicketStatus.OPEN,), limit=MOST_HELD, held=tonight))
    zone = tx.schedule().calendar.zone
    held = [(stored.hold_until, stored) for stored in found if stored.hold_until is not None]
    return [
        {
            "id": stored.ticket.id,
            "customer": stored.ticket.customer,
            "impact": stored.impact,
            "subject": stored.ticket.subject,
            "hold_until": until.astimezone(zone).isoformat(),
        }
        for until, stored in sorted(held, key=lambda each: (each[0], each[1].ticket.id))
    ]
