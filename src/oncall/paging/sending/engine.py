"""The engine of the pager: finds due work, stores each attempt before it is sent, sends it, and records the outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from oncall.errors import StoreError
from oncall.paging.domain.decide import PAGER
from oncall.paging.domain.reachability import Alert, Reachability
from oncall.paging.domain.ticket import TAKEN, Attempt, AttemptStatus, Purpose
from oncall.paging.outgoing.advance import advance_ticket
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.outgoing.opt_out import unreachable_by_text
from oncall.paging.ports.channel import Channel, Receipt
from oncall.paging.ports.store import Store, Transaction
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.alerts import due_alerts
from oncall.paging.sending.attempt_lifecycle import adopt, claim, ready_again, ready_alone, take_over
from oncall.paging.sending.delivery import Delivery
from oncall.paging.sending.failed_pages import failure_in
from oncall.paging.sending.observers import Observer
from oncall.paging.sending.receipt_batches import ReceiptBatches
from oncall.paging.sending.receipt_polling import ReceiptPoller
from oncall.paging.sending.receipts import Report, note_failure
from oncall.paging.sending.rounds import Rounds
from oncall.paging.sending.store_access import Access
from oncall.support.policy import ChannelName

T = TypeVar("T")
BATCH = 50
MOST_IN_FLIGHT = 50
"""The most claimed attempts that are being sent at once. New attempts have as many places of their own."""
FLOOD_OVER = timedelta(minutes=5)
"""How long (real time) after the last summary of urgent pages the operator is still warned of them."""
BEAT_EVERY = timedelta(seconds=5)
SHORTEST_NAP = 0.05
"""Shortest pause (seconds, real time) between two runs of `run_once`, however often the engine is woken."""
LONGEST_NAP = 1.0
"""Longest pause (seconds, real time) between two runs of `run_once`."""
REST_AFTER_FAILURE = 0.5
"""Shortest pause (seconds, real time) after a run of `run_once` in which something failed."""


class Engine:
    """One pager: finds due work, stores each attempt before it is sent, sends it, and records the outcome.

    channels: by the names that policy steps use. If a channel is missing, `sms` replaces it, except for a person whom
    no text reaches.
    """

    def __init__(
        self,
        *,
        store: Store,
        channels: Mapping[str, Channel],
        clock: Clock,
        worker: str,
        is_alone: bool = True,
        observer: Observer | None = None,
        no_calls_because: str = "this pager has no channel for calls",
    ) -> None:
        """worker: the name of this process. no_calls_because: why `channels` has no `voice`, for logs.

        is_alone: True if no other pager shares the store, so that attempts that are `sending` at the start are this
        pager's own.
        """
        self._channels, self._clock = channels, clock
        self._worker, self._is_alone = worker, is_alone
        self.observer = observer if observer is not None else Observer()
        self._log = structlog.get_logger("oncall.pager").bind(worker=worker)
        self._access = Access(store, clock, can_call=ChannelName.VOICE.value in channels)
        self._delivery = Delivery(
            self._access, channels, self.observer, wake=self.wake, log=self._log, no_calls_because=no_calls_because
        )
        self._wake = asyncio.Event()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(MOST_IN_FLIGHT)
        # A first page must not wait behind fifty questions about unknown attempts.
        self._room_for_new = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._inquiries = ReceiptPoller(self._inquire)
        self._receipts = ReceiptBatches(self._access)
        self._beat_at: datetime | None = None
        self._rounds = Rounds(self._access)

    def context(self, by: str = PAGER) -> ActionContext:
        """Return the context of an action that this process carries out now.

        This process itself sends the attempts that such an action creates.
        """
        return self._access.context(by)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction without blocking the event loop. Its changes are durable when this returns."""
        return await self._access.write(work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run read-only `work` without blocking the event loop or any writer."""
        return await self._access.read(work)

    def send_soon(self, attempts: Iterable[Attempt]) -> None:
        """Send attempts that this process has just stored under its lease.

        For attempts that are queued, or whose step ends soon, wake the engine.
        """
        for attempt in attempts:
            if attempt.purpose is Purpose.PAGE:
                self._log.info(
                    "page due",
                    action="page_due",
                    ticket=attempt.ticket,
                    to=attempt.to,
                    channel=attempt.channel,
                    step=attempt.step,
                    why=attempt.why,
                )
            if attempt.status is AttemptStatus.SENDING:
                self._start(self._sent(attempt, self._room_for_new))
            elif attempt.status is AttemptStatus.QUEUED:
                # The next pass checks its rate limits.
                self.wake()
            if attempt.deadline is not None and self._clock.real_seconds_until(attempt.deadline) < LONGEST_NAP:
                self.wake()

    async def receive(self, receipt: Receipt, *, delivery_id: str | None = None) -> bool:
        """Record a receipt and its consequences. Returns True if it changed something.

        delivery_id: our own id of the message; None if the receipt does not name it.
        """
        report = Report(receipt, delivery_id)
        if failure_in(receipt) is not None:
            # It may make the next step due, so it waits for no other receipt.
            changed, lost = await self.write(lambda tx: note_failure(tx, report, self.context()))
            self._delivery.heard(receipt, changed=changed, lost=lost)
            return changed
        noted = await self._receipts.note(report)
        self._delivery.heard(receipt, changed=noted is not None, may_wake=noted is not None and not noted.is_text)
        if noted is not None and noted.purpose is Purpose.PAGE and noted.status is AttemptStatus.DELIVERED:
            self.observer.page_delivered((self._clock.real_now() - noted.written_at).total_seconds())
        return noted is not None

    def wake(self) -> None:
        """End the present pause, so that `run_once` runs again. Call it only from the engine's event loop."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish the sends in flight.

        Attempts whose send has not begun go back to the queue.
        """
        stopping = asyncio.create_task(stop.wait())
        if self._is_alone:
            await self._guarded(self.write(lambda tx: adopt(self._access.work(tx))))
        while not stop.is_set():
            self._wake.clear()
            nap = await self._guarded(self.run_once())
            # Under load every commit wakes the engine, but new attempts are sent without a pass.
            await asyncio.wait({stopping}, timeout=SHORTEST_NAP)
            waking = asyncio.create_task(self._wake.wait())
            await asyncio.wait(
                {waking, stopping}, timeout=LONGEST_NAP if nap is None else nap, return_when=asyncio.FIRST_COMPLETED
            )
            waking.cancel()
            self.observer.rested(was_woken=self._wake.is_set())
        stopping.cancel()
        self._delivery.is_stopping = True
        await self.settle()

    async def run_once(self) -> float:
        """Do everything that is due now, and start the sends. Returns the real seconds until something more is due."""
        await self._beat()
        all_went_well = await self._advance_due()
        # A handoff that fails must not delay pages.
        all_went_well = await self._make_rounds() and all_went_well
        await self._claim_due()
        nap = await self._nap()
        return nap if all_went_well else max(nap, REST_AFTER_FAILURE)

    async def settle(self) -> None:
        """Wait until the outcome of every send in flight is recorded."""
        while self._in_flight:
            await asyncio.gather(*self._in_flight, return_exceptions=True)
        await self._inquiries.settle()

    async def _beat(self) -> None:
        now = self._clock.real_now()
        if self._beat_at is None or now - self._beat_at >= BEAT_EVERY:
            await self.write(lambda tx: tx.beat(self._worker, real_now=now, channel=self._channels["sms"].name))
            self._beat_at = now

    async def _guarded(self, work: Awaitable[T]) -> T | None:
        """Await `work` and return its result. An error is logged and gives None, so that the engine continues."""
        try:
            return await work
        except StoreError as error:
            self._log.error("the store is away", action="store_unavailable", error=str(error))
        except Exception:
            self._log.exception("a pass failed", action="pass_failed")
        return None

    async def _advance_due(self) -> bool:
        """Do what is due for every due ticket. Returns False if that failed for one; the others are not affected."""
        done: set[str] = set()
        failed = 0
        while True:
            due = await self._due_tickets(BATCH + failed)
            new = [ticket_id for ticket_id in due if ticket_id not in done]
            self.observer.due(len(new) + failed)
            if not new:
                return not failed
            outcomes = await asyncio.gather(*(self._guarded(self._advance(ticket_id)) for ticket_id in new))
            failed += outcomes.count(None)
            done.update(new)

    async def _due_tickets(self, limit: int) -> list[str]:
        return await self.write(lambda tx: tx.due_tickets(self._clock.now(), limit))

    async def _advance(self, ticket_id: str) -> bool:
        attempts = await self.write(lambda tx: advance_ticket(tx, ticket_id, self.context()))
        self.send_soon(attempts)
        return True

    async def _make_rounds(self) -> bool:
        """Carry out due handoffs and reminders. Returns False if either failed; that does not affect the other."""
        told = await self._guarded(self._rounds.hand_over())
        self.send_soon(told or ())
        return await self._guarded(self._rounds.remind()) is True and told is not None

    async def _claim_due(self) -> None:
        free = MOST_IN_FLIGHT - len(self._in_flight)
        if free <= 0:
            return
        alerts, self._delivery.opted_out, is_due = await self.write(self._due_now)
        for alert in alerts:
            self._start(self._in_room(self._delivery.alert(alert)))
        claimed = await self._claimed(free) if is_due else []
        self.observer.claimed(len(claimed))
        for attempt in claimed:
            if attempt.id in self._delivery.on_the_wire:
                # Its lease expired while the request is still in flight: the answer will come.
                continue
            if attempt.status in TAKEN:
                self._inquiries.start(attempt)
            else:
                in_doubt, reconciled = attempt.status is AttemptStatus.UNKNOWN, self._delivery.reconcile
                self._start(self._in_room(reconciled(attempt)) if in_doubt else self._sent(attempt, self._room))

    def _due_now(self, tx: Transaction) -> tuple[list[Alert], Mapping[str, Reachability], bool]:
        """Return the alerts to send now, the opt-outs by the person's id, and True if an attempt is due."""
        work, attempt_at = self._access.work(tx), tx.next_attempt_at()
        is_due = attempt_at is not None and attempt_at <= work.real_now
        return due_alerts(work), unreachable_by_text(tx), is_due

    async def _claimed(self, most: int) -> list[Attempt]:
        """Claim due attempts and return those to send.

        The claim is a separate commit, because thousands may have to be bundled. If it fails for all of them together,
        each person's attempts are made ready separately.
        """
        write = self._access.write_apart
        try:
            return await write(lambda tx: claim(self._access.work(tx), most))
        except StoreError:
            raise
        except Exception:
            self._log.exception("the due attempts cannot be made ready together", action="claim_failed")
        due = await write(lambda tx: take_over(self._access.work(tx), most))
        people = dict.fromkeys(attempt.to for attempt in due)
        return [one for to in people for one in await self._for_one([one for one in due if one.to == to])]

    async def _for_one(self, due: Sequence[Attempt]) -> list[Attempt]:
        """Make one person's attempts ready, one by one if they cannot be made ready together. Returns those to send."""
        together = await self._guarded(self.write(lambda tx: ready_again(self._access.work(tx), due)))
        if together is not None:
            return together
        alone = [await self._guarded(self.write(partial(self._readied_alone, one))) for one in due]
        return [one for found in alone for one in found or ()]

    def _readied_alone(self, attempt: Attempt, tx: Transaction) -> list[Attempt]:
        return ready_alone(self._access.work(tx), attempt)

    async def _inquire(self, attempt: Attempt) -> None:
        """Ask the provider about an accepted page without a final receipt."""
        await self._guarded(self._delivery.ask(attempt))

    async def _nap(self) -> float:
        due_at, attempt_at = await self.write(lambda tx: (tx.next_due_at(), tx.next_attempt_at()))
        real_now = self._clock.real_now()
        ages = [self._clock.now() - due_at] if due_at is not None else []
        ages += [real_now - attempt_at] if attempt_at is not None else []
        self.observer.queue_age(max([0.0, *(age.total_seconds() for age in ages)]))
        naps = [LONGEST_NAP]
        if self._rounds.next_at is not None:
            naps.append(self._clock.real_seconds_until(self._rounds.next_at))
        if due_at is not None:
            naps.append(self._clock.real_seconds_until(due_at))
        if attempt_at is not None and len(self._in_flight) < MOST_IN_FLIGHT:
            naps.append(max((attempt_at - real_now).total_seconds(), 0.0))
        return min(naps)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _sent(self, attempt: Attempt, room: asyncio.Semaphore) -> None:
        """Send an attempt and record its outcome.

        room: limits how many sends run at once. This send leaves it before its outcome is stored.
        """
        async with room:
            answered = await self._guarded(self._delivery.hand_over(attempt))
        if answered is not None:
            await self._guarded(self._delivery.record(answered))

    async def _in_room(self, work: Coroutine[None, None, None]) -> None:
        async with self._room:
            await self._guarded(work)

    @property
    def trouble(self) -> str | None:
        """Return the provider's last refusal that an operator must correct; None once a later message was accepted."""
        return self._delivery.trouble

    @property
    def flood(self) -> str | None:
        """Return a sentence for the operator about urgent pages that exceed a ceiling; None if there were none lately.

        Lately is within FLOOD_OVER after a summary.
        """
        words, at = self._delivery.flood or (None, None)
        return words if at is not None and self._clock.real_now() - at < FLOOD_OVER else None

    @property
    def channel_name(self) -> str:
        """Return the name of the channel for texts: `twilio`, or `outbox`, which prints texts and sends nothing."""
        return self._channels["sms"].name

    @property
    def beat_at(self) -> datetime | None:
        """Return when (real time) this pager last recorded that it is alive; None before the first record."""
        return self._beat_at
