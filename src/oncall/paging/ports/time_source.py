"""The clock that the pager needs: policy time, which a rehearsal may shift and speed up, and real time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Two times: the policy's (which a rehearsal may shift and speed up) and the real one. Both aware UTC."""

    def now(self) -> datetime:
        """Policy time: steps, holds, deadlines, who."""

    def real_now(self) -> datetime:
        """Real time: network time-outs, back-off, leases, a provider's own dates."""

    def real_seconds_until(self, at: datetime) -> float:
        """Return how many real seconds until policy time reaches `at`; never negative."""
