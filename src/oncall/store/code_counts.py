"""How many codes are in use, for those who choose one: to count them with each new ticket takes longer and longer."""

from __future__ import annotations

import time
from collections.abc import Callable

COUNTED_FOR = 1.0
"""Seconds (real time) for which a count serves: whether codes run short does not change in less."""


class CodeCounts:
    """One process's counts by length. Safe to share between threads. monotonic: seconds that only grow."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._counts: dict[int, tuple[float, int]] = {}

    def about(self, length: int, count: Callable[[], int]) -> int:
        """How many there were when `count` was last called for this length, no longer ago than a count serves."""
        now = self._monotonic()
        known = self._counts.get(length)
        if known is None or now - known[0] >= COUNTED_FOR:
            known = self._counts[length] = now, count()
        return known[1]
