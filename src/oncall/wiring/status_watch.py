"""Checks the status page twice a minute: appends due events to its log, and reminds authors of silent incidents."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from oncall.errors import StoreError
from oncall.paging.outgoing.public_word_reminders import remind_of_silence
from oncall.paging.outgoing.status_clock import note_due_events
from oncall.paging.sending.engine import Engine

CHECK_EVERY_SECONDS = 30.0


class StatusWatch:
    """Appends due events to the status page's log, and reminds authors of incidents that had no update for long."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._log = structlog.get_logger("oncall.status")

    async def run(self, stop: asyncio.Event) -> None:
        """Check until `stop` is set. The first check is after one interval."""
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), CHECK_EVERY_SECONDS)
                return
            try:
                await self.check()
            except StoreError as error:
                self._log.error("the status page cannot be read", action="status_unwatched", error=str(error))
            except Exception:
                self._log.exception("the status page cannot be watched", action="status_unwatched")

    async def check(self) -> None:
        """Append the due events to the log, and write the reminders.

        The relay then sends notices about the new events.
        """
        context = self._engine.context()
        noted = await self._engine.write(lambda tx: note_due_events(tx, context.now))
        for event in noted:
            self._log.info("the status page moves on", action="status_moved", about=event.subject, to=event.kind.value)
        told = await self._engine.write(lambda tx: remind_of_silence(tx, context))
        if told:
            self._engine.wake()
            self._log.info("the status page is silent", action="status_silent", incidents=told)
