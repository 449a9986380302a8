"""The two clocks: the machine's own, and one for rehearsals that starts elsewhere and may run faster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

MOST_SLEWED = timedelta(hours=2)
"""A machine's clock that is set back by more than this is followed at once: who is on call matters more then."""


class SystemClock:
    """Policy time is real time: the machine's clock, which is followed forward at once and never back.

    While a clock that was set back has not caught up, this one passes half as fast. So nothing that waits (a step, a
    retry, a lease) waits more than twice its time, where the bare clock would keep it waiting for the whole jump.
    """

    def __init__(
        self, wall: Callable[[], datetime] = lambda: datetime.now(UTC), ticks: Callable[[], float] = time.monotonic
    ) -> None:
        """wall: the machine's clock, aware UTC. ticks: seconds that nobody can set."""
        self._wall, self._ticks = wall, ticks
        self._lock = threading.Lock()
        self._last, self._last_ticks = wall(), ticks()

    def begin_at(self, at: datetime) -> None:
        """Be no earlier than `at` (aware UTC), an instant that this clock's predecessor has shown already."""
        with self._lock:
            self._last = max(self._last, at) if at - self._last <= MOST_SLEWED else self._last

    def now(self) -> datetime:
        """Aware UTC."""
        with self._lock:
            wall, ticks = self._wall(), self._ticks()
            slowed = self._last + timedelta(seconds=(ticks - self._last_ticks) / 2)
            self._last = wall if wall < self._last - MOST_SLEWED else max(wall, slowed)
            self._last_ticks = ticks
            return self._last

    def real_now(self) -> datetime:
        """Aware UTC."""
        return self.now()

    def real_seconds_until(self, at: datetime) -> float:
        """Never negative."""
        return max((at - self.now()).total_seconds(), 0.0)


@dataclass(frozen=True)
class RehearsalClock:
    """Policy time starts at `starts_at` (aware UTC) when this is made, and passes `rate` times as fast as real time."""

    starts_at: datetime
    rate: float = 1.0
    _began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """Aware UTC."""
        return self.starts_at + timedelta(seconds=(time.monotonic() - self._began) * self.rate)

    def real_now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def real_seconds_until(self, at: datetime) -> float:
        """Never negative."""
        return max((at - self.now()).total_seconds(), 0.0) / self.rate
