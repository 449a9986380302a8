"""With several pagers, each event that happens by itself on the status page is logged once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from oncall.paging.outgoing.status_clock import note_due_events
from oncall.status.status_actions import AnnounceMaintenance, StatusAuthor, act_on_status
from oncall.status.status_events import StatusEventKind
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from tests.paging.world import World, at


@pytest.mark.slow
def test_two_pagers_write_the_pages_own_events_one_after_the_other(tmp_path: Path, url: str) -> None:
    world = World(tmp_path, now=at("2027-01-09 03:12"), url=url)
    world.publish()
    work = AnnounceMaintenance("Upgrade", ("portal",), at("2027-01-09 03:30"), at("2027-01-09 04:00"))
    author = StatusAuthor("mei", world.clock.now(), may_backdate=True)
    world.store.write(lambda tx: act_on_status(tx, work, author, "m1"))
    both, now = threading.Barrier(2), at("2027-01-09 03:31")

    def one(store: SqlStore) -> None:
        both.wait()
        store.write(lambda tx: note_due_events(tx, now))

    with open_store(url) as other:
        pagers = [threading.Thread(target=one, args=(store,)) for store in (world.store, other)]
        for pager in pagers:
            pager.start()
        for pager in pagers:
            pager.join()
    kinds = [event.kind for event in world.store.read(lambda tx: tx.status_events())]
    assert kinds == [StatusEventKind.ANNOUNCED, StatusEventKind.BEGAN]
    world.store.close()
