"""Two pagers on PostgreSQL and a burst of urgent tickets for one phone: one page at once, one message for the rest."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from oncall.paging.domain.ticket import AttemptStatus
from oncall.store.database import open_store
from tests.paging.pagers import engine_with, take_in
from tests.paging.storm import SECOND, page_of
from tests.paging.world import World

NAMES = [f"U-{number}" for number in range(30)]


def test_two_pagers_that_receive_a_burst_send_one_page_and_one_message(postgres_url: str, tmp_path: Path) -> None:
    world = World(tmp_path, url=postgres_url)
    world.publish()

    async def story() -> None:
        with open_store(postgres_url) as second:
            pagers = [
                engine_with(world, world.phones, worker="one"),
                engine_with(world, world.phones, store=second, worker="two"),
            ]
            await asyncio.gather(*(take_in(pagers[number % 2], name) for number, name in enumerate(NAMES)))
            for _ in range(4):
                await asyncio.gather(*(pager.run_once() for pager in pagers))
                await asyncio.gather(*(pager.settle() for pager in pagers))
                world.clock.moment += 3 * SECOND

    asyncio.run(story())
    first, rest = (message.body for message in world.phones.sent)
    assert "more" not in first
    assert re.findall(r" And (\d+) more: ", rest) == ["28"]
    pages = [page_of(world, name) for name in NAMES]
    assert {page.status for page in pages} == {AttemptStatus.ACCEPTED}
    assert len({page.provider_id for page in pages}) == 2
    world.read_all()
    world.close()
