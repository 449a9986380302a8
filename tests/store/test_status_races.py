"""Two people or machines write on the status page at the same moment: one event is written, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from oncall.errors import Conflict
from oncall.paging.actions.status_on_page import CHANGED_SINCE, Shown, new_status_id, record_on_page, record_once
from oncall.paging.ports.store import Transaction
from oncall.status.machine_observations import Observation, record_observations
from oncall.status.observations import Seen
from oncall.status.status_actions import OpenIncident, StatusAuthor, UpdateIncident
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from tests.paging.world import World, at

NOON = at("2027-03-01 12:00")


@pytest.mark.parametrize(
    ("messages", "outcomes"),
    [(("A disk.", "A disk."), ["done", "done"]), (("A disk.", "A network."), ["done", CHANGED_SINCE])],
)
def test_of_two_at_the_same_moment_one_event_is_written(
    tmp_path: Path, url: str, messages: tuple[str, str], outcomes: list[str]
) -> None:
    world, both = World(tmp_path, now=at("2027-01-04 12:00"), url=url), threading.Barrier(2)
    world.publish()
    author = StatusAuthor("mei", NOON, may_backdate=True)
    incident = world.store.write(lambda tx: record_on_page(tx, OpenIncident("Portal down"), author))
    seen = world.store.read(lambda tx: tx.status_events())[-1].seq

    def send(store: SqlStore, message: str) -> str:
        both.wait(30)
        action, shown = UpdateIncident(incident, message=message), Shown("0123456789ab", seen)
        try:
            store.write(lambda tx: record_once(tx, action, author, shown))
        except Conflict as refusal:
            return str(refusal)
        return "done"

    with open_store(url) as other, ThreadPoolExecutor(2) as threads:
        found = sorted(threads.map(send, (world.store, other), messages), key=len)
    assert found == outcomes
    assert len(world.store.read(lambda tx: tx.status_events())) == 2
    world.store.close()


@pytest.mark.parametrize("writer", ["person", "machine"])
def test_of_two_that_say_the_same_without_a_form_one_is_heard(tmp_path: Path, url: str, writer: str) -> None:
    world, begun, done = World(tmp_path, now=at("2027-01-04 12:00"), url=url), threading.Event(), threading.Event()
    world.publish()
    author = StatusAuthor("mei", NOON, may_backdate=True)
    incident = world.store.write(lambda tx: record_on_page(tx, OpenIncident("Portal down"), author))
    down = Observation("api", Seen.DOWN, NOON, "alertmanager", "an alert")
    says: dict[str, Callable[[Transaction], object]] = {
        "person": lambda tx: record_on_page(tx, UpdateIncident(incident, "resolved"), author),
        "machine": lambda tx: record_observations(tx, [down], NOON, new_status_id),
    }

    def first(tx: Transaction) -> None:
        says[writer](tx)
        begun.set()
        # Without a lock, the second one is done before this transaction ends.
        done.wait(0.3)

    def second() -> None:
        begun.wait(30)
        with suppress(Conflict):
            other.write(says[writer])
        done.set()

    with open_store(url) as other, ThreadPoolExecutor(1) as threads:
        late = threads.submit(second)
        world.store.write(first)
        late.result(30)
    kinds = [event.kind.value for event in world.store.read(lambda tx: tx.status_events())]
    assert kinds == {"person": ["opened", "updated"], "machine": ["opened", "observed", "proposed"]}[writer]
    world.store.close()
