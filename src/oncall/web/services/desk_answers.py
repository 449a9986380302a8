"""How fast the support desk answered in the last seven days, for customers' web pages.

It is computed at most once a minute, for all web pages together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from oncall.paging.domain.events import EventKind
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import ViewStore
from oncall.reports.answer_times import AnswerTimes, answer_times, answers_in
from oncall.support.windows import Window

SPAN = timedelta(days=7)
MOST_TICKETS = 2_000
"""At most so many tickets, the newest ones, are read."""
COUNTED_EVERY = timedelta(minutes=1)
"""How long (real time) the figures are kept before they are computed again."""
_UNNEEDED = tuple(
    kind
    for kind in EventKind
    if kind not in (EventKind.REPLIED, EventKind.UPDATED, EventKind.CUSTOMER_REPLIED, EventKind.RESOLVED)
)


def recent_answers(tx: ViewStore, now: datetime) -> AnswerTimes:
    """Return how fast the desk answered in the last seven days, from the tickets that came in on those days.

    now: policy time, aware UTC.
    """
    found = tx.tickets(TicketFilter(since=now - SPAN, limit=MOST_TICKETS))
    logs = tx.events_of([stored.ticket.id for stored in found if not stored.ticket.is_drill], without=_UNNEEDED)
    answers = (answer for log in logs.values() for answer in answers_in(log))
    return answer_times(answers, tx.schedule().calendar, Window(now - SPAN, now))


class DeskAnswers:
    """Computes the answer times of the desk, and keeps them for a minute. Use it from one event loop."""

    def __init__(self, count: Callable[[], Awaitable[AnswerTimes]], real_now: Callable[[], datetime]) -> None:
        self._count, self._real_now = count, real_now
        self._lock = asyncio.Lock()
        self._known: tuple[datetime, AnswerTimes] | None = None

    async def times(self) -> AnswerTimes:
        """Return the answer times, at most a minute old. Raises StoreError."""
        async with self._lock:
            now = self._real_now()
            if self._known is None or now - self._known[0] >= COUNTED_EVERY:
                self._known = (now, await self._count())
            return self._known[1]
