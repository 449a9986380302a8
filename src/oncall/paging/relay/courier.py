"""Sends the relay's messages: in order for each ticket, with retries until they arrive, without needless repeats."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from oncall.errors import AddressRefused, DeliveryError, Temporary
from oncall.paging.ports.relay import BatchCarrier, Carrier, RelayMessage, RelayMessages

T = TypeVar("T")
MOST_AT_ONCE = 10
"""The most messages that one round sends to one destination."""
LEASE = timedelta(minutes=3)
"""How long (real time) claimed messages are reserved: longer than all sends of a round may take."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
"""Real time before the second send of a message; it doubles each time, up to the longest."""
LONGEST_REST = timedelta(minutes=1)
"""The longest rest (real time) of a destination that has just failed, before another message is tried."""
GIVE_UP_AFTER = timedelta(days=3)
"""The age (real time) at which a failing message is quarantined."""
ABANDONED = "it was not accepted for 3 days; send it again with `oncall webhooks retry`"


class Writes(Protocol):
    """Runs work of the relay in a transaction of its own, without blocking the loop."""

    async def __call__(self, work: Callable[[RelayMessages], T]) -> T:
        """Run work and return its result; it is durable then. Raises StoreError."""


class RelayObserver(Protocol):
    """Counts what the relay does."""

    def carried(self, to: str) -> None:
        """Count a message that arrived."""

    def failed(self, to: str) -> None:
        """Count a send that failed."""

    def quarantined(self, to: str, count: int) -> None:
        """Count messages that are not sent again."""


@dataclass
class Courier:
    """Sends the messages of one destination. carrier: sends them. real_now: real time, aware UTC.

    may_go: returns True if a message may go now; a courier with `may_go` sends one message a round, one without sends
    all. pause_between: real seconds without work after each message.
    """

    to: str
    carrier: Carrier
    write: Writes
    real_now: Callable[[], datetime]
    observer: RelayObserver
    may_go: Callable[[], Awaitable[bool]] | None = None
    pause_between: float = 0.0
    batch: BatchCarrier | None = None
    failures: int = 0
    rests_until: datetime | None = None

    @property
    def rests(self) -> bool:
        """Return True while the destination rests after a failure: nothing is sent there then."""
        return self.rests_until is not None and self.real_now() < self.rests_until

    async def round(self) -> int:
        """Send the due messages, and return how many need no further send. Raises StoreError when the store is away."""
        if self.rests or (self.may_go is not None and not await self.may_go()):
            return 0
        now, most = self.real_now(), MOST_AT_ONCE if self.may_go is None else 1
        claimed = await self.write(
            lambda tx: tx.claim_relay_messages(self.to, real_now=now, lease_until=now + LEASE, most=most)
        )
        if self.batch is not None and claimed:
            return await self._round_of(self.batch, claimed)
        for number, message in enumerate(claimed):
            after = await self._sent(message)
            failed = after.due_at is not None
            left = claimed[number + 1 :] if failed else []
            await self.write(partial(_record, changed=[after, *left]))
            await asyncio.sleep(self.pause_between)
            if failed:
                await self._rest(after)
                return number
        return len(claimed)

    async def _round_of(self, batch: BatchCarrier, claimed: list[RelayMessage]) -> int:
        """Send claimed messages in one go, store all outcomes at once, and return how many need no further send.

        When the process stops, what was sent is still stored, so that it is not sent again.
        """
        sending = asyncio.ensure_future(batch.carry_batch(claimed, real_now=self.real_now()))
        try:
            outcomes = await asyncio.shield(sending)
        except asyncio.CancelledError:
            batch.halt()
            await self._record_batch(claimed, await sending)
            raise
        failed = await self._record_batch(claimed, outcomes)
        await asyncio.sleep(self.pause_between)
        if failed is not None:
            await self._rest(failed)
        return len(outcomes) - (failed is not None)

    async def _record_batch(
        self, claimed: list[RelayMessage], outcomes: list[DeliveryError | None]
    ) -> RelayMessage | None:
        """Store outcomes, release the messages that were not tried, and return the one that must be sent again."""
        tried = [self._after(message, outcome) for message, outcome in zip(claimed, outcomes, strict=False)]
        await self.write(partial(_record, changed=[*tried, *claimed[len(tried) :]]))
        return next((each for each in tried if each.due_at is not None), None)

    async def _sent(self, message: RelayMessage) -> RelayMessage:
        """Send one message, and return its new row."""
        try:
            await self.carrier.carry(message, real_now=self.real_now())
        except DeliveryError as error:
            return self._after(message, error)
        return self._after(message, None)

    def _after(self, message: RelayMessage, outcome: DeliveryError | None) -> RelayMessage:
        """Return the new row of a message that was sent. outcome: why it did not arrive."""
        tried = replace(message, sends=message.sends + 1)
        if outcome is None:
            self.failures, self.rests_until = 0, None
            self.observer.carried(self.to)
            return replace(tried, due_at=None, sent_at=self.real_now(), error=None)
        if isinstance(outcome, AddressRefused):
            self.observer.quarantined(self.to, 1)
            return replace(tried, due_at=None, error=str(outcome)[:300])
        self.observer.failed(self.to)
        due_at = self.real_now() + pause_after(tried.sends, outcome)
        return replace(tried, due_at=due_at, error=str(outcome)[:300])

    async def _rest(self, failed: RelayMessage) -> None:
        """Let the destination rest after a failure, and quarantine the messages that have waited for days."""
        now = self.real_now()
        self.failures += 1
        self.rests_until = now + min(FIRST_PAUSE * 2 ** min(self.failures - 1, 10), LONGEST_REST)
        if now - failed.written_at >= GIVE_UP_AFTER:
            words = f"{ABANDONED}; last: {failed.error}"
            given_up = await self.write(
                lambda tx: tx.quarantine_relay_messages(self.to, written_before=now - GIVE_UP_AFTER, error=words)
            )
            self.observer.quarantined(self.to, given_up)


def pause_after(sends: int, error: DeliveryError) -> timedelta:
    """Return the pause (real time) before a message is sent again: the receiver's wish, or twice the last one."""
    asked = error.retry_after if isinstance(error, Temporary) else None
    doubled: timedelta = FIRST_PAUSE * 2 ** min(sends - 1, 20)
    return min(max(doubled, asked or timedelta(0)), LONGEST_PAUSE)


def _record(tx: RelayMessages, *, changed: Sequence[RelayMessage]) -> None:
    """Store outcomes, and release claimed messages that were not sent."""
    tx.update_relay_messages(changed)
