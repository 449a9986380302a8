"""The pace of work that can wait: slower while tickets arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

SHORT_REST_SECONDS, LONG_REST_SECONDS = 0.05, 0.4
"""Real time without work after each piece of it: while few events are logged, and while many are."""
BUSY_EVENTS_A_SECOND = 5.0
"""A ticket whose page is sent and delivered is logged with four events."""
WRITING_RESTS = 3
"""How many rests follow each write of notices, so that they are written little faster than they are sent."""
MEASURED_OVER = timedelta(seconds=1)
MOST_HOOKS, HOOKS_PER_REST = 50, 4
"""The most subscribers' webhooks to post to at a time, and how many posts may begin in the time of one rest."""


@dataclass
class Pace:
    """Chooses rests by how many events of tickets were logged lately. rest_seconds: the rest to take now."""

    rest_seconds: float = SHORT_REST_SECONDS
    seen: tuple[int, datetime] | None = None

    def note(self, last_event: int, real_now: datetime) -> None:
        """Note the number of the newest event of all tickets."""
        if self.seen is None:
            self.seen = last_event, real_now
            return
        number, at = self.seen
        if real_now - at >= MEASURED_OVER:
            rate = (last_event - number) / (real_now - at).total_seconds()
            self.rest_seconds = LONG_REST_SECONDS if rate > BUSY_EVENTS_A_SECOND else SHORT_REST_SECONDS
            self.seen = last_event, real_now


class HookPlaces:
    """Lets few posts to subscribers' webhooks run at a time, and spreads their beginnings over time."""

    def __init__(self, pace: Pace) -> None:
        self._pace, self._places, self._beginning = pace, asyncio.Semaphore(MOST_HOOKS), asyncio.Lock()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it until the context ends."""
        async with self._places:
            async with self._beginning:
                await asyncio.sleep(self._pace.rest_seconds / HOOKS_PER_REST)
            yield
