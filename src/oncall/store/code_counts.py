"""Caches how many codes are in use for one second, because a count takes longer the more tickets are open."""

from __future__ import annotations

import time
from collections.abc import Callable

COUNTED_FOR = 1.0
"""Real seconds for which a count stays valid."""


class CodeCounts:
    """One process's counts by code length. Safe to share between threads. monotonic: seconds that only increase."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._counts: dict[int, tuple[float, int]] = {}

    def about(self, length: int, count: Callable[[], int]) -> int:
        """Return the number of codes of this length. Calls `count` when the last count is no longer valid."""
        now = self._monotonic()
        known = self._counts.get(length)
        if known is None or now - known[0] >= COUNTED_FOR:
            known = self._counts[length] = now, count()
        return known[1]
