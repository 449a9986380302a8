"""Runs the relay in a thread with an event loop of its own, so that no page waits for messages to other systems.

Each process has one such thread. Workers that share a database share its messages, too.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog

from oncall.errors import DeliveryError, OncallError, StoreError
from oncall.paging.actions.reply_mails import ReplyMails
from oncall.paging.ports.relay import SUBSCRIBER_HOOK, RelayMessage, RelayMessages
from oncall.paging.ports.store import Transaction
from oncall.paging.ports.time_source import Clock
from oncall.paging.relay.filling import Filling
from oncall.paging.relay.pace import WRITING_RESTS, HookPlaces, Pace
from oncall.paging.relay.subscriber_notices import SubscriberNotices, store_notices
from oncall.paging.relay.team_messages import words_for_channels
from oncall.paging.sending.store_access import Access
from oncall.store.sql_store import SqlStore
from oncall.support.outward import Topic
from oncall.support.policy import Policy
from oncall.web.server.relay_metrics import RelayMetrics
from oncall.wiring.couriers import Couriers, give_up
from oncall.wiring.event_loop import EventLoop
from oncall.wiring.settings import Settings

T = TypeVar("T")
CHECK_EVERY_SECONDS = 1.0
COUNT_EVERY, FORGET_EVERY = timedelta(seconds=15), timedelta(hours=1)
KEPT_FOR = timedelta(days=14)
"""How long (real time) sent and quarantined messages are stored, so that lists can show them."""
STOP_WITHIN_SECONDS = 5.0
MOST_ALARMS = 100


class Relay:
    """The relay of one process. Between `start` and `stop` its thread runs; `alarm` may be called from any thread."""

    def __init__(
        self, settings: Settings, store: SqlStore, clock: Clock, metrics: RelayMetrics, *, links: str | None = None
    ) -> None:
        """links: the address of the service, for links in mail; None: this relay writes no notices to subscribers."""
        self._settings, self._store, self._clock, self._metrics = settings, store, clock, metrics
        self._access = Access(store, clock, can_call=False)
        self._filling = Filling()
        self._notices = SubscriberNotices(links.rstrip("/")) if links is not None else None
        sender = settings.mail.sender
        can_mail = links is not None and sender is not None and not settings.mail.unset
        self._replies = ReplyMails(links.rstrip("/"), sender) if links and sender and can_mail else None
        self._pace = Pace()
        self._couriers = Couriers(settings, self._access, clock, metrics, self._pace)
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._alarms: list[tuple[str, str]] = []
        self._policy: Policy | None = None
        self._counted_at: datetime | None = None
        self._forgotten_at: datetime | None = None
        self._hook_places = HookPlaces(self._pace)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop, self._wake = asyncio.Event(), asyncio.Event()
        self._runs = threading.Event()
        self._thread = threading.Thread(target=self._run_thread, name="relay", daemon=True)
        self._log = structlog.get_logger("oncall.relay")

    def start(self) -> None:
        """Start the thread. On the first run, store where the log ends, so that only later events are relayed."""
        with suppress(OncallError):
            self._note_replies()
            found = self._store.read(lambda tx: self._filling.find(tx, now=self._now(), real_now=self._real_now()))
            if found.before is None and found.after is not None:
                self._store.write(lambda tx: tx.move_relay_cursor(None, found.after))
        self._thread.start()
        self._runs.wait()

    def _note_replies(self) -> None:
        """On the first run, store where the log ends, so that only later replies are mailed."""
        replies, now, real_now = self._replies, self._now(), self._real_now()
        found = self._store.read(lambda tx: replies.find(tx, now=now, real_now=real_now)) if replies else None
        if replies is not None and found is not None and found.before is None:
            self._store.write(lambda tx: replies.store(tx, found, now=now, real_now=real_now))

    def stop(self) -> None:
        """Stop the thread within a few seconds. A message whose result is not recorded by then is sent again."""
        self._call(self._stop.set)
        self._thread.join(STOP_WITHIN_SECONDS + 1)

    def alarm(self, alarm: Mapping[str, object]) -> None:
        """Queue an alarm for the team channels. The thread sends it."""
        at = self._real_now().isoformat()
        text = alarm.get("text") or "it is over"
        words = f"{alarm.get('alarm')} on {alarm.get('worker')}: {text}"
        self._call(lambda: self._take_alarm(f"{alarm.get('alarm')}|{alarm.get('worker')}|{at}", words))

    def _take_alarm(self, source: str, words: str) -> None:
        self._alarms = [*self._alarms[-MOST_ALARMS:], (source, words)]
        self._wake.set()

    def _call(self, what: Callable[[], None]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(what)

    def _run_thread(self) -> None:
        with asyncio.Runner(loop_factory=EventLoop) as runner:
            runner.run(self._run())

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._runs.set()
        was_away = False
        while not self._stop.is_set():
            is_behind = False
            try:
                is_behind = await self._round()
                was_away = False
            except StoreError as error:
                if not was_away:
                    self._log.warning("the relay cannot use the store", action="relay_waits", error=str(error))
                was_away = True
            except Exception:
                self._log.exception("a round of the relay failed", action="relay_failed")
            if not is_behind:
                await self._rest()
        await self._end()

    async def _rest(self) -> None:
        stopping, waking = asyncio.create_task(self._stop.wait()), asyncio.create_task(self._wake.wait())
        await asyncio.wait({stopping, waking}, timeout=CHECK_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in (stopping, waking):
            task.cancel()
        self._wake.clear()

    async def _end(self) -> None:
        for task in self._sending.values():
            task.cancel()
        await asyncio.gather(*self._sending.values(), return_exceptions=True)
        await self._couriers.close()

    async def _round(self) -> bool:
        """Write new messages, and start to send those that are due. Returns True if there is more to write."""
        await self._tell_alarms()
        found = await self._access.read(lambda tx: self._filling.find(tx, now=self._now(), real_now=self._real_now()))
        if not found.changes_nothing and await self._write(lambda tx: self._filling.store(tx, found)):
            self._filling.stored(found)
        has_more = await self._mail_replies()
        due, last = await self._access.read(lambda tx: (tx.relay_due(self._real_now()), tx.last_event()))
        self._pace.note(last, self._real_now())
        for to in due:
            if to not in self._sending or self._sending[to].done():
                self._sending[to] = asyncio.create_task(self._carry(to))
        await self._count_and_forget()
        return await self._tell_subscribers() or found.is_full or has_more

    async def _mail_replies(self) -> bool:
        """Write the mails with replies to customers. Returns True if there may be more."""
        replies, now, real_now = self._replies, self._now(), self._real_now()
        if replies is None:
            return False
        found = await self._access.read(lambda tx: replies.find(tx, now=now, real_now=real_now))
        if found is not None:
            await self._access.write_apart(lambda tx: replies.store(tx, found, now=now, real_now=real_now))
        return found is not None

    async def _tell_subscribers(self) -> bool:
        """Write some notices to subscribers. Returns True if there may be more."""
        notices = self._notices
        if notices is None:
            return False
        found = await self._access.read(lambda tx: notices.find(tx, now=self._now(), real_now=self._real_now()))
        if found is not None:
            await self._access.write_apart(lambda tx: store_notices(tx, found))
            await asyncio.sleep(self._pace.rest_seconds * WRITING_RESTS)
        return found is not None

    async def _write(self, work: Callable[[RelayMessages], T]) -> T:
        def relayed(tx: Transaction) -> T:
            return work(tx)

        return await self._access.write_apart(relayed)

    async def _carry(self, to: str) -> None:
        """Send all due messages to one destination, until a send fails or none is left."""
        if not to.startswith(f"{SUBSCRIBER_HOOK}:"):
            await self._carry_now(to)
        elif not self._couriers.rests(to):
            async with self._hook_places.place():
                await self._carry_now(to)

    async def _carry_now(self, to: str) -> None:
        try:
            self._policy = await self._access.read(lambda tx: tx.policy())
            courier = await self._couriers.courier(to, self._policy)
            if courier is None:
                await self._write(partial(give_up, to=to, real_now=self._real_now()))
                return
            if courier.rests:
                return
            has_sent = False
            while await courier.round():
                has_sent = True
            if courier.rests and courier.failures == 1:
                self._log.warning("a message was not accepted", action="relay_refused", to=to)
            # A text that waits for its turn must not wake the relay again and again.
            if has_sent or courier.rests:
                self._wake.set()
        except StoreError as error:
            self._log.warning("the relay cannot use the store", action="relay_waits", to=to, error=str(error))
        except Exception:
            self._log.exception("the relay failed", action="relay_failed", to=to)

    async def _tell_alarms(self) -> None:
        """Write the queued alarms for team channels. If the store is away, send them without storing them."""
        alarms, self._alarms = self._alarms, []
        if not alarms:
            return
        with suppress(StoreError):
            self._policy = await self._access.read(lambda tx: tx.policy())
        channels = self._policy.team_channels if self._policy is not None else ()
        now = self._real_now()
        messages = [
            message
            for source, words in alarms
            for message in words_for_channels(Topic.ALARMS, source, words, channels, now)
        ]
        try:
            await self._write(lambda tx: tx.add_relay_messages(messages))
        except StoreError:
            await asyncio.gather(*(self._carry_unwritten(message) for message in messages))

    async def _carry_unwritten(self, message: RelayMessage) -> None:
        try:
            await self._couriers.carrier(message.to, "").carry(message, real_now=self._real_now())
        except DeliveryError as error:
            self._log.error("an alarm was not sent", action="alarm_failed", to=message.to, error=str(error))

    async def _count_and_forget(self) -> None:
        now = self._real_now()
        if self._counted_at is None or now - self._counted_at >= COUNT_EVERY:
            self._counted_at = now
            self._metrics.waits(await self._access.read(lambda tx: tx.relay_backlogs()), now)
        if self._forgotten_at is None or now - self._forgotten_at >= FORGET_EVERY:
            self._forgotten_at = now
            if self._couriers.has_any():
                await self._write(lambda tx: tx.forget_relay_messages(written_before=now - KEPT_FOR))

    def _now(self) -> datetime:
        return self._clock.now()

    def _real_now(self) -> datetime:
        return self._clock.real_now()
