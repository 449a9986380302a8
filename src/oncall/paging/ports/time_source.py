"""The clock that the pager needs: policy time, which a rehearsal may shift and speed up, and real time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Gives policy time, which a rehearsal may shift and speed up, and real time. Both are aware UTC."""

    def now(self) -> datetime:
        """Return policy time, for steps, holds, deadlines and who is on call."""

    def real_now(self) -> datetime:
        """Return real time, for network time-outs, back-off, leases and a provider's own dates."""

    def real_seconds_until(self, at: datetime) -> float:
        """Return how many real seconds pass until policy time reaches `at`; never negative."""
