"""Records receipts that arrive together in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from oncall.errors import StoreError
from oncall.paging.domain.ticket import Attempt
from oncall.paging.ports.store import Transaction
from oncall.paging.sending.receipts import Report, note_arrivals
from oncall.paging.sending.store_access import Access

GATHER_SECONDS = 0.05
"""Shortest time (real seconds) between two batches. The first receipt after a pause is recorded at once."""
MOST_TOGETHER = 500
"""The most receipts of one batch. Batches wait in the same queue as tickets, so few large ones are better than many
small ones."""


class _Waiting:
    """A report, and the future that gets the result once the report is recorded."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.noted: asyncio.Future[Attempt | None] = asyncio.get_running_loop().create_future()

    def resolve(self, noted: Attempt | None) -> None:
        if not self.noted.done():
            self.noted.set_result(noted)

    def fail(self, error: Exception) -> None:
        if not self.noted.done():
            self.noted.set_exception(error)


class ReceiptBatches:
    """Records receipts that report no failure; those that arrive together, in one transaction.

    Use it from one event loop.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._waiting: list[_Waiting] = []
        self._recording: asyncio.Task[None] | None = None

    async def note(self, report: Report) -> Attempt | None:
        """Record a report. Returns its attempt with the new status once that is durable; None if nothing changed.

        Raises StoreError.
        """
        one = _Waiting(report)
        self._waiting.append(one)
        if self._recording is None or self._recording.done():
            self._recording = asyncio.create_task(self._record())
        return await one.noted

    async def _record(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            began = loop.time()
            batch, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            await self._record_batch(batch)
            await asyncio.sleep(max(GATHER_SECONDS - (loop.time() - began), 0))

    async def _record_batch(self, batch: Sequence[_Waiting]) -> None:
        """Record the reports together; if that fails, one by one, so that one bad row does not block the others."""
        try:
            found = await self._noted([one.report for one in batch])
        except Exception as error:
            if len(batch) == 1 or isinstance(error, StoreError):
                for one in batch:
                    one.fail(error)
                return
            for one in batch:
                await self._record_batch([one])
            return
        for one, noted in zip(batch, found, strict=True):
            one.resolve(noted)

    async def _noted(self, reports: Sequence[Report]) -> list[Attempt | None]:
        def work(tx: Transaction) -> list[Attempt | None]:
            return note_arrivals(tx, reports, self._access.context().real_now)

        return await self._access.write(work)
