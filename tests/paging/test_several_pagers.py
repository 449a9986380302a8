"""Several pagers share one store and survive failures of the store, the channel's code and a ticket's log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar, cast

import pytest

from doubles.event_loop import until
from oncall.errors import Ambiguous, StoreUnavailable
from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.outgoing.new_attempts import LEASE
from oncall.paging.ports.channel import Message, Receipt
from oncall.paging.ports.store import Store, Transaction
from oncall.paging.sending.engine import BATCH, MOST_IN_FLIGHT, Engine
from tests.paging.pagers import Gate, engine_with, take_in
from tests.paging.storm import each_alone
from tests.paging.world import World, at, ticket_body

T = TypeVar("T")

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def test_two_pagers_on_one_store_send_once(world: World) -> None:
    each_alone(world)
    world.post()
    world.post("T-2")

    async def story() -> None:
        pagers = [engine_with(world, world.phones, worker=name) for name in ("one", "two")]
        for _ in range(3):
            await asyncio.gather(*(pager.run_once() for pager in pagers))
            await asyncio.gather(*(pager.settle() for pager in pagers))

    asyncio.run(story())
    pages = [world.expect_page("ana"), world.expect_page("ana")]
    assert {page.body.split()[1] for page in pages} == {"T-1", "T-2"}
    world.expect_silence()


def test_a_page_that_waited_long_for_its_turn_is_sent_by_nobody_else(world: World) -> None:
    each_alone(world)

    async def story() -> None:
        gate, queue = Gate(world.phones), MOST_IN_FLIGHT + 1
        engine, other = engine_with(world, gate), engine_with(world, world.phones, worker="other")
        for number in range(queue):
            await take_in(engine, f"T-{number}")
        await until(lambda: gate.waiting == MOST_IN_FLIGHT)
        world.clock.moment += 25 * SECOND
        gate.opened.set()
        await until(lambda: gate.waiting == queue)
        world.clock.moment += 10 * SECOND
        await other.run_once()
        await other.settle()
        await engine.settle()

    asyncio.run(story())
    assert sorted(world.expect_page("ana").body.split()[1] for _ in range(MOST_IN_FLIGHT + 1)) == sorted(
        f"T-{number}" for number in range(MOST_IN_FLIGHT + 1)
    )


def test_an_urgent_page_goes_out_while_the_provider_thinks_about_all_that_are_in_doubt(world: World) -> None:
    each_alone(world)
    world.phones.fail(Ambiguous("the connection was cut"), times=MOST_IN_FLIGHT)

    async def story() -> None:
        silent = Silent(world.phones)
        engine = engine_with(world, silent)
        for number in range(MOST_IN_FLIGHT):
            await take_in(engine, f"D-{number}")
        await engine.settle()
        world.clock.moment += MINUTE
        await engine.run_once()
        await until(lambda: silent.asked == MOST_IN_FLIGHT)
        await take_in(engine, "U-1")
        try:
            async with asyncio.timeout(10):
                await until(lambda: len(world.phones.sent) == 1)
        finally:
            silent.answers.set()
            await engine.settle()

    asyncio.run(story())
    world.expect_page("ana", containing="U-1")
    world.read_all()


@dataclass
class Silent(Gate):
    """A provider that sends at once and answers questions only when the test says so."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0

    async def send(self, message: Message) -> Receipt:
        return await self.phones.send(message)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        self.asked += 1
        await self.answers.wait()
        return await self.phones.find(message, since=since, ends_with=ends_with, known=known)


def test_a_page_that_another_pager_took_over_is_left_to_it(world: World) -> None:
    async def story() -> None:
        engine, other = engine_with(world, world.phones), engine_with(world, world.phones, worker="other")
        context, body = engine.context("zendesk"), ticket_body()
        accepted = await engine.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), context.now), context))
        world.clock.moment += MINUTE
        await other.run_once()
        await other.settle()
        engine.send_soon(accepted.attempts)
        await engine.settle()

    asyncio.run(story())
    world.expect_page("ana")


