"""Runs functions on the store from one event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from oncall.paging.domain.decide import PAGER
from oncall.paging.outgoing.new_attempts import LEASE, ActionContext, whole_second
from oncall.paging.ports.store import SendStore, Store, Transaction
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.send_work import SendWork
from oncall.schedule.schedule import Schedule
from oncall.schedule.versions import Person

T = TypeVar("T")


class _Bell:
    """Wakes an event loop only once for all futures that one commit completes."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._done: deque[asyncio.Future[None]] = deque()
        self._is_rung = False

    async def end_of(self, stored: Future[T]) -> None:
        """Wait until the future has a result or an error. If the wait is cancelled, the future is cancelled too."""
        waiter = self.loop.create_future()
        stored.add_done_callback(lambda _: self._ring(waiter))
        try:
            await waiter
        except asyncio.CancelledError:
            stored.cancel()
            raise

    def _ring(self, waiter: asyncio.Future[None]) -> None:
        self._done.append(waiter)
        if not self._is_rung and not self.loop.is_closed():
            self._is_rung = True
            self.loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        # Reset the flag first: a future appended from here on must ring again.
        self._is_rung = False
        while self._done:
            waiter = self._done.popleft()
            if not waiter.done():
                waiter.set_result(None)


class Access:
    """The store and the clock of one process. can_call: True if the process has a channel for calls."""

    def __init__(self, store: Store, clock: Clock, *, can_call: bool) -> None:
        self.clock = clock
        self.schedule: Schedule | None = None
        """The published schedule as of the latest write; None before the first one."""
        self._store, self._can_call = store, can_call
        self._bell: _Bell | None = None

    def context(self, by: str = PAGER) -> ActionContext:
        """Return the context of an action that this process carries out now.

        This process itself sends the attempts that such an action creates.
        """
        real_now = self.clock.real_now()
        instant = self.clock.now()
        lease_until, now = real_now + LEASE, whole_second(instant)
        return ActionContext(by, now, real_now, lease_until, can_call=self._can_call, exact_now=instant)

    def work(self, tx: SendStore) -> SendWork:
        """Return the engine's work on a transaction, with the present times."""
        return SendWork(tx, self.context(), self.clock)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction without blocking the event loop. Its changes are durable when this returns."""
        return await self._end_of(self._store.submit(partial(self._noting_the_schedule, work)))

    async def write_apart(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` that may take long in a transaction. On PostgreSQL it does not block other transactions."""
        return await self._end_of(self._store.submit_apart(partial(self._noting_the_schedule, work)))

    async def _end_of(self, stored: Future[T]) -> T:
        loop = asyncio.get_running_loop()
        if self._bell is None or self._bell.loop is not loop:
            self._bell = _Bell(loop)
        await self._bell.end_of(stored)
        return stored.result()

    def _noting_the_schedule(self, work: Callable[[Transaction], T], tx: Transaction) -> T:
        result = work(tx)
        self.schedule = tx.schedule()
        return result

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run read-only `work` without blocking the event loop or any writer."""
        return await asyncio.to_thread(self._store.read, work)

    async def person(self, person_id: str) -> Person | None:
        """Return the person with this id on the published rosters; None if there is none."""
        schedule = self.schedule
        if schedule is None or person_id not in schedule.people:
            schedule = await self.read(lambda tx: tx.schedule())
        return schedule.people.get(person_id)
