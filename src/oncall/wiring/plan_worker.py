"""Runs the process that generates a draft's plan, and records how it ended if the process did not do so itself."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from oncall.errors import StoreError
from oncall.paging.ports.plan_drafts import DraftState
from oncall.paging.ports.store import Transaction
from oncall.paging.sending.engine import Engine
from oncall.planning.posted.plan_drafts import STOPPED, DraftOutcome, content_of, end_search
from oncall.wiring import Settings, database_url

SPARE_SECONDS = 180
"""How much longer than its search (real seconds) a process may take.

In this time it starts, explains why no plan exists, and checks the plan.
"""
STOP_SECONDS = 2
CUT = "The search took much longer than its time limit, so it was stopped. Ask for fewer weeks."
BROKEN = "The process that made this plan ended with an error; the log of the server has it. Start it again."


class PlanWorker:
    """Starts a process for each draft whose plan is to be generated, and follows it. Use it from one event loop."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings, self._engine = settings, engine
        self._following: dict[asyncio.Task[None], Process] = {}
        self._is_stopping = False

    async def start(self, draft_id: str) -> None:
        """Start the process that generates the plan of a draft."""
        content = await self._engine.read(lambda tx: content_of(tx, draft_id))
        seconds = content.search.seconds if content.search is not None else 0
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "oncall.wiring.plan_process", draft_id),
            stdin=DEVNULL,
            stdout=DEVNULL,
            env=self._environment(),
        )
        following = asyncio.create_task(self._follow(process, draft_id, seconds + SPARE_SECONDS))
        self._following[following] = process
        following.add_done_callback(self._following.pop)

    async def stop(self) -> None:
        """End every process, and record for its draft that there is no plan."""
        self._is_stopping = True
        for process in self._following.values():
            with suppress(ProcessLookupError):
                process.terminate()
        await asyncio.gather(*self._following)

    def _environment(self) -> dict[str, str]:
        """Return the environment of the process: it names the database, and has no secret of a provider."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ONCALL_", "TWILIO_"))}
        return kept | {"ONCALL_DATABASE_URL": database_url(self._settings)}

    async def _follow(self, process: Process, draft_id: str, seconds: float) -> None:
        words = BROKEN
        try:
            await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            words = CUT
            process.kill()
            await process.wait()
        if process.returncode != 0:
            await self._record(draft_id, STOPPED if self._is_stopping else words)

    async def _record(self, draft_id: str, words: str) -> None:
        """Record that a draft has no plan, unless it was deleted or its process has recorded how it ended.

        words: the reason.
        """

        def work(tx: Transaction) -> None:
            draft = tx.plan_draft(draft_id)
            if draft is not None:
                end_search(tx, draft, DraftOutcome(words), DraftState.FAILED)

        # If this cannot be stored, the draft's page says after a minute that the search has ended.
        with suppress(StoreError):
            await self._engine.write(work)


@asynccontextmanager
async def making_plans(settings: Settings, engine: Engine) -> AsyncIterator[PlanWorker]:
    """Generate the plans of drafts until the context ends."""
    worker = PlanWorker(settings, engine)
    try:
        yield worker
    finally:
        await worker.stop()
