"""Watches a running pager: audits it, checks that it can write, and sends heartbeats to a dead man's switch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from oncall.channels.alarm import AlarmPost
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.engine import Engine
from oncall.paging.watch.auditor import RECHECK_AFTER, Auditor
from oncall.paging.watch.write_watch import WriteWatch
from oncall.web.server.metrics import Metrics
from oncall.wiring import Settings
from oncall.wiring.alarms import Alarms
from oncall.wiring.relay import Relay
from oncall.wiring.write_probe import WriteProbe

AUDIT_EVERY = timedelta(seconds=15)
WRITE_CHECK_EVERY = timedelta(seconds=1)
HEARTBEAT_EVERY = timedelta(seconds=60)
STARTING = timedelta(seconds=0.25)
"""Pause between audits until the pager has written for the first time."""
SILENCE = timedelta(seconds=20)
"""If a pager has written nothing for this long (real time), it counts as stuck.

It normally writes every few seconds.
"""


class Watch:
    """The auditor, the write watch, the alarms and the heartbeats of one process. Call `run` once.

    prove_writable: returns if the database can be written; raises StoreError if not. relay: sends alarms to the team
    channels.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        clock: Clock,
        metrics: Metrics,
        *,
        worker: str,
        prove_writable: Callable[[], None],
        relay: Relay | None = None,
    ) -> None:
        self._engine, self._clock = engine, clock
        self._alarm = Alarms(settings.alarm_url, relay)
        self._heartbeat = AlarmPost(settings.heartbeat_url) if settings.heartbeat_url is not None else None
        self._beaten_at: datetime | None = None
        self._made_at = clock.real_now()
        self._auditor = Auditor(engine.read, clock, worker, metrics, self._alarm)
        self._writes = WriteWatch(clock, worker, metrics, self._alarm)
        self._probe = WriteProbe(prove_writable, self._writes)
        self._log = structlog.get_logger("oncall.watch").bind(worker=worker)

    @property
    def problems(self) -> list[str]:
        """Return the present faults of this pager, one sentence for each."""
        found = [
            *self._writes.problems,
            *_silence(self._engine.beat_at, self._clock.real_now()),
            *self._auditor.problems,
        ]
        return [*found, self._engine.trouble] if self._engine.trouble is not None else found

    async def run(self, stop: asyncio.Event) -> None:
        """Audit, check writing and send heartbeats until `stop` is set, which also ends a heartbeat that is slow."""
        self._probe.start()
        await asyncio.gather(self._audit(stop), self._watch_writing(stop))
        await asyncio.to_thread(self._probe.stop)
        await self._alarm.close()
        if self._heartbeat is not None:
            await self._heartbeat.close()

    async def _watch_writing(self, stop: asyncio.Event) -> None:
        """Check the time of the last write every second.

        A database that does not answer blocks the audit, but not this.
        """
        while not stop.is_set():
            await _unless_stopped(self._writes.check(), stop)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), WRITE_CHECK_EVERY.total_seconds())

    async def _audit(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await _unless_stopped(self._round(), stop)
            pause = RECHECK_AFTER if self._auditor.is_suspicious else AUDIT_EVERY
            pause = STARTING if self._engine.beat_at is None else pause
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause.total_seconds())

    async def _round(self) -> None:
        try:
            await self._auditor.audit_once(self._engine.trouble or self._engine.flood)
            await self._beat()
        except Exception:
            self._log.exception("the auditor failed", action="audit_failed")

    async def _beat(self) -> None:
        """Send a heartbeat if one is due and the pager has no fault.

        Without it the dead man's switch raises its alarm.
        """
        now = self._clock.real_now()
        if self._heartbeat is None or (self._beaten_at is not None and now - self._beaten_at < HEARTBEAT_EVERY):
            return
        if self._engine.beat_at is None and now - self._made_at < SILENCE:
            # The pager has only just started, so its state is not known yet.
            return
        if found := self.problems:
            self._log.warning("no heartbeat: the pager is not well", action="heartbeat_withheld", problems=found)
        elif await self._heartbeat.beat():
            self._beaten_at = now


async def _unless_stopped(work: Coroutine[None, None, None], stop: asyncio.Event) -> None:
    """Run the work to its end, or cancel it when `stop` is set."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


def _silence(beat_at: datetime | None, now: datetime) -> list[str]:
    if beat_at is None:
        return ["the pager has not written to the database yet"]
    silent = now - beat_at
    return [f"the pager could not write to the database for {silent.seconds} s"] if silent > SILENCE else []
