"""The pager's engine: finds what is due, writes each try before it is sent, sends, records, and goes on for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from oncall.errors import Ambiguous, DeliveryError, Permanent, StoreError, Temporary
from oncall.paging.advance import Hand, advance_ticket
from oncall.paging.alerting import send_alert
from oncall.paging.asking import Inquiries, note_answer
from oncall.paging.calls import spoken_text
from oncall.paging.decide import PAGER
from oncall.paging.failing import failure_in, has_failed, text_instead
from oncall.paging.handover import hand_over, next_handoff
from oncall.paging.hearing import deaf_people, tell_manager
from oncall.paging.ports import Channel, Clock, Message, Observer, Receipt, Store, Transaction, Unobserved
from oncall.paging.reachability import Alert, Reachability
from oncall.paging.receipts import TAKEN, note_receipt
from oncall.paging.ticket import Attempt, AttemptStatus, Purpose
from oncall.paging.tries import (
    FRESH,
    LEASE,
    MOST_SENDS,
    adopt,
    claim,
    give_back,
    mark_sending,
    provider_ids,
    renew,
    write_outcome,
)
from oncall.schedule.schedule import Schedule
from oncall.support.policy import ChannelName

T = TypeVar("T")

_SMS, _VOICE = ChannelName.SMS.value, ChannelName.VOICE.value

BATCH = 50
MOST_IN_FLIGHT = 50
BEAT_EVERY = timedelta(seconds=5)
SHORTEST_NAP = 0.05
"""Seconds (real time) between two looks at the store, however often the engine is woken."""
LONGEST_NAP = 1.0
"""Seconds (real time) between looks at the store when nothing wakes the engine."""
REST_AFTER_FAILURE = 0.5
"""Seconds (real time) before a ticket that could not be advanced is tried again."""
SHORTEST_VALIDITY = 10
"""Seconds: a page that is sent just before its step ends still gets so long to arrive."""


class Engine:
    """One pager. `channels` by the name that policy steps use; one that is missing falls back to `sms`, except that
    nobody is sent a text that cannot reach them."""

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
        """is_alone: no other pager shares the store, so tries found half-sent at the start are nobody else's.
        no_calls_because: why there is no `voice` among the channels, for logs."""
        self._no_calls_because = no_calls_because
        self._store, self._channels, self._clock = store, channels, clock
        self._worker, self._is_alone = worker, is_alone
        self.observer: Observer = observer if observer is not None else Unobserved()
        self._wake = asyncio.Event()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._on_the_wire: set[str] = set()
        self._room = asyncio.Semaphore(MOST_IN_FLIGHT)
        self._schedule: Schedule | None = None
        self._deaf: Mapping[str, Reachability] = {}
        self._inquiries = Inquiries(self._inquire)
        self._has_late_trouble = False
        self._beat_at: datetime | None = None
        self._handoff_at: datetime | None = None
        self._handoff_schedule: Schedule | None = None
        self._is_stopping = False
        self.trouble: str | None = None
        """What the provider said when it last refused a message for a reason that lies with us; None once one went
        out since."""
        self._log = structlog.get_logger("oncall.pager").bind(worker=worker)

    def hand(self, by: str = PAGER) -> Hand:
        """What somebody acting in this process, now, passes to intake, life and replies: tries are sent from here."""
        real_now = self._clock.real_now()
        return Hand(by, self._clock.now(), real_now, real_now + LEASE, can_call=_VOICE in self._channels)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run work on the store without blocking the loop; durable when it returns."""

        def noting_the_schedule(tx: Transaction) -> T:
            result = work(tx)
            self._schedule = tx.schedule()
            return result

        return await asyncio.wrap_future(self._store.submit(noting_the_schedule))

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run work that only looks, without blocking the loop or holding up those who write."""
        return await asyncio.to_thread(self._store.read, work)

    def send_soon(self, attempts: Iterable[Attempt]) -> None:
        """Send tries that this process has just written under its lease, and be awake when their next step is due."""
        for attempt in attempts:
            if attempt.status is AttemptStatus.SENDING:
                self._start(self._deliver(attempt))
            if attempt.deadline is not None and self._clock.real_seconds_until(attempt.deadline) < LONGEST_NAP:
                self.wake()

    async def receive(self, receipt: Receipt, *, delivery_id: str | None = None) -> bool:
        """Record what a provider reports of a message it has, and see to what follows. True when it changed something.

        delivery_id: our own id of the message, when the report named it.
        """
        changed = await self.write(
            lambda tx: note_receipt(tx, delivery_id=delivery_id, receipt=receipt, hand=self.hand())
        )
        self._heard(receipt, changed=changed)
        return changed

    def wake(self) -> None:
        """Look at the store now. Only from the engine's own event loop."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then wait for what is on the wire; what only waits for its turn is queued again."""
        stopping = asyncio.create_task(stop.wait())
        if self._is_alone:
            await self._guarded(self.write(lambda tx: adopt(tx, self.hand())))
        while not stop.is_set():
            self._wake.clear()
            nap = await self._guarded(self.run_once())
            # Under load every commit wakes the engine; what each brought is sent without it.
            await asyncio.wait({stopping}, timeout=SHORTEST_NAP)
            waking = asyncio.create_task(self._wake.wait())
            await asyncio.wait(
                {waking, stopping}, timeout=LONGEST_NAP if nap is None else nap, return_when=asyncio.FIRST_COMPLETED
            )
            waking.cancel()
        stopping.cancel()
        self._is_stopping = True
        await self.settle()

    async def run_once(self) -> float:
        """Do everything that is due now and start the sends. Gives the real seconds until something more is due."""
        await self._beat()
        all_went_well = await self._advance_due()
        await self._hand_over()
        await self._claim_due()
        nap = await self._nap()
        return nap if all_went_well else max(nap, REST_AFTER_FAILURE)

    async def settle(self) -> None:
        """Wait until every send in flight is recorded."""
        while self._in_flight:
            await asyncio.gather(*self._in_flight, return_exceptions=True)
        await self._inquiries.settle()

    async def _beat(self) -> None:
        now = self._clock.real_now()
        if self._beat_at is None or now - self._beat_at >= BEAT_EVERY:
            await self.write(lambda tx: tx.beat(self._worker, real_now=now, channel=self._channels["sms"].name))
            self._beat_at = now

    async def _guarded(self, work: Awaitable[T]) -> T | None:
        """The loop outlives everything: what fails is logged and tried again on the next pass."""
        try:
            return await work
        except StoreError as error:
            self._log.error("the store is away", action="store_unavailable", error=str(error))
        except Exception:
            self._log.exception("a pass failed", action="pass_failed")
        return None

    async def _advance_due(self) -> bool:
        """Advance every ticket that is due. False when one could not be; those behind it are not held up by it."""
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
        attempts = await self.write(lambda tx: advance_ticket(tx, ticket_id, self.hand()))
        for attempt in attempts:
            self._log.info("page due", action="page_due", ticket=ticket_id, to=attempt.to, step=attempt.step)
        self.send_soon(attempts)
        return True

    async def _hand_over(self) -> None:
        """At a handoff, and once after a start or a change of the schedule, tell whoever came on what is open."""
        now = self._clock.now()
        if self._handoff_at is not None and now < self._handoff_at and self._schedule is self._handoff_schedule:
            return
        told, schedule = await self.write(self._handed_on)
        self._handoff_at, self._handoff_schedule = next_handoff(schedule, now), schedule
        self.send_soon(told)

    def _handed_on(self, tx: Transaction) -> tuple[tuple[Attempt, ...], Schedule]:
        hand = self.hand()
        tell_manager(tx, hand)
        return hand_over(tx, hand), tx.schedule()

    async def _claim_due(self) -> None:
        free = MOST_IN_FLIGHT - len(self._in_flight)
        if free <= 0:
            return
        claimed, alerts, self._deaf = await self.write(lambda tx: self._claimed(tx, free))
        self.observer.claimed(len(claimed))
        for attempt in claimed:
            if attempt.id in self._on_the_wire:
                # Its lease ran out while the provider thinks, or the machine slept: the answer is still to come.
                continue
            if attempt.status in TAKEN:
                self._inquiries.start(attempt)
            else:
                in_doubt = attempt.status is AttemptStatus.UNKNOWN
                self._start(self._reconcile(attempt) if in_doubt else self._deliver(attempt))
        for alert in alerts:
            self._start(self._alert(alert))

    def _claimed(self, tx: Transaction, free: int) -> tuple[list[Attempt], list[Alert], Mapping[str, Reachability]]:
        hand = self.hand()
        alerts = tx.claim_alerts(real_now=hand.real_now, lease_until=hand.real_now + LEASE)
        return claim(tx, hand, free), alerts, deaf_people(tx)

    async def _alert(self, alert: Alert) -> None:
        """Send a message that belongs to no ticket: to somebody deaf by a call, where this pager makes any."""
        schedule = await self.read(lambda tx: tx.schedule())
        name = _VOICE if alert.to in self._deaf and _VOICE in self._channels else _SMS
        sent = await send_alert(alert, self._channels[name], schedule, self._clock.real_now)
        await self.write(lambda tx: tx.update_alert(sent))
        if sent.error is None:
            self._log.info("alert sent", action="alert_sent", to=sent.to, about=sent.about)
        else:
            level = self._log.critical if sent.due_at is None else self._log.warning
            level("alert not sent", action="alert_failed", to=sent.to, about=sent.about, error=sent.error)

    async def _inquire(self, attempt: Attempt) -> None:
        """Ask the provider what became of a page it took and has not been heard of since."""
        await self._guarded(self._asked_about(attempt))

    async def _asked_about(self, attempt: Attempt) -> None:
        receipt: Receipt | None = None
        try:
            receipt = await self._channel(attempt).status(attempt.provider_id or "")
        except DeliveryError as error:
            self._log.warning(
                "cannot ask", action="ask_failed", ticket=attempt.ticket, attempt=attempt.id, error=str(error)
            )
        changed = await self.write(lambda tx: note_answer(tx, attempt, receipt, self.hand()))
        if receipt is not None:
            self._heard(receipt, changed=changed)

    def _heard(self, receipt: Receipt, *, changed: bool) -> None:
        self._note_trouble(receipt)
        if changed:
            self.observer.tried(receipt.status)
            self.wake()

    async def _nap(self) -> float:
        due_at, attempt_at = await self.write(lambda tx: (tx.next_due_at(), tx.next_attempt_at()))
        real_now = self._clock.real_now()
        ages = [self._clock.now() - due_at] if due_at is not None else []
        ages += [real_now - attempt_at] if attempt_at is not None else []
        self.observer.queue_age(max([0.0, *(age.total_seconds() for age in ages)]))
        naps = [LONGEST_NAP]
        if self._handoff_at is not None:
            naps.append(self._clock.real_seconds_until(self._handoff_at))
        if due_at is not None:
            naps.append(self._clock.real_seconds_until(due_at))
        if attempt_at is not None and len(self._in_flight) < MOST_IN_FLIGHT:
            naps.append(max((attempt_at - real_now).total_seconds(), 0.0))
        return min(naps)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(self._in_room(work))
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)

    async def _in_room(self, work: Coroutine[None, None, None]) -> None:
        async with self._room:
            await self._guarded(work)

    async def _deliver(self, attempt: Attempt) -> None:
        """Hand a try that is marked `sending` to its channel and record what came of it."""
        if self._is_stopping:
            await self.write(lambda tx: give_back(tx, attempt, self.hand()))
            return
        ours = await self._under_a_fresh_lease(attempt)
        if ours is None:
            return
        possible = await self._by_a_way_that_is_there(ours)
        if isinstance(possible, Permanent):
            await self._record(ours, possible)
            return
        message = await self._message(possible)
        if message is None:
            await self._record(possible, _nobody(possible))
            return
        await self._record(possible, await self._handed_over(possible, message))

    async def _by_a_way_that_is_there(self, attempt: Attempt) -> Attempt | Permanent:
        """The try itself, a text instead of a call that cannot be made, or why it can be neither."""
        if attempt.channel == _SMS and attempt.to in self._deaf:
            return Permanent(f"{attempt.to} has sent STOP: no text reaches them until they send START", may_call=True)
        if attempt.channel != _VOICE or _VOICE in self._channels:
            return attempt
        reason = f"nobody can be called: {self._no_calls_because}"
        text = await self.write(lambda tx: text_instead(tx, attempt, reason))
        action = "call_failed" if text is None else "call_by_sms"
        self._log.warning("no call", action=action, ticket=attempt.ticket, attempt=attempt.id, reason=reason)
        return text if text is not None else Permanent(reason)

    async def _under_a_fresh_lease(self, attempt: Attempt) -> Attempt | None:
        """A try that waited long for its turn gets a new lease first: without one, another pager would send it too."""
        now = self._clock.real_now()
        if attempt.lease_until is not None and attempt.lease_until - now >= FRESH:
            return attempt
        return await self.write(lambda tx: renew(tx, attempt, self.hand()))

    async def _handed_over(self, attempt: Attempt, message: Message) -> Receipt | DeliveryError:
        self._on_the_wire.add(attempt.id)
        try:
            return await self._channel(attempt).send(message)
        except DeliveryError as error:
            return error
        except Exception as error:
            return self._in_doubt(attempt, error)
        finally:
            self._on_the_wire.discard(attempt.id)

    async def _reconcile(self, attempt: Attempt) -> None:
        """Ask the provider whether it has an unknown try; only when it surely has not, send it again."""
        message = await self._message(attempt)
        if message is None:
            await self._record(attempt, _nobody(attempt))
            return
        found = await self._asked(attempt, message)
        if found is not None:
            await self._record(attempt, found)
        elif attempt.tries >= MOST_SENDS:
            # No fault of the number: it is tried on, ever more slowly, until the next step.
            await self._record(attempt, Temporary(f"not taken by the provider in {attempt.tries} tries"))
        else:
            again = await self.write(lambda tx: mark_sending(tx, attempt, self.hand()))
            if again is not None:
                self.observer.resent()
                self._log.warning("sent again", action="resent", ticket=attempt.ticket, attempt=attempt.id)
                await self._deliver(again)

    async def _asked(self, attempt: Attempt, message: Message) -> Receipt | Ambiguous | None:
        """What the provider says of an unknown try: it has it, it cannot be asked now, or (None) it surely has not."""
        known = await self.read(lambda tx: provider_ids(tx, attempt))
        try:
            return await self._channel(attempt).find(
                message, since=attempt.written_at, ends_with=attempt.body, known=known
            )
        except DeliveryError as error:
            return Ambiguous(str(error), code=error.code)
        except Exception as error:
            return self._in_doubt(attempt, error)

    def _in_doubt(self, attempt: Attempt, error: Exception) -> Ambiguous:
        self._log.error(
            "a channel failed", action="channel_failed", ticket=attempt.ticket, attempt=attempt.id, exc_info=error
        )
        return Ambiguous(f"the channel failed: {type(error).__name__}")

    async def _message(self, attempt: Attempt) -> Message | None:
        schedule = self._schedule
        if schedule is None or attempt.to not in schedule.people:
            schedule = await self.read(lambda tx: tx.schedule())
        person = schedule.people.get(attempt.to)
        if person is None:
            return None
        valid_for = None
        if attempt.deadline is not None:
            valid_for = max(int(self._clock.real_seconds_until(attempt.deadline)), SHORTEST_VALIDITY)
        spoken = None
        if attempt.channel == _VOICE and attempt.purpose is Purpose.PAGE:
            stored = await self.read(lambda tx: tx.ticket(attempt.ticket))
            spoken = spoken_text(stored) if stored is not None else None
        return Message(attempt.id, attempt.to, person.phone, person.email, attempt.body, valid_for, spoken)

    def _channel(self, attempt: Attempt) -> Channel:
        return self._channels.get(attempt.channel) or self._channels["sms"]

    async def _record(self, attempt: Attempt, outcome: Receipt | DeliveryError) -> None:
        changed = await self.write(lambda tx: write_outcome(tx, attempt, outcome, self.hand(), self._clock))
        log = self._log.bind(ticket=attempt.ticket, attempt=attempt.id, to=attempt.to)
        if isinstance(outcome, Receipt):
            log.info("page accepted", action="accepted", provider_id=outcome.provider_id)
        else:
            level = log.error if isinstance(outcome, Permanent) else log.warning
            level("page not accepted", action=type(outcome).__name__.lower(), error=str(outcome), code=outcome.code)
        self._note_trouble(outcome)
        if changed is None:
            return
        self.observer.tried(changed.status)
        if isinstance(outcome, Receipt) and attempt.purpose is Purpose.PAGE:
            self.observer.page_accepted((self._clock.real_now() - attempt.written_at).total_seconds())
        if has_failed(changed):
            self.wake()

    def _note_trouble(self, outcome: Receipt | DeliveryError) -> None:
        failure = failure_in(outcome)
        if failure is not None and failure.is_ours:
            code = outcome.error_code if isinstance(outcome, Receipt) else outcome.code
            self.trouble, self._has_late_trouble = failure.why, isinstance(outcome, Receipt)
            self.observer.alarmed("operator")
            self._log.critical("operator needed", action="operator_alarm", error=failure.why, code=code)
            return
        # What a carrier refuses later is taken at first every time: only a delivery shows that it is mended.
        arrived = isinstance(outcome, Receipt) and outcome.status is AttemptStatus.DELIVERED
        if arrived or (isinstance(outcome, Receipt) and failure is None and not self._has_late_trouble):
            self.trouble, self._has_late_trouble = None, False

    @property
    def channel_name(self) -> str:
        """How people are reached: `twilio`, or `outbox`, which reaches nobody."""
        return self._channels["sms"].name

    @property
    def beat_at(self) -> datetime | None:
        """When (real time) this pager last wrote to the store that it is alive."""
        return self._beat_at


def _nobody(attempt: Attempt) -> Permanent:
    return Permanent(f"nobody with the id {attempt.to} is on the published rosters")
