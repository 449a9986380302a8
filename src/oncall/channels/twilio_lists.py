"""Twilio's list of the messages to one number, read once for all who ask at the same time."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

from oncall.channels.twilio_link import TwilioLink
from oncall.errors import Temporary

MOST_LISTED = 5_000
"""More is not read. A number sends one text a second, so that ten minutes hold 600."""
_PAGE = 1_000
"""Messages to a page of the list, the most that Twilio gives at once."""


_Key = tuple[str, bool]
"""A number, and whether its list is asked for by date."""


class TwilioLists:
    """After an outage hundreds of texts to one phone may be in doubt, and each asks for the same list. Whoever asks
    while it is being read shares the next reading with all who wait: it is begun after each of them asked.

    Use it from one event loop.
    """

    def __init__(self, link: TwilioLink) -> None:
        self._link = link
        self._turns: dict[_Key, asyncio.Lock] = {}
        self._next: dict[_Key, asyncio.Task[list[Any]]] = {}
        self._earliest: dict[_Key, datetime] = {}
        self._readings: set[asyncio.Task[list[Any]]] = set()

    async def to(self, number: str, *, earliest: datetime, what: str, by_date: bool) -> list[Any]:
        """Messages to this number, newest first, in whole pages back to `earliest` (aware UTC) or further, as many as
        are listed at most.

        by_date: by a filter on the day of sending, which a message that still waits in Twilio's queue may not have.
        what: what is asked, for the error. Raises Temporary when it cannot be asked now.
        """
        key = number, by_date
        if key not in self._next:
            self._earliest[key] = earliest
            reading = self._next[key] = asyncio.create_task(self._in_turn(key, what))
            self._readings.add(reading)
            reading.add_done_callback(self._over)
        self._earliest[key] = min(self._earliest[key], earliest)
        try:
            async with asyncio.timeout(self._link.patience_seconds):
                return await asyncio.shield(self._next[key])
        except TimeoutError:
            raise Temporary(f"Twilio cannot say {what} (no answer in time); it is asked again.") from None

    async def close(self) -> None:
        """Stop what is still being read, which nobody waits for any more."""
        readings = list(self._readings)
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)
        self._next.clear()
        self._earliest.clear()

    def _over(self, reading: asyncio.Task[list[Any]]) -> None:
        self._readings.discard(reading)
        if not reading.cancelled():
            # All who waited may have given up, and then nobody else looks at it.
            reading.exception()

    async def _in_turn(self, key: _Key, what: str) -> list[Any]:
        async with self._turns.setdefault(key, asyncio.Lock()):
            del self._next[key]
            return await self._link.ask(self._read(key, self._earliest.pop(key)), what)

    async def _read(self, key: _Key, earliest: datetime) -> list[Any]:
        number, by_date = key
        wanted: dict[str, Any] = {"date_sent_after": _day_before(earliest)} if by_date else {}
        messages = self._link.client().messages
        found: list[Any] = []
        async for listed in await messages.stream_async(to=number, limit=MOST_LISTED, page_size=_PAGE, **wanted):
            found.append(listed)
            if len(found) % _PAGE == 0 and not is_later(listed, earliest):
                break
        return found


def is_later(listed: Any, since: datetime) -> bool:
    """Whether a message of the list was made at an instant (aware UTC) or after it; one that does not say may be."""
    created = listed.date_created or listed.date_sent
    return created is None or created >= since


def _day_before(instant: datetime) -> date:
    return (instant - timedelta(days=1)).astimezone(UTC).date()
