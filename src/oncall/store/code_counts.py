"""Caches for one second how many codes are in use, because counting takes longer the more tickets are open."""

from __future__ import annotations

import time
from collections.abc import Callable

_PLENTY = 200
"""RoomCounts caches a count only if it is at least this far below its limit."""
COUNTED_FOR = 1.0
"""Real seconds for which a count stays valid."""


class CodeCounts:
    """Caches for one process how many codes of each length are in use. Safe to share between threads.

    monotonic: returns seconds that only increase.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._counts: dict[int, tuple[float, int]] = {}

    def about(self, length: int, count: Callable[[], int]) -> int:
        """Return the number of used codes of this length, at most COUNTED_FOR old.

        Calls `count` if a new one is needed.
        """
        now = self._monotonic()
        known = self._counts.get(length)
        if known is None or now - known[0] >= COUNTED_FOR:
            known = self._counts[length] = now, count()
        return known[1]


class RoomCounts:
    """Caches for one process that a count is far below its limit. Safe to share between threads.

    If a count is `n` below its limit, the next `n / 10` calls within COUNTED_FOR do not count again.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._known: dict[object, tuple[float, int]] = {}

    def has_room(self, key: object, most: int, count: Callable[[], int]) -> bool:
        """Return True if the count is below `most`. Calls `count` unless the last count was far below it."""
        now = self._monotonic()
        counted_at, left = self._known.get(key, (now, 0))
        if left > 0 and now - counted_at < COUNTED_FOR:
            self._known[key] = counted_at, left - 1
            return True
        room = most - count()
        self._known[key] = now, room // 10 if room >= _PLENTY else 0
        return room > 0
