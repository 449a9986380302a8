"""Sends the relay's messages: in order for each ticket, and again until they arrive, but not needlessly often."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from oncall.errors import AddressDelayed, AddressRefused, DeliveryError, Temporary
from oncall.paging.ports.relay import BatchCarrier, Carrier, RelayMessage, RelayMessages, stops_others

T = TypeVar("T")
MOST_AT_ONCE = 10
"""The most messages that one call of `Courier.round` sends."""
LEASE = timedelta(minutes=3)
"""How long (real time) claimed messages are reserved. Sending them all is shorter."""
LONGEST_HOLD = timedelta(seconds=10)
"""How long (real time) claimed messages may wait to be sent. Later their lease might end while they are sent."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
"""Real time before the second send of a message; it doubles each time, up to the longest."""
LONGEST_REST = timedelta(minutes=1)
"""The longest pause (real time) after a failure before another message to the same destination is tried."""
GIVE_UP_AFTER = timedelta(days=3)
"""The age (real time) from which a failing message is quarantined, if it was also sent LEAST_SENDS times."""
LEAST_SENDS = 20
"""How often a failing message is sent at least. The pauses between so many sends last more than ten hours together.

Without it, the first failure after our own service was down for days would quarantine everything.
"""
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

    give_up: quarantines all messages to the destination, for the reason that it is called with, because none was
    accepted for GIVE_UP_AFTER, and returns how many; None: those of that age are quarantined, and later ones are tried.
    may_go: returns True if a message may be sent now. With `may_go`, a call of `round` sends only one message; with
    None, it sends up to MOST_AT_ONCE. batch: sends several messages at once; None: `carrier` sends each. pause: returns
    the real seconds to wait after a batch. held: when messages were claimed (real time) for the next call of `round`,
    and these messages. failures: how many sends in a row have failed. rests_until: no message is tried before this real
    time; None: no rest.
    """

    to: str
    carrier: Carrier
    write: Writes
    real_now: Callable[[], datetime]
    observer: RelayObserver
    may_go: Callable[[], Awaitable[bool]] | None = None
    give_up: Callable[[str], Awaitable[int]] | None = None
    batch: BatchCarrier | None = None
    pause: Callable[[], float] = lambda: 0.0
    held: tuple[datetime, list[RelayMessage]] | None = None
    failures: int = 0
    rests_until: datetime | None = None

    @property
    def rests(self) -> bool:
        """Return True during the pause after a failure, in which nothing is sent to the destination."""
        return self.rests_until is not None and self.real_now() < self.rests_until

    async def round(self) -> int:
        """Send the due messages. Returns how many were tried, or 0 if there is nothing more to do now.

        Raises StoreError if the store is away.
        """
        if self.rests or (self.may_go is not None and not await self.may_go()):
            return 0
        claimed = self._taken_from_hold()
        if not claimed:
            now, most = self.real_now(), MOST_AT_ONCE if self.may_go is None else 1
            claimed = await self.write(partial(_claim, to=self.to, real_now=now, most=most))
        if self.batch is not None and claimed:
            return await self._round_of(self.batch, claimed)
        outcomes: list[DeliveryError | None] = []
        for number, message in enumerate(claimed):
            outcomes.append(await self._outcome(message))
            after, has_stopped = self._after(message, outcomes[-1]), stops_others(outcomes[-1])
            left = claimed[number + 1 :] if has_stopped else []
            await self.write(partial(_record, changed=[after, *left]))
            if has_stopped:
                await self._rest(after)
                return number
        return self._rest_if_all_are_delayed(outcomes)

    async def _round_of(self, batch: BatchCarrier, claimed: list[RelayMessage]) -> int:
        """Send claimed messages as one batch, and store all outcomes at once. Returns as `round` does.

        The transaction that stores the outcomes also claims messages for the next call. If the process stops, the
        outcomes so far are still stored, so that no sent message is sent again, and the claimed messages are released.
        """
        sending = asyncio.ensure_future(batch.carry_batch(claimed, real_now=self.real_now()))
        try:
            outcomes = await asyncio.shield(sending)
        except asyncio.CancelledError:
            batch.halt()
            await self.write(partial(_record, changed=self._after_batch(claimed, await sending)))
            raise
        changed = self._after_batch(claimed, outcomes)
        has_stopped, tried = bool(outcomes) and stops_others(outcomes[-1]), self._rest_if_all_are_delayed(outcomes)
        await self._record_and_claim(changed, most=0 if has_stopped or self.rests else MOST_AT_ONCE)
        if has_stopped:
            await self._rest(changed[len(outcomes) - 1])
            return len(outcomes) - 1
        return tried

    def _after_batch(self, claimed: list[RelayMessage], outcomes: list[DeliveryError | None]) -> list[RelayMessage]:
        """Return the rows of claimed messages with their outcomes. Messages that were not tried are due as before."""
        tried = [self._after(message, outcome) for message, outcome in zip(claimed, outcomes, strict=False)]
        return [*tried, *claimed[len(tried) :]]

    async def _record_and_claim(self, changed: list[RelayMessage], *, most: int) -> None:
        """Store the outcomes of a batch, claim up to `most` messages for the next call of `round`, and pause.

        If the process stops meanwhile, the outcomes are still stored, and the claimed messages are released.
        """
        now = self.real_now()

        def work(tx: RelayMessages) -> list[RelayMessage]:
            _record(tx, changed=changed)
            return _claim(tx, to=self.to, real_now=now, most=most) if most else []

        storing = asyncio.ensure_future(self.write(work))
        try:
            self.held = now, await asyncio.shield(storing)
            await asyncio.sleep(self.pause())
        except asyncio.CancelledError:
            self.held = None
            await self.write(partial(_record, changed=await storing))
            raise

    def _taken_from_hold(self) -> list[RelayMessage]:
        """Return the messages that are held for this call. None are returned after LONGEST_HOLD."""
        held, self.held = self.held, None
        return held[1] if held is not None and self.real_now() - held[0] < LONGEST_HOLD else []

    async def _outcome(self, message: RelayMessage) -> DeliveryError | None:
        """Send one message. Returns the error if it did not arrive, else None."""
        try:
            await self.carrier.carry(message, real_now=self.real_now())
        except DeliveryError as error:
            return error
        return None

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
        if isinstance(outcome, AddressDelayed) and is_hopeless(tried, self.real_now()):
            self.observer.quarantined(self.to, 1)
            return replace(tried, due_at=None, error=f"{ABANDONED}; last: {outcome}"[:300])
        due_at = self.real_now() + pause_after(tried.sends, outcome)
        return replace(tried, due_at=due_at, error=str(outcome)[:300])

    def _rest_if_all_are_delayed(self, outcomes: Sequence[DeliveryError | None]) -> int:
        """Start a short pause if a full claim has only delayed addresses: the server may be the cause.

        Returns how many messages were tried, 0 if the pause has begun.
        """
        if len(outcomes) < MOST_AT_ONCE or not all(isinstance(each, AddressDelayed) for each in outcomes):
            return len(outcomes)
        self.rests_until = self.real_now() + FIRST_PAUSE
        return 0

    async def _rest(self, failed: RelayMessage) -> None:
        """Start the pause after a failure. Give up messages if the failed one has failed for long enough."""
        now = self.real_now()
        self.failures += 1
        self.rests_until = now + min(FIRST_PAUSE * 2 ** min(self.failures - 1, 10), LONGEST_REST)
        if is_hopeless(failed, now):
            self.observer.quarantined(self.to, await self._given_up(now, failed.error or ""))

    async def _given_up(self, now: datetime, error: str) -> int:
        """Quarantine messages and return how many. error: why the last send failed."""
        if self.give_up is not None:
            return await self.give_up(error)
        return await self.write(
            lambda tx: tx.quarantine_relay_messages(
                self.to, written_before=now - GIVE_UP_AFTER, error=f"{ABANDONED}; last: {error}"
            )
        )


def is_hopeless(failed: RelayMessage, real_now: datetime) -> bool:
    """Return True if a message that has just failed should not be sent again: it is old and was sent often enough."""
    return failed.sends >= LEAST_SENDS and real_now - failed.written_at >= GIVE_UP_AFTER


def pause_after(sends: int, error: DeliveryError) -> timedelta:
    """Return the pause (real time) before a message is sent again.

    It doubles with each send, is at least what the receiver asked for, and at most LONGEST_PAUSE. sends: sends so far.
    """
    asked = error.retry_after if isinstance(error, Temporary) else None
    doubled: timedelta = FIRST_PAUSE * 2 ** min(sends - 1, 20)
    return min(max(doubled, asked or timedelta(0)), LONGEST_PAUSE)


def _claim(tx: RelayMessages, *, to: str, real_now: datetime, most: int) -> list[RelayMessage]:
    """Claim due messages for one call of `round`."""
    return tx.claim_relay_messages(to, real_now=real_now, lease_until=real_now + LEASE, most=most)


def _record(tx: RelayMessages, *, changed: Sequence[RelayMessage]) -> None:
    """Store the changed rows of claimed messages, and so release the messages that were not sent."""
    tx.update_relay_messages(changed)
