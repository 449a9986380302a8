"""Asks the provider a few times about accepted pages without a final receipt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from oncall.paging.domain.ticket import TAKEN, Attempt, TicketStatus
from oncall.paging.outgoing.bundles import members
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.channel import Receipt
from oncall.paging.ports.store import BundleStore, TicketStore
from oncall.paging.sending.receipts import ASK_AFTER, note_receipt

LAST_ASK = timedelta(hours=1)
"""The provider is not asked about a page that is older than this (real time)."""
MOST_ASKED_AT_ONCE = 5
"""The most requests in flight, so that they never delay a send."""


def next_ask(attempt: Attempt, real_now: datetime) -> datetime | None:
    """Return when (real time) to ask the provider about a page again; None if it is not asked again.

    The pauses grow.
    """
    age = real_now - attempt.written_at
    return real_now + max(ASK_AFTER, 2 * age) if age < LAST_ASK else None


def note_answer(tx: TicketStore, attempt: Attempt, answer: Receipt | None, context: ActionContext) -> bool:
    """Record the provider's answer about a page, and set the time of the next request.

    Returns True if it changed something. answer: None if the provider could not be asked.
    """
    changed = answer is not None and note_receipt(tx, delivery_id=attempt.id, receipt=answer, context=context)
    current = tx.attempt(attempt.id)
    if current is not None and current.status in TAKEN:
        again = next_ask(current, context.real_now) if _is_awaited(tx, current) else None
        tx.update_attempt(replace(current, retry_at=again, lease_until=None))
    return changed


def _is_awaited(tx: BundleStore, attempt: Attempt) -> bool:
    waiting = (tx.ticket(one.ticket) for one in members(tx, attempt))
    return any(stored is not None and stored.status is TicketStatus.OPEN for stored in waiting)


class ReceiptPoller:
    """Asks the provider about accepted pages, a few at a time. Each page has only one request in flight."""

    def __init__(self, ask: Callable[[Attempt], Awaitable[None]]) -> None:
        self._ask = ask
        self._room = asyncio.Semaphore(MOST_ASKED_AT_ONCE)
        self._asked: dict[str, asyncio.Task[None]] = {}

    def start(self, attempt: Attempt) -> None:
        """Ask the provider about an attempt, unless a request about it is in flight."""
        if attempt.id not in self._asked:
            self._asked[attempt.id] = asyncio.create_task(self._in_room(attempt))

    async def settle(self) -> None:
        """Wait until no request is in flight."""
        while self._asked:
            await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def _in_room(self, attempt: Attempt) -> None:
        try:
            async with self._room:
                await self._ask(attempt)
        finally:
            self._asked.pop(attempt.id, None)
