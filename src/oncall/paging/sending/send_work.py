"""A transaction of the engine, with its context, the clock and the rate limits."""

from __future__ import annotations

from datetime import datetime, timedelta

from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.rate_limits import RateLimits
from oncall.paging.ports.store import SendStore
from oncall.paging.ports.time_source import Clock


class SendWork:
    """One transaction that prepares, sends or records attempts, with the context, the clock and the rate limits."""

    def __init__(self, tx: SendStore, context: ActionContext, clock: Clock) -> None:
        self.tx, self.context, self.clock = tx, context, clock
        self._limits: RateLimits | None = None

    def on(self, tx: SendStore) -> SendWork:
        """Return the same work with `tx` in place of its transaction."""
        return SendWork(tx, self.context, self.clock)

    @property
    def now(self) -> datetime:
        """Return policy time, aware UTC."""
        return self.context.now

    @property
    def real_now(self) -> datetime:
        """Return real time, aware UTC."""
        return self.context.real_now

    @property
    def limits(self) -> RateLimits:
        """Return the rate limits. Messages that were sent earlier or in this transaction count."""
        if self._limits is None:
            self._limits = RateLimits(self.tx, self.tx.policy().limits, self.context)
        return self._limits

    def real_time_of(self, at: datetime) -> datetime:
        """Return the real time at which policy time reaches `at`; the present real time if it has passed."""
        return self.real_now + timedelta(seconds=self.clock.real_seconds_until(at))
