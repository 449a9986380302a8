"""The rate limit of each caller: how many changes it may ask for, so that one broken program blocks no other."""

from __future__ import annotations

import time
from collections.abc import Callable

from oncall.web.access.flood_gate import FloodGate

PER_SECOND = 500
"""The changes a second that a caller may ask for: more than a small machine can store, so a healthy sender never
reaches the limit."""
BURST_SECONDS = 10
"""After a quiet time, a caller may use the allowance of this many seconds at once, because alerts come in bursts."""
OVER_RATE = "this caller is over its rate limit, and nothing was stored; send the same request after Retry-After"


class CallerRate:
    """Counts the changes that each caller asks this process for, in memory.

    per_second: how many it may ask for in the long run. now: seconds of a clock that never goes back.
    """

    def __init__(self, per_second: float = PER_SECOND, *, now: Callable[[], float] = time.monotonic) -> None:
        self._gate = FloodGate(burst=per_second * BURST_SECONDS, per_second=per_second, now=now)

    def allows(self, caller: str, method: str) -> bool:
        """Count a request. Returns False, and counts nothing, if the caller is over its limit. A read never is."""
        return method in ("GET", "HEAD") or self._gate.count(caller)
