"""Checks once a second which jobs have stopped calling, and deletes old lines of the intake log."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from oncall.errors import StoreError
from oncall.intake.arrivals import KEPT_FOR
from oncall.intake.heartbeats import excuse, judge_silence
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.engine import Engine

CHECK_EVERY_SECONDS = 1.0
OUTAGE = timedelta(seconds=30)
"""If a pager has not checked heartbeats for this long (real time), it counts as having been down."""
FORGET_EVERY = timedelta(hours=1)


class HeartbeatWatch:
    """Opens a ticket for each job that has stopped calling.

    last_beat: when (real time) a pager last recorded that it was alive, before this process started; None if none ever
    did.
    """

    def __init__(self, engine: Engine, clock: Clock, last_beat: datetime | None) -> None:
        self._engine, self._clock = engine, clock
        self._checked_at = last_beat
        self._forgot_at: datetime | None = None
        self._log = structlog.get_logger("oncall.heartbeats")

    async def run(self, stop: asyncio.Event) -> None:
        """Check until `stop` is set.

        Time in which the store is away counts as an outage.
        """
        while not stop.is_set():
            try:
                await self.check()
            except StoreError as error:
                self._log.error("heartbeats cannot be judged", action="heartbeats_unjudged", error=str(error))
            except Exception:
                self._log.exception("heartbeats cannot be judged", action="heartbeats_unjudged")
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), CHECK_EVERY_SECONDS)

    async def check(self) -> None:
        """Excuse the calls that an outage may have lost, then open a ticket for each job whose call is overdue."""
        now, real_now = self._clock.now(), self._clock.real_now()
        gap = real_now - self._checked_at if self._checked_at is not None else timedelta(0)
        if gap > OUTAGE:
            excused = await self._engine.write(lambda tx: excuse(tx, down_from=now - gap, down_until=now))
            if excused:
                self._log.warning("jobs get more time after an outage", action="heartbeats_excused", names=excused)
        for name in await self._engine.read(lambda tx: tx.silent_heartbeats(now)):
            await self._judge(name)
        self._checked_at = real_now
        await self._forget(real_now)

    async def _judge(self, name: str) -> None:
        context = self._engine.context()
        attempts = await self._engine.write(lambda tx: judge_silence(tx, name, context))
        self._engine.send_soon(attempts)
        self._engine.wake()
        self._log.warning("a job has stopped calling", action="heartbeat_silent", name=name)

    async def _forget(self, real_now: datetime) -> None:
        if self._forgot_at is not None and real_now - self._forgot_at < FORGET_EVERY:
            return
        self._forgot_at = real_now
        await self._engine.write(lambda tx: tx.forget_arrivals(before=real_now - KEPT_FOR))
