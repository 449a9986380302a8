"""The two clocks: the machine's own, and one for rehearsals that starts elsewhere and may run faster."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Policy time is real time."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

    def real_now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)

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
