"""At a handoff with several pagers, the engineer who comes on call is told once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import Attempt
from oncall.paging.outgoing.handoff_notices import hand_over, leaving
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from tests.paging.world import World, at


@pytest.mark.slow
def test_of_two_pagers_at_a_handoff_one_tells_the_engineer_who_comes_on_call(tmp_path: Path, url: str) -> None:
    world = World(tmp_path, now=at("2027-01-11 18:00"), url=url)
    world.publish()
    world.post(impact="high")
    world.act(EventKind.REPLIED, "ben")
    world.clock.moment = at("2027-01-11 19:02")
    context = world.engine().context()
    both_have_looked = threading.Barrier(2)
    told: list[Attempt] = []

    def one(store: SqlStore) -> None:
        found = store.read(lambda tx: leaving(tx, context.now))
        both_have_looked.wait()
        told.extend(store.write(lambda tx: hand_over(tx, context, found)))

    with open_store(url) as other:
        pagers = [threading.Thread(target=one, args=(store,)) for store in (world.store, other)]
        for pager in pagers:
            pager.start()
        for pager in pagers:
            pager.join()
    assert [(notice.to, notice.body.split(".")[0]) for notice in told] == [("ana", "HANDOFF 1 open")]
    assert [event.kind for event in world.events()].count(EventKind.HANDED_OVER) == 1
    world.store.close()
