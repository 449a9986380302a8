"""Watches the status page, twice a minute beside the pager, for open incidents on which it is silent."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from oncall.errors import StoreError
from oncall.paging.outgoing.public_word_reminders import remind_of_silence
from oncall.paging.sending.engine import Engine

LOOK_EVERY_SECONDS = 30.0


class StatusWatch:
    """Reminds the authors of open incidents."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._log = structlog.get_logger("oncall.status")

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop` is set, first after one interval."""
        while not stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY_SECONDS)
                return
            try:
                await self.look()
            except StoreError as error:
                self._log.error("the status page cannot be read", action="status_unwatched", error=str(error))
            except Exception:
                self._log.exception("the status page cannot be watched", action="status_unwatched")

    async def look(self) -> None:
        """Write the reminders that are due, and have them sent."""
        context = self._engine.context()
        told = await self._engine.write(lambda tx: remind_of_silence(tx, context))
        if told:
            self._engine.wake()
            self._log.info("the status page is silent", action="status_silent", incidents=told)