def test_a_lease_that_expires_while_sending_has_the_other_pager_ask_and_not_send(world: World) -> None:
    """One pager's request has reached the provider, whose answer takes for ever; its lease runs out meanwhile."""

    async def story() -> None:
        slow = Slow(world.phones)
        engine, other = engine_with(world, slow), engine_with(world, world.phones, worker="other")
        await take_in(engine, "T-1")
        await until(lambda: len(world.phones.sent) == 1)
        world.clock.moment += LEASE + SECOND
        await other.run_once()
        await other.settle()
        assert (world.phones.finds, world.attempts()[0].status) == (1, AttemptStatus.SENT)
        slow.answers.set()
        await engine.settle()

    asyncio.run(story())
    world.expect_page("ana")
    assert [(page.status, page.provider_id) for page in world.attempts()] == [
        (AttemptStatus.SENT, "SM00000000000000000000000000000001")
    ]


@dataclass
class Slow(Gate):
    """A provider that accepts messages at once and answers only when the test says so."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> Receipt:
        receipt = await self.phones.send(message)
        await self.answers.wait()
        return receipt


@dataclass
class Unsteady:
    """A store whose first calls fail; each failure wakes the engine at once."""

    store: Store
    error: Exception
    failures: int
    engine: Engine | None = None

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        if self.failures:
            self.failures -= 1
            assert self.engine is not None
            asyncio.get_running_loop().call_soon(self.engine.wake)
            raise self.error
        return self.store.submit(work)

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        return self.submit(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self.store.read(work)


@pytest.mark.parametrize("error", [StoreUnavailable("the database is locked"), ValueError("a bug of ours")])
def test_the_pager_outlives_a_store_that_is_away(world: World, error: Exception) -> None:
    world.post()

    async def story() -> None:
        store, stop = Unsteady(world.store, error, failures=7), asyncio.Event()
        store.engine = engine_with(world, world.phones, store=store)
        running = asyncio.create_task(store.engine.run(stop))
        await until(lambda: bool(world.phones.sent))
        stop.set()
        await running

    asyncio.run(story())
    world.expect_page("ana")


@pytest.mark.parametrize("taken", [True, False])
def test_any_exception_of_a_channel_leaves_the_page_in_doubt_and_not_lost(world: World, taken: bool) -> None:
    world.phones.fail(RuntimeError("a bug in a library"), after_taking_it=taken)
    world.phones.find_faults.append(KeyError("another one"))
    world.post()
    world.run()
    assert world.attempts()[0].error == "the channel failed: RuntimeError"
    world.advance(MINUTE)
    world.expect_page("ana")


def test_tickets_that_cannot_be_advanced_do_not_hold_up_those_behind_them(world: World) -> None:
    spoilt = {f"T-{number:03}" for number in range(BATCH + 1)}
    for ticket_id in (*spoilt, "T-999"):
        world.post(ticket_id, impact="high")
    world.clock.moment = at("2027-01-11 00:00")
    broken = Broken(world.store, spoilt)
    asyncio.run(one_pass(engine_with(world, world.phones, store=broken)))
    world.expect_page("ana", containing="HIGH T-999")


async def one_pass(engine: Engine) -> None:
    assert await engine.run_once() >= 0.5, "a pass with failures is not repeated at once"
    await engine.settle()


class BrokenTransaction:
    """A transaction that cannot read the logs of some tickets."""

    def __init__(self, tx: Transaction, spoilt: set[str]) -> None:
        self._tx, self._spoilt = tx, spoilt

    def __getattr__(self, name: str) -> object:
        return getattr(self._tx, name)

    def events(self, ticket_id: str) -> object:
        if ticket_id in self._spoilt:
            raise ValueError("this log cannot be read")
        return self._tx.events(ticket_id)


@dataclass
class Broken:
    """A store with such transactions."""

    store: Store
    spoilt: set[str]

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        def broken(tx: Transaction) -> T:
            return work(cast(Transaction, BrokenTransaction(tx, self.spoilt)))

        return self.store.submit(broken)

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        return self.submit(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self.store.read(work)
