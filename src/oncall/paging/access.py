"""One process's way to the store: off its event loop, with the hand of whoever acts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from oncall.paging.attempts import LEASE, Hand, whole_second
from oncall.paging.decide import PAGER
from oncall.paging.ports import Clock, Store, Transaction
from oncall.schedule.schedule import Person, Schedule

T = TypeVar("T")


class Access:
    """The store and the clock of one process. can_call: whether it has a channel for calls."""

    def __init__(self, store: Store, clock: Clock, *, can_call: bool) -> None:
        self.clock = clock
        self.schedule: Schedule | None = None
        """The schedule as of the latest write."""
        self._store, self._can_call = store, can_call

    def hand(self, by: str = PAGER) -> Hand:
        """What somebody acting in this process, now, passes to intake, life and replies: tries are sent from here."""
        real_now = self.clock.real_now()
        now = whole_second(self.clock.now())
        return Hand(by, now, real_now, real_now + LEASE, can_call=self._can_call)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run work on the store without blocking the loop; durable when it returns."""

        def noting_the_schedule(tx: Transaction) -> T:
            result = work(tx)
            self.schedule = tx.schedule()
            return result

        return await asyncio.wrap_future(self._store.submit(noting_the_schedule))

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run work that only looks, without blocking the loop or holding up those who write."""
        return await asyncio.to_thread(self._store.read, work)

    async def person(self, person_id: str) -> Person | None:
        """Somebody on the published rosters; None when there is nobody of that id."""
        schedule = self.schedule
        if schedule is None or person_id not in schedule.people:
            schedule = await self.read(lambda tx: tx.schedule())
        return schedule.people.get(person_id)
