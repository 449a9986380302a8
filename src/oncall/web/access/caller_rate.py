"""The rate limit of each caller: how many changes it may request, so that a broken program cannot block the others."""

from __future__ import annotations

import time
from collections.abc import Callable

from oncall.web.access.flood_gate import FloodGate

PER_SECOND = 500
"""How many changes per second a caller may request in the long run.

A small machine cannot even store so many, so a healthy sender never reaches this limit.
"""
BURST_SECONDS = 10
"""After a quiet time, a caller may send at once the requests of this many seconds, because alerts come in bursts."""
OVER_RATE = "this caller is over its rate limit, and nothing was stored; send the same request after Retry-After"


class CallerRate:
    """Counts in memory how many changes each caller requests from this process, and compares them with the limit.

    per_second: how many a caller may request in the long run. now: seconds of a clock that never goes back.
    """

    def __init__(self, per_second: float = PER_SECOND, *, now: Callable[[], float] = time.monotonic) -> None:
        self._gate = FloodGate(burst=per_second * BURST_SECONDS, per_second=per_second, now=now)

    def allows(self, caller: str, method: str) -> bool:
        """Count a request and return True. Return False, without counting it, if the caller is over its limit.

        GET and HEAD requests are always allowed, and are not counted.
        """
        return method in ("GET", "HEAD") or self._gate.count(caller)
