"""Tells open pages that a fact has changed: one query a second for all of them, and none while no page is open.

It runs in the pager's process and must never slow it. The pages are told one after the other, at most a hundred a
second. The more pages are open, and the longer it takes to read their content, the less often they are told.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from oncall.errors import StoreError
from oncall.paging.ports.relay import EventFeed
from oncall.paging.ports.schedule_store import Schedules
from oncall.paging.ports.swap_store import SwapRequests

STREAM_PATH = "/board/events"
MOST_PER_SESSION = 12
"""The most streams of one session. A tab has one stream, and only while the tab is visible."""
MOST_STREAMS = 500
"""The most streams of all sessions."""
MOST_OF_THE_TIME = 0.1
"""The largest share of one processor's time that telling open pages of changes may use."""
LONGEST_PAUSE = 10.0
"""The longest time in seconds until pages are told of a change."""
LOOKED_BACK = 100
"""How many of the newest numbers are checked for events that were committed late."""
_PLACE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})(?:-([0-9]{1,18}))?")


class LiveStore(EventFeed, Schedules, SwapRequests, Protocol):
    """The queries that find a change."""


@dataclass(frozen=True, slots=True)
class LivePlace:
    """The newest numbers in the log of events, the versions of the schedule and the requests to swap, at one instant.

    present: how many of the newest `LOOKED_BACK` numbers have an event. Numbers are given before a transaction commits,
    so that an event may appear below the newest one.
    """

    event: int
    present: int
    version: int
    swaps: int = 0

    @classmethod
    def read(cls, text: str) -> LivePlace | None:
        """Return the place that `str` wrote; None for any other text."""
        found = _PLACE.fullmatch(text) if text.isascii() else None
        return cls(*(int(number or 0) for number in found.groups())) if found is not None else None

    def __str__(self) -> str:
        return f"{self.event}-{self.present}-{self.version}-{self.swaps}"


def place_of(tx: LiveStore) -> LivePlace:
    """Return the place of a transaction."""
    last = tx.last_event()
    present = len(tx.events_after(max(last - LOOKED_BACK, 0), most=LOOKED_BACK))
    return LivePlace(last, present, tx.schedule().newest, tx.swap_steps())


@dataclass(frozen=True, slots=True)
class LiveTimes:
    """Intervals in seconds of real time. poll: the time between two queries. alive: a stream without events gets a
    comment after this time, so that proxies keep it open. turn: the time between the messages to two streams.
    """

    poll: float = 1.0
    alive: float = 15.0
    turn: float = 0.01


class LiveFeed:
    """The streams of all open pages of this process. Use it from one event loop."""

    def __init__(self, find_place: Callable[[], Awaitable[LivePlace]], times: LiveTimes | None = None) -> None:
        self._find_place, self._times = find_place, times or LiveTimes()
        self._streams: Counter[str] = Counter()
        self._place: LivePlace | None = None
        self._changed, self._stopping = asyncio.Event(), asyncio.Event()
        self._polling: asyncio.Task[None] | None = None
        self._changed_at = 0.0
        self.pause = self._times.poll
        """Seconds between two queries, and so between two changes that pages are told of."""
        self._next_turn = 0.0

    def is_full(self, session: str) -> bool:
        """Return True if a session, or all of them together, have as many streams as they may have."""
        return self._streams[session] >= MOST_PER_SESSION or self._streams.total() >= MOST_STREAMS

    @property
    def streams(self) -> int:
        """Return the number of open streams."""
        return self._streams.total()

    def is_current(self, place: LivePlace, read_at: float) -> bool:
        """Return True if facts of a place, read at an instant (monotonic), include every change that streams were told
        of.

        False while there is no stream, because nothing looks for changes then.
        """
        return self._place is not None and (place == self._place or read_at >= self._changed_at)

    def spare(self, seconds: float) -> None:
        """Note how many processor seconds it costs to tell all pages of a change. If it is much, pages are told less
        often.
        """
        self.pause = min(max(self._times.poll, seconds / MOST_OF_THE_TIME), LONGEST_PAUSE)

    def stop(self) -> None:
        """End every stream. A browser connects again, and says which event it saw last."""
        self._stopping.set()
        self._tell_all()

    async def follow(
        self, session: str, after: LivePlace | None, is_signed_in: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[str, None]:
        """Yield a server-sent event for each change after a place, and a comment now and then.

        after: the last place that the page has seen; None for the present one. is_signed_in: asked every
        `alive` seconds, also while there are changes; the stream ends with the session.
        """
        self._streams[session] += 1
        now = asyncio.get_running_loop().time
        ask_at = now() + self._times.alive
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._poll())
        try:
            yield "retry: 2000\n\n"
            while not self._stopping.is_set():
                changed, place = self._changed, self._place
                if now() >= ask_at:
                    if not await is_signed_in():
                        return
                    ask_at = now() + self._times.alive
                after = after or place
                if place is not None and after is not None and place != after:
                    await self._turn()
                    place = self._place or place
                    yield _event(place, after)
                    after = place
                elif not await _is_set(changed, self._times.alive):
                    ask_at = now()
                    yield ": alive\n\n"
        finally:
            self._streams[session] -= 1
            self._streams += Counter()  # Forgets sessions without a stream.

    async def follow_mark(
        self,
        session: str,
        after: str,
        find_mark: Callable[[], Awaitable[str]],
        is_signed_in: Callable[[], Awaitable[bool]],
    ) -> AsyncGenerator[str, None]:
        """Yield a server-sent event each time that a mark changes, and a comment now and then to keep the stream open.

        after: the mark that the page shows. find_mark: asked at each poll. is_signed_in: as for `follow`.
        """
        self._streams[session] += 1
        unasked = 0.0
        try:
            yield "retry: 2000\n\n"
            while not self._stopping.is_set():
                with suppress(StoreError):
                    mark = await find_mark()
                    if mark != after:
                        after = mark
                        yield f"id: {mark}\nevent: changed\ndata: draft\n\n"
                unasked += self._times.poll
                if unasked >= self._times.alive:
                    if not await is_signed_in():
                        return
                    unasked = 0.0
                    yield ": alive\n\n"
                await _is_set(self._stopping, self._times.poll)
        finally:
            self._streams[session] -= 1
            self._streams += Counter()  # Forgets sessions without a stream.

    async def _poll(self) -> None:
        while self._streams and not self._stopping.is_set():
            # While the database is away nothing is known to have changed.
            with suppress(StoreError):
                place = await self._find_place()
                if place != self._place:
                    self._place, self._changed_at = place, time.monotonic()
                    self._tell_all()
            await _is_set(self._stopping, self.pause)
        # The next page that opens must not be compared with an old place.
        self._place, self.pause = None, self._times.poll

    def _tell_all(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _turn(self) -> None:
        """Wait for the next turn to tell a page."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._next_turn)
        self._next_turn = at + self._times.turn
        await _is_set(self._stopping, at - now)


def _event(place: LivePlace, seen: LivePlace) -> str:
    has_new_event = (place.event, place.present) != (seen.event, seen.present)
    compared = {"tickets": has_new_event, "schedule": place.version != seen.version, "swaps": place.swaps != seen.swaps}
    parts = [name for name, has_changed in compared.items() if has_changed]
    return f"id: {place}\nevent: changed\ndata: {' '.join(parts)}\n\n"


async def _is_set(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event, at most this many seconds. Returns False if it was not set in time."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
