"""Receipts that arrive together share a transaction, and none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import sqlalchemy

from oncall.errors import StoreUnavailable
from oncall.paging.domain.ticket import Attempt, AttemptStatus
from oncall.paging.ports.channel import Receipt
from oncall.paging.ports.store import Store, Transaction
from oncall.paging.sending.engine import Engine
from oncall.paging.sending.observers import Observer
from tests.paging.storm import ALONE, limited
from tests.paging.world import World

T = TypeVar("T")
SENT, DELIVERED, ACCEPTED = AttemptStatus.SENT, AttemptStatus.DELIVERED, AttemptStatus.ACCEPTED


@dataclass
class Counted:
    """A store that counts its write transactions."""

    store: Store
    writes: int = 0

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        self.writes += 1
        return self.store.submit(work)

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        return self.store.submit_apart(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self.store.read(work)


class Timings(Observer):
    """Collects how long deliveries took and their final statuses."""

    def __init__(self) -> None:
        self.delivered: list[float] = []
        self.statuses: list[AttemptStatus] = []

    def page_delivered(self, seconds: float) -> None:
        self.delivered.append(seconds)

    def tried(self, status: AttemptStatus) -> None:
        self.statuses.append(status)


def engine_of(world: World, store: Store, observer: Timings | None = None) -> Engine:
    channels = {"sms": world.phones}
    return Engine(store=store, channels=channels, clock=world.clock, worker="test", observer=observer)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A policy that sends each urgent page alone."""
    alone = limited(tmp_path, ALONE)
    yield alone
    alone.close()


@pytest.fixture
def pages(world: World) -> list[Attempt]:
    """Twelve urgent tickets; the provider accepted a page for each."""
    names = [f"T-{number}" for number in range(12)]
    for name in names:
        world.post(name)
    world.run()
    world.read_all()
    return [world.attempts(name)[0] for name in names]


def receive(
    engine: Engine, receipts: Sequence[Receipt], *, ids: Sequence[str | None] | None = None
) -> list[bool | BaseException]:
    """Pass all receipts to the engine at once."""

    async def all_at_once() -> list[bool | BaseException]:
        named = ids or [None] * len(receipts)
        work = [engine.receive(one, delivery_id=name) for one, name in zip(receipts, named, strict=True)]
        return await asyncio.gather(*work, return_exceptions=True)

    return asyncio.run(all_at_once())


def receipt(page: Attempt, status: AttemptStatus = DELIVERED) -> Receipt:
    assert page.provider_id is not None
    return Receipt(page.provider_id, status)


def test_receipts_of_one_moment_are_recorded_in_one_transaction(world: World, pages: list[Attempt]) -> None:
    store = Counted(world.store)
    changed = receive(engine_of(world, store), [receipt(page) for page in pages], ids=[page.id for page in pages])
    assert changed == [True] * 12
    assert store.writes == 1
    assert {world.attempts(page.ticket)[0].status for page in pages} == {DELIVERED}


def test_a_receipt_without_our_id_finds_its_page_by_the_providers_id(world: World, pages: list[Attempt]) -> None:
    assert receive(engine_of(world, world.store), [receipt(page) for page in pages]) == [True] * 12
    assert {world.attempts(page.ticket)[0].status for page in pages} == {DELIVERED}


def test_receipts_of_one_message_in_any_order_leave_the_last_state_and_count_once(
    world: World, pages: list[Attempt]
) -> None:
    seen, page = Timings(), pages[0]
    posted = [receipt(page, status) for status in (DELIVERED, SENT, ACCEPTED, DELIVERED)]
    assert receive(engine_of(world, world.store, seen), posted) == [True, False, False, False]
    assert world.attempts(page.ticket)[0].status is DELIVERED
    assert (len(seen.delivered), seen.statuses) == (1, [DELIVERED])


def test_sent_and_delivered_in_one_batch_are_both_counted(world: World, pages: list[Attempt]) -> None:
    seen, page = Timings(), pages[0]
    assert receive(engine_of(world, world.store, seen), [receipt(page, SENT), receipt(page)]) == [True, True]
    assert world.attempts(page.ticket)[0].status is DELIVERED
    assert seen.statuses == [SENT, DELIVERED]


def test_a_receipt_for_another_message_than_the_one_of_the_page_changes_nothing(
    world: World, pages: list[Attempt]
) -> None:
    other = Receipt("SM" + "f" * 32, DELIVERED)
    assert receive(engine_of(world, world.store), [other, receipt(pages[1])], ids=[pages[0].id, None]) == [False, True]
    assert world.attempts(pages[0].ticket)[0].status is ACCEPTED


def test_a_row_that_cannot_be_read_blocks_no_other_receipt(world: World, pages: list[Attempt]) -> None:
    connection = sqlalchemy.create_engine(world.url)
    with connection.begin() as broken:
        broken.execute(sqlalchemy.text("UPDATE attempts SET status = 'blue' WHERE id = :id"), {"id": pages[3].id})
    connection.dispose()
    found = receive(engine_of(world, world.store), [receipt(page) for page in pages], ids=[page.id for page in pages])
    assert isinstance(found.pop(3), ValueError)
    assert found == [True] * 11


def test_every_sender_hears_that_the_store_is_away(world: World, pages: list[Attempt]) -> None:
    engine = engine_of(world, world.store)
    world.store.close()
    found = receive(engine, [receipt(page) for page in pages])
    assert {type(one) for one in found} == {StoreUnavailable}
    world.restart()


def test_receipts_after_a_pause_are_recorded_at_once_and_later_ones_together(
    world: World, pages: list[Attempt]
) -> None:
    store = Counted(world.store)
    engine = engine_of(world, store)

    async def one_then_many() -> None:
        assert await engine.receive(receipt(pages[0]))
        assert store.writes == 1
        assert all(await asyncio.gather(*(engine.receive(receipt(page)) for page in pages[1:])))

    asyncio.run(one_then_many())
    assert store.writes == 2
