"""A clock that only the test moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass
class FakeClock:
    """Policy and real time move together, and only when `moment` (aware UTC) is set."""

    moment: datetime

    def now(self) -> datetime:
        """Policy time, aware UTC."""
        return self.moment

    def real_now(self) -> datetime:
        """Real time, aware UTC."""
        return self.moment

    def real_seconds_until(self, at: datetime) -> float:
        """Return the seconds until policy time is `at` (aware UTC), never negative."""
        return max((at - self.moment).total_seconds(), 0.0)
