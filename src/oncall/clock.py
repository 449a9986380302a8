"""The clocks of the program: the system clock, and a rehearsal clock that starts at another time and may run faster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MOST_SLEWED = timedelta(hours=2)
"""If the machine's clock is set back by more than this, policy time is set back at once, so that the right engineer is
paged.
"""


class SystemClock:
    """The clock of normal operation: policy time is real time.

    It follows jumps of the machine's clock forward, not back.
    While the machine's clock is behind this one, because it was set back, this clock runs at half speed. So a step, a
    retry or a lease waits at most twice its time, and not for the whole jump.
    """

    def __init__(
        self, wall: Callable[[], datetime] = lambda: datetime.now(UTC), ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """wall: the machine's clock, aware UTC. ticks: seconds of a monotonic clock."""
        self._wall, self._ticks = wall, ticks
        self._lock = threading.Lock()
        self._last, self._last_ticks = wall(), ticks()

    def begin_at(self, at: datetime) -> None:
        """Continue from `at` (aware UTC), the last time that an earlier process showed.

        Ignores an `at` that is more than MOST_SLEWED ahead of this clock, or behind it.
        """
        with self._lock:
            self._last = max(self._last, at) if at - self._last <= MOST_SLEWED else self._last

    def now(self) -> datetime:
        """Return policy time, aware UTC."""
        with self._lock:
            wall, ticks = self._wall(), self._ticks()
            slowed = self._last + timedelta(seconds=(ticks - self._last_ticks) / 2)
            self._last = wall if wall < self._last - MOST_SLEWED else max(wall, slowed)
            self._last_ticks = ticks
            return self._last

    def real_now(self) -> datetime:
        """Return real time, aware UTC."""
        return self.now()

    def real_seconds_until(self, at: datetime) -> float:
        """Return the real seconds until policy time `at`; 0 if `at` is past."""
        return max((at - self.now()).total_seconds(), 0.0)


@dataclass(frozen=True)
class RehearsalClock:
    """A clock whose policy time begins at `starts_at` (aware UTC) and runs at `rate` times real time.

    began: the reading of the machine's monotonic clock at policy time `starts_at`. Several processes on one machine may
    share it.
    """

    starts_at: datetime
    rate: float = 1.0
    began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """Return policy time, aware UTC."""
        return self.starts_at + timedelta(seconds=(time.monotonic() - self.began) * self.rate)

    def real_now(self) -> datetime:
        """Return real time, aware UTC."""
        return datetime.now(UTC)

    def real_seconds_until(self, at: datetime) -> float:
        """Return the real seconds until policy time `at`; 0 if `at` is past."""
        return max((at - self.now()).total_seconds(), 0.0) / self.rate
