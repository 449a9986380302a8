"""Events between two steps of a pager (a receipt, another pager, a sleeping machine) cause no double message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from doubles.event_loop import until
from oncall.errors import Ambiguous
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.outgoing.new_attempts import LEASE
from oncall.paging.ports.channel import Message, Receipt
from oncall.paging.ports.store import Store, Transaction
from oncall.paging.sending.engine import Engine
from oncall.support.policy_file import packaged_policy_text
from tests.paging.mortals import FakePhones, Killed
from tests.paging.pagers import Gate, engine_with, take_in
from tests.paging.world import World

T = TypeVar("T")

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
FIRST = f"SM{1:032d}"


@dataclass
class Lagging(Gate):
    """A provider whose list lags behind what it accepted. `meanwhile` runs during the look-up."""

    meanwhile: Callable[[Message], Awaitable[object]] | None = None

    async def send(self, message: Message) -> Receipt:
        return await self.phones.send(message)

    async def find(self, message: Message, *, since: datetime, ends_with: str, known: Sequence[str]) -> Receipt | None:
        if self.meanwhile is not None:
            story, self.meanwhile = self.meanwhile, None
            await story(message)
        return None


def settled(world: World, engine: Engine) -> None:
    """Run passes until no work is left."""

    async def passes() -> None:
        for _ in range(4):
            world.clock.moment += 4 * SECOND
            await engine.run_once()
            await engine.settle()

    asyncio.run(passes())


def test_a_receipt_that_comes_while_the_provider_is_asked_is_not_overwritten_by_another_send(world: World) -> None:
    channel = Lagging(world.phones)
    engine = engine_with(world, channel)
    world.phones.fail(Ambiguous("HTTP 500"), after_taking_it=True)

    async def report(message: Message) -> None:
        await engine.receive(Receipt(FIRST, AttemptStatus.DELIVERED), delivery_id=message.delivery_id)

    channel.meanwhile = report
    world.post()
    settled(world, engine)
    world.expect_page("ana")
    (page,) = world.attempts()
    assert (page.status, page.provider_id) == (AttemptStatus.DELIVERED, FIRST)


def test_a_receipt_for_a_bundle_that_comes_while_the_provider_is_asked_ends_the_matter(world: World) -> None:
    channel = Lagging(world.phones)
    engine = engine_with(world, channel)
    world.phones.fail(Ambiguous("HTTP 500"), after_taking_it=True)

    async def report(message: Message) -> None:
        await engine.receive(Receipt(FIRST, AttemptStatus.SENT), delivery_id=message.delivery_id)

    channel.meanwhile = report
    world.post("T-1", impact="high", plan="business-critical")
    world.post("T-2", impact="high", plan="business-critical")
    settled(world, engine)
    world.expect_page("ana", containing="And 1 more")
    assert {(world.attempts(name)[0].status, world.attempts(name)[0].provider_id) for name in ("T-1", "T-2")} == {
        (AttemptStatus.SENT, FIRST)
    }


def test_a_pager_that_asked_for_longer_than_its_lease_leaves_the_page_to_whoever_sends_it_now(world: World) -> None:
    slow, other = Lagging(world.phones), engine_with(world, Lagging(world.phones), worker="other")
    engine = engine_with(world, slow)
    world.phones.fail(Ambiguous("HTTP 500"))

    async def taken_over(_: Message) -> None:
        world.clock.moment += LEASE + SECOND
        await other.run_once()
        await other.settle()

    slow.meanwhile = taken_over
    world.post()
    settled(world, engine)
    world.expect_page("ana")


def test_an_answer_that_comes_after_the_lease_ran_out_does_not_take_the_page_from_whoever_sends_it(
    world: World,
) -> None:
    """One pager's request hangs and ends in a time-out while another one's, for the same page, is on the wire."""

    async def story() -> None:
        hanging, gate = Hanging(FakePhones()), Gate(world.phones)
        engine, other = engine_with(world, hanging), engine_with(world, gate, worker="other")
        await take_in(engine, "T-1")
        await until(lambda: hanging.waiting == 1)
        world.clock.moment += LEASE + SECOND
        await other.run_once()
        await until(lambda: gate.waiting == 1)
        hanging.opened.set()
        await engine.settle()
        world.clock.moment += 20 * SECOND
        third = engine_with(world, world.phones, worker="third")
        await third.run_once()
        await third.settle()
        gate.opened.set()
        await other.settle()

    asyncio.run(story())
    world.expect_page("ana")


@dataclass
class Hanging(Gate):
    """A provider that accepts no message and does not answer for a long time."""

    async def send(self, message: Message) -> Receipt:
        self.waiting += 1
        await self.opened.wait()
        raise Ambiguous("no answer within 8 seconds")


class Dying(FakePhones):
    """A provider that accepts a message at the moment when the pager is killed."""

    async def send(self, message: Message) -> Receipt:
        await super().send(message)
        raise Killed


def test_a_word_to_the_manager_is_not_said_twice_when_the_pager_is_killed_after_sending_it(world: World) -> None:
    world.phones = Dying()
    world.sms("ana", "STOP")
    world.phones = FakePhones(sent=world.phones.sent)
    world.advance(5 * MINUTE)
    world.expect_page("mei", containing="has sent STOP")


@dataclass
class Sleepy:
    """A store during whose first read the machine sleeps for a minute while another pager works."""

    store: Store
    meanwhile: Callable[[], None] | None = None

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        return self.store.submit(work)

    def submit_apart(self, work: Callable[[Transaction], T]) -> Future[T]:
        return self.submit(work)

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def read(self, work: Callable[[Transaction], T]) -> T:
        if self.meanwhile is not None:
            story, self.meanwhile = self.meanwhile, None
            story()
        return self.store.read(work)


def test_a_pager_that_slept_between_claim_and_call_does_not_call_once_another_has(world: World) -> None:
    policy = packaged_policy_text().replace("{notify: primary, channel: sms", "{notify: primary, channel: voice")
    world.publish(policy=policy)
    calls = FakePhones()
    store = Sleepy(world.store)
    sleeper = Engine(
        store=store, channels={"sms": world.phones, "voice": calls}, clock=world.clock, worker="one", is_alone=False
    )
    other = Engine(store=world.store, channels={"sms": world.phones, "voice": calls}, clock=world.clock, worker="two")

    def slept() -> None:
        world.clock.moment += MINUTE
        asyncio.run(passed(other))

    async def passed(engine: Engine) -> None:
        await engine.run_once()
        await engine.settle()

    world.post()
    store.meanwhile = slept
    asyncio.run(passed(sleeper))
    assert [call.to for call in calls.sent] == ["ana"]
