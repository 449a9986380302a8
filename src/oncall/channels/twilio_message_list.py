"""Reads Twilio's list of the messages to one number, once for all attempts that need it at the same time."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

from oncall.channels.twilio_client import TwilioClient
from oncall.channels.twilio_resources import TwilioMessage
from oncall.errors import Temporary

MOST_LISTED = 5_000
"""The most messages that are read. A number sends one text a second, so ten minutes have 600."""
_PAGE_SIZE = 1_000
"""Messages in one part of the list: the most that Twilio returns at once."""


_Key = tuple[str, bool]
"""A number, and True if Twilio filters its list by date."""


class TwilioMessageList:
    """Reads Twilio's message lists, and shares each reading among the attempts that need the same list.

    After an outage hundreds of texts to one phone may have an unknown result, and each needs the same list. An attempt
    that asks during a reading shares the next reading, because a list that was read before it asked may not show its
    message yet. Use it from one event loop.
    """

    def __init__(self, client: TwilioClient) -> None:
        self._client = client
        self._locks: dict[_Key, asyncio.Lock] = {}
        self._next: dict[_Key, asyncio.Task[list[TwilioMessage]]] = {}
        self._earliest: dict[_Key, datetime] = {}
        self._readings: set[asyncio.Task[list[TwilioMessage]]] = set()

    async def to(self, number: str, *, earliest: datetime, what: str, by_date: bool) -> list[TwilioMessage]:
        """Return the messages to this number, the newest first: all since `earliest`, and perhaps older ones.

        At most MOST_LISTED. earliest: real time, aware UTC. by_date: let Twilio filter by the day of sending, which
        leaves out messages that still wait in its queue. what: the question as a clause, for the error. Raises
        Temporary if Twilio gives no answer now.
        """
        key = number, by_date
        if key not in self._next:
            self._earliest[key] = earliest
            reading = self._next[key] = asyncio.create_task(self._after_current(key, what))
            self._readings.add(reading)
            reading.add_done_callback(self._finished)
        self._earliest[key] = min(self._earliest[key], earliest)
        try:
            async with asyncio.timeout(self._client.query_seconds):
                return await asyncio.shield(self._next[key])
        except TimeoutError:
            raise Temporary(f"Twilio cannot say {what} (no answer in time); oncall asks again.") from None

    async def close(self) -> None:
        """Cancel the readings that are not finished."""
        readings = list(self._readings)
        for reading in readings:
            reading.cancel()
        await asyncio.gather(*readings, return_exceptions=True)
        self._next.clear()
        self._earliest.clear()

    def _finished(self, reading: asyncio.Task[list[TwilioMessage]]) -> None:
        self._readings.discard(reading)
        if not reading.cancelled():
            # Fetch the error even if every attempt has given up, or asyncio reports that it was never retrieved.
            reading.exception()

    async def _after_current(self, key: _Key, what: str) -> list[TwilioMessage]:
        """Wait until the current reading of this list ends, then read the list again and return the messages."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            del self._next[key]
            return await self._client.query(self._read(key, self._earliest.pop(key)), what)

    async def _read(self, key: _Key, earliest: datetime) -> list[TwilioMessage]:
        number, by_date = key
        filters: dict[str, object] = {"date_sent_after": _day_before(earliest)} if by_date else {}
        messages = self._client.api.messages
        found: list[TwilioMessage] = []
        async for listed in await messages.stream_async(to=number, limit=MOST_LISTED, page_size=_PAGE_SIZE, **filters):
            found.append(listed)
            if len(found) % _PAGE_SIZE == 0 and not may_be_since(listed, earliest):
                break
        return found


def may_be_since(listed: TwilioMessage, since: datetime) -> bool:
    """Return True if a message was created at or after `since` (aware UTC), or if the list does not say when."""
    created = listed.date_created or listed.date_sent
    return created is None or created >= since


def _day_before(instant: datetime) -> date:
    return (instant - timedelta(days=1)).astimezone(UTC).date()
