"""Sends the relay's messages: in order for each ticket, and again until they arrive, but not needlessly often."""

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
"""The most messages that one call of `Courier.round` sends."""
LEASE = timedelta(minutes=3)
"""How long (real time) claimed messages are reserved. Sending them all is shorter."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
"""Real time before the second send of a message; it doubles each time, up to the longest."""
LONGEST_REST = timedelta(minutes=1)
"""The longest pause (real time) after a failure before another message to the same destination is tried."""
GIVE_UP_AFTER = timedelta(days=3)
"""The age (real time) at which a failing message is quarantined."""
ABANDONED = "it was not accepted for 3 days; send it again with `oncall webhooks retry`"


class Writes(Protocol):
    """Runs a function of the relay in a transaction of its own, without blocking the event loop."""

    async def __call__(self, work: Callable[[RelayMessages], T]) -> T:
        """Run `work` and return its result. Its changes are durable when this returns. Raises StoreError."""


class RelayObserver(Protocol):
    """Counts the relay's successes and failures."""

    def carried(self, to: str) -> None:
        """Count a message that arrived."""

    def failed(self, to: str) -> None:
        """Count a send that failed."""

    def quarantined(self, to: str, count: int) -> None:
        """Count messages that are not sent again."""


@dataclass
class Courier:
    """Sends the messages to one destination. carrier: sends them one by one. real_now: returns real time, aware UTC.

    may_go: returns True if a message may be sent now. With `may_go`, a call of `round` sends only one message; with
    None, it sends up to MOST_AT_ONCE. pause_between: real seconds to wait after each message. batch: sends several
    messages at once; None: `carrier` sends each. failures: how many sends in a row have failed. rests_until: no message
    is tried before this real time; None: no rest.
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
        """Return True during the pause after a failure, in which nothing is sent to the destination."""
        return self.rests_until is not None and self.real_now() < self.rests_until

    async def round(self) -> int:
        """Send the due messages. Returns how many of them need no further send.

        Raises StoreError if the store is away.
        """
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
        """Send claimed messages as one batch, and store all outcomes at once. Returns how many need no further send.

        If the process stops, the outcomes so far are still stored, so that no sent message is sent again.
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
        """Store the outcomes of a batch and release the messages that were not tried.

        Returns the message that must be sent again; None if there is none.
        """
        tried = [self._after(message, outcome) for message, outcome in zip(claimed, outcomes, strict=False)]
        await self.write(partial(_record, changed=[*tried, *claimed[len(tried) :]]))
        return next((each for each in tried if each.due_at is not None), None)

    async def _sent(self, message: RelayMessage) -> RelayMessage:
        """Send one message. Returns its row with the outcome."""
        try:
            await self.carrier.carry(message, real_now=self.real_now())
        except DeliveryError as error:
            return self._after(message, error)
        return self._after(message, None)

    def _after(self, message: RelayMessage, outcome: DeliveryError | None) -> RelayMessage:
        """Return the row of a message after a send. outcome: the error if it did not arrive, else None."""
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
        """Start the pause after a failure. Quarantine the messages that are older than GIVE_UP_AFTER."""
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
    """Return the pause (real time) before a message is sent again.

    It doubles with each send, is at least what the receiver asked for, and at most LONGEST_PAUSE. sends: sends so far.
    """
    asked = error.retry_after if isinstance(error, Temporary) else None
    doubled: timedelta = FIRST_PAUSE * 2 ** min(sends - 1, 20)
    return min(max(doubled, asked or timedelta(0)), LONGEST_PAUSE)


def _record(tx: RelayMessages, *, changed: Sequence[RelayMessage]) -> None:
    """Store the changed rows of claimed messages, and so release the messages that were not sent."""
    tx.update_relay_messages(changed)
