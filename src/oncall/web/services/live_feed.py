"""Notifies open web pages of changes: one query a second for all of them, and none while no web page is open.

It runs in the pager's process and must never slow it. It notifies one web page after the other, at most a hundred a
second. The more web pages are open, and the longer their content takes to read, the less often it notifies them.
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
"""The most update streams of one session. A tab has one stream, and only while the tab is visible."""
MOST_STREAMS = 500
"""The most update streams of all sessions."""
MOST_OF_THE_TIME = 0.1
"""The largest share of one processor's time that may be spent on notifying open web pages."""
LONGEST_PAUSE = 10.0
"""The longest pause in seconds between two queries for changes."""
LOOKED_BACK = 100
"""How many of the newest event numbers are checked for events that were committed late."""
_PLACE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})(?:-([0-9]{1,18}))?")


class LiveStore(EventFeed, Schedules, SwapRequests, Protocol):
    """The queries of the database that find out whether something changed."""


@dataclass(frozen=True, slots=True)
class LivePlace:
    """A state of the database: the newest numbers of events, of versions of the schedule and of swap requests.

    present: how many of the newest `LOOKED_BACK` event numbers exist. An event gets its number before its transaction
    commits, so an event may appear later than one with a higher number.
    """

    event: int
    present: int
    version: int
    swaps: int = 0

    @classmethod
    def read(cls, text: str) -> LivePlace | None:
        """Parse the text that `str(place)` gives; None for any other text."""
        found = _PLACE.fullmatch(text) if text.isascii() else None
        return cls(*(int(number or 0) for number in found.groups())) if found is not None else None

    def __str__(self) -> str:
        return f"{self.event}-{self.present}-{self.version}-{self.swaps}"


def place_of(tx: LiveStore) -> LivePlace:
    """Return the state that a transaction sees."""
    last = tx.last_event()
    present = len(tx.events_after(max(last - LOOKED_BACK, 0), most=LOOKED_BACK))
    return LivePlace(last, present, tx.schedule().newest, tx.swap_steps())


@dataclass(frozen=True, slots=True)
class LiveTimes:
    """Intervals in seconds of real time. poll: between two queries for changes.

    turn: between the messages to two streams.
    alive: a stream without events gets a comment after this time, so that proxies do not close it.
    """

    poll: float = 1.0
    alive: float = 15.0
    turn: float = 0.01


class LiveFeed:
    """The update streams of all open web pages of this process. Use it from one event loop."""

    def __init__(self, find_place: Callable[[], Awaitable[LivePlace]], times: LiveTimes | None = None) -> None:
        self._find_place, self._times = find_place, times or LiveTimes()
        self._streams: Counter[str] = Counter()
        self._place: LivePlace | None = None
        self._changed, self._stopping = asyncio.Event(), asyncio.Event()
        self._polling: asyncio.Task[None] | None = None
        self._changed_at = 0.0
        self.pause = self._times.poll
        """The seconds between two queries for changes. So this is also the longest delay of a change."""
        self._next_turn = 0.0

    def is_full(self, session: str) -> bool:
        """Return True if this session, or all sessions together, have as many streams as allowed."""
        return self._streams[session] >= MOST_PER_SESSION or self._streams.total() >= MOST_STREAMS

    @property
    def streams(self) -> int:
        """Return the number of open streams."""
        return self._streams.total()

    def is_current(self, place: LivePlace, read_at: float) -> bool:
        """Return True if facts that were read at `read_at` (monotonic) include all changes that the streams reported.

        place: the state that the facts show. Returns False while there is no stream, because nothing then looks for
        changes.
        """
        return self._place is not None and (place == self._place or read_at >= self._changed_at)

    def spare(self, seconds: float) -> None:
        """Slow down if notifying all web pages of a change costs much. seconds: the processor time for one change."""
        self.pause = min(max(self._times.poll, seconds / MOST_OF_THE_TIME), LONGEST_PAUSE)

    def stop(self) -> None:
        """End every stream. A browser then connects again, and names the last event that it saw."""
        self._stopping.set()
        self._tell_all()

    async def follow(
        self, session: str, after: LivePlace | None, is_signed_in: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[str, None]:
        """Yield a server-sent event for each change after `after`, and comments that keep the stream open.

        after: the last state that the web page has seen; None: the present state. is_signed_in: asked every `alive`
        seconds; the stream ends when it returns False.
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
        """Yield a server-sent event each time that a mark changes, and comments that keep the stream open.

        A mark is a text that names a state of a draft. after: the mark of the state that the web page shows.
        find_mark: returns the present mark; called at each poll. is_signed_in: as for `follow`.
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
        """Wait until this stream may send its message, at least `turn` seconds after the message to another stream."""
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
    """Wait until the event is set, at most `seconds`. Returns False if it was not set in time."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
