"""Sends the relay's messages: in order for each ticket, with retries until they arrive, without needless repeats."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from oncall.errors import AddressRefused, DeliveryError, Temporary
from oncall.paging.ports.relay import Carrier, RelayMessage, RelayMessages

T = TypeVar("T")
MOST_AT_ONCE = 10
"""Messages that one round sends to one destination."""
LEASE = timedelta(minutes=3)
"""How long (real time) claimed messages are reserved: longer than all sends of a round may take."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
"""Real time before the second send of a message; it doubles each time, up to the longest."""
LONGEST_REST = timedelta(minutes=1)
"""The longest rest (real time) of a destination that has just failed, before another message is tried."""
GIVE_UP_AFTER = timedelta(days=3)
"""How old (real time) a message gets before it is quarantined."""
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
        for number, message in enumerate(claimed):
            after = await self._sent(message)
            failed = after.due_at is not None
            left = claimed[number + 1 :] if failed else []
            await self.write(partial(_record, after=after, left=left))
            await asyncio.sleep(self.pause_between)
            if failed:
                await self._rest(after)
                return number
        return len(claimed)

    async def _sent(self, message: RelayMessage) -> RelayMessage:
        """Send one message, and return its new row."""
        tried = replace(message, sends=message.sends + 1)
        try:
            await self.carrier.carry(message, real_now=self.real_now())
        except AddressRefused as error:
            self.observer.quarantined(self.to, 1)
            return replace(tried, due_at=None, error=str(error)[:300])
        except DeliveryError as error:
            self.observer.failed(self.to)
            return replace(tried, due_at=self.real_now() + pause_after(tried.sends, error), error=str(error)[:300])
        self.failures, self.rests_until = 0, None
        self.observer.carried(self.to)
        return replace(tried, due_at=None, sent_at=self.real_now(), error=None)

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


def _record(tx: RelayMessages, *, after: RelayMessage, left: list[RelayMessage]) -> None:
    """Store the outcome of a message, and release claimed messages that were not sent."""
    tx.update_relay_message(after)
    for message in left:
        tx.update_relay_message(message)
