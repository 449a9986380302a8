"""Stores the counts of refused requests for `oncall doctor`, and raises alarms about callers with many refusals."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import structlog

from oncall.errors import StoreError
from oncall.paging.ports.refusals import Refusal, RefusalReason
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.engine import Engine
from oncall.web.access.refusals import Refusals
from oncall.wiring.alarms import Alarms

CHECK_EVERY_SECONDS = 15.0
GATHER_SECONDS = 1.0
"""Pause (real seconds) between the refusal that makes a caller suspicious and the alarm, so that its count is complete.
"""
SAVE_EVERY = timedelta(seconds=60)
"""Counts are stored at most this often (real time), so that a flood writes only once a minute.

They are also stored when a caller is refused repeatedly for the first time.
"""
REMIND_EVERY = timedelta(hours=1)
_QUIET = ("", RefusalReason.TOKEN.value)
"""The caller and reason of refusals that raise no alarm: anyone can send unknown tokens. `oncall doctor` shows them."""


class RefusalWatch:
    """Watches the refusals of one process. alarm: sends alarms; None: they are only logged."""

    def __init__(self, refusals: Refusals, engine: Engine, clock: Clock, *, worker: str, alarm: Alarms | None) -> None:
        self._refusals, self._engine, self._clock, self._alarm = refusals, engine, clock, alarm
        self._worker = worker
        self._saved_at: datetime | None = None
        self._seen: set[tuple[str, str]] = set()
        self._raised: dict[tuple[str, str], datetime] = {}
        self._log = structlog.get_logger("oncall.refusals").bind(worker=worker)

    async def run(self) -> None:
        """Store counts and raise alarms until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._refusals.has_changed.wait(), CHECK_EVERY_SECONDS)
                await asyncio.sleep(GATHER_SECONDS)
            await self.check()

    async def check(self) -> None:
        """Log a sample of the refusals, raise and end alarms, and store the counts if that is due. Never raises."""
        self._refusals.has_changed.clear()
        try:
            self._refusals.summarise()
            found = {(last.caller, last.reason.value): last for last in self._refusals.repeated()}
            is_new = not found.keys() <= self._seen
            self._seen |= found.keys()
            if is_new or self._saved_at is None or self._clock.real_now() - self._saved_at >= SAVE_EVERY:
                await self.save()
            await self._raise_alarms({key: last for key, last in found.items() if key != _QUIET})
        except Exception:
            self._log.exception("the watch of refused requests failed", action="refusal_watch_failed")

    async def save(self) -> None:
        """Store the counts that changed. If the store is away, they are kept and stored the next time."""
        counts = self._refusals.unsaved()
        if not counts:
            return
        self._saved_at = self._clock.real_now()
        with suppress(StoreError):
            await self._engine.write(lambda tx: tx.write_refusals(counts))
            self._refusals.saved(counts)

    async def _raise_alarms(self, found: dict[tuple[str, str], Refusal]) -> None:
        now = self._clock.real_now()
        due = [key for key in found if key not in self._raised or now - self._raised[key] >= REMIND_EVERY]
        if due:
            self._raised |= dict.fromkeys(due, now)
            await self._raise([found[key] for key in due])
        over = [key for key in self._raised if key not in found]
        for key in over:
            del self._raised[key]
        if over and not self._raised:
            self._log.info("no caller is refused again and again any more", action="refusals_clear")
            await self._post({"alarm": "refusals_clear", "worker": self._worker})

    async def _raise(self, refusals: list[Refusal]) -> None:
        self._engine.observer.alarmed("refusals")
        named = [
            {"caller": last.caller, "reason": last.reason.value, "status": last.status, "source": last.source}
            for last in refusals
        ]
        text = "; ".join(_words(last) for last in refusals)
        self._log.critical(text, action="refused_repeatedly", refused=named)
        await self._post({"alarm": "refused_repeatedly", "worker": self._worker, "text": text, "refused": named})

    async def _post(self, alarm: dict[str, object]) -> None:
        if self._alarm is not None:
            await self._alarm(alarm)


def _words(last: Refusal) -> str:
    who = f"requests of {last.caller} are" if last.caller else "callbacks of the provider are"
    return f"{who} refused again and again (HTTP {last.status}: {last.detail}); run `oncall doctor`"


@asynccontextmanager
async def watching(watch: RefusalWatch, alarm: Alarms | None) -> AsyncIterator[None]:
    """Run the watch until the context ends, and then store its counts."""
    running = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await watch.save()
        if alarm is not None:
            await alarm.close()
