"""Whatever the provider, the store or the machine does: no page is lost, and none is sent twice where one can tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar, cast

import pytest

from oncall.errors import Ambiguous, Permanent, StoreUnavailable, Temporary
from oncall.paging.engine import BATCH, MOST_IN_FLIGHT, Engine
from oncall.paging.intake import accept, parse_ticket
from oncall.paging.ports import Channel, Message, Receipt, Store, Transaction
from oncall.paging.receipts import note_receipt
from oncall.paging.ticket import AttemptStatus, EventKind, TicketStatus
from tests.paging.world import FakePhones, World, at, ticket_body

T = TypeVar("T")

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

NO_ROUTE = Temporary("the provider cannot be reached")
TIMED_OUT = Ambiguous("no answer within 8 seconds")
BAD_NUMBER = Permanent("the number does not exist", code=21211)


def report(world: World, status: AttemptStatus, *, number: int = 0) -> bool:
    """The provider reports on the attempt of that number."""
    attempt = world.attempts()[number]
    receipt = Receipt(attempt.provider_id or "SM" + "f" * 32, status)
    hand = world.engine().hand()
    changed = world.store.write(lambda tx: note_receipt(tx, delivery_id=attempt.id, receipt=receipt, hand=hand))
    world.run()
    return changed


# Surely not sent.


def test_a_provider_that_cannot_be_reached_is_tried_again_within_the_step(world: World) -> None:
    world.phones.fail(NO_ROUTE, times=3)
    world.post()
    world.run()
    world.expect_silence()
    world.advance(MINUTE)
    world.expect_page("ana")
    assert [(try_.status, try_.tries) for try_ in world.attempts()] == [(AttemptStatus.ACCEPTED, 4)]


def test_a_provider_that_stays_away_does_not_hold_up_the_escalation(world: World) -> None:
    world.phones.fail(NO_ROUTE, times=1000)
    world.post()
    world.advance(10 * MINUTE)
    world.expect_silence()
    assert [(try_.to, try_.step) for try_ in world.attempts()] == [("ana", 0), ("ana", 1), ("ben", 2)]
    world.phones.faults.clear()
    world.advance(MINUTE)
    world.expect_page("ben")
    over = world.attempts()[0]
    assert (over.status, over.error) == (AttemptStatus.FAILED, "no longer needed; the provider cannot be reached")


def test_a_wait_longer_than_the_step_is_cut_to_one_more_try_just_before_its_end(world: World) -> None:
    world.phones.fail(Temporary("too many requests", code=20429, retry_after=timedelta(hours=1)))
    world.post()
    world.advance(5 * MINUTE - 2 * SECOND)
    world.expect_silence()
    world.advance(SECOND)
    world.expect_page("ana")
    world.advance(SECOND)
    world.expect_page("ana")


def test_a_wait_that_the_provider_asks_for_is_kept_within_the_step(world: World) -> None:
    world.phones.fail(Temporary("too many requests", code=20429, retry_after=timedelta(seconds=90)))
    world.post()
    world.advance(89 * SECOND)
    world.expect_silence()
    world.advance(2 * SECOND)
    world.expect_page("ana")


# Perhaps sent.


def test_a_message_that_was_taken_although_the_answer_was_an_error_is_found_and_not_sent_again(world: World) -> None:
    world.phones.fail(TIMED_OUT, after_taking_it=True)
    world.post()
    world.run()
    assert world.attempts()[0].status is AttemptStatus.UNKNOWN
    world.advance(4 * MINUTE)
    world.expect_page("ana")
    world.expect_silence()
    assert world.attempts()[0].status is AttemptStatus.SENT


def test_a_message_that_was_not_taken_is_sent_again_with_the_same_code(world: World) -> None:
    world.phones.fail(TIMED_OUT)
    accepted = world.post()
    world.run()
    world.expect_silence()
    world.advance(4 * SECOND)
    world.expect_page("ana", containing=f"ACK {accepted.answer['page']['code']}")
    world.advance(4 * MINUTE)


def test_a_provider_that_cannot_be_asked_is_asked_again_later(world: World) -> None:
    world.phones.fail(TIMED_OUT)
    world.phones.find_faults += [NO_ROUTE, NO_ROUTE]
    world.post()
    world.advance(MINUTE)
    assert world.phones.finds == 3
    world.expect_page("ana")


def test_a_provider_that_can_never_be_asked_does_not_hold_up_the_escalation(world: World) -> None:
    world.phones.fail(TIMED_OUT)
    world.phones.find_faults += [NO_ROUTE] * 1000
    world.post()
    world.advance(10 * MINUTE)
    world.expect_page("ana")
    world.expect_page("ben")


def test_a_provider_that_fails_for_a_while_costs_no_step_and_gets_the_page_when_it_is_back(world: World) -> None:
    world.phones.fail(TIMED_OUT, times=4)
    world.post()
    world.advance(2 * MINUTE)
    world.expect_page("ana")
    assert [(attempt.step, attempt.status) for attempt in world.attempts()] == [(0, AttemptStatus.ACCEPTED)]
    assert world.attempts()[0].tries == 5


def test_a_receipt_settles_what_was_in_doubt_without_asking(world: World) -> None:
    world.phones.fail(TIMED_OUT, after_taking_it=True)
    world.post()
    world.run()
    assert report(world, AttemptStatus.DELIVERED)
    world.advance(4 * MINUTE)
    world.expect_page("ana")
    assert world.phones.finds == 0
    assert world.attempts()[0].status is AttemptStatus.DELIVERED


class SlowAnswer(FakePhones):
    """A provider that takes a message at once and answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.answering = asyncio.Event()

    async def send(self, message: Message) -> Receipt:
        receipt = await super().send(message)
        await self.answering.wait()
        return receipt


def test_a_page_in_doubt_does_not_pass_off_the_next_page_to_the_same_person_as_its_own(world: World) -> None:
    world.phones = SlowAnswer()
    world.phones.fail(TIMED_OUT)
    world.phones.find_faults += [NO_ROUTE] * 1000
    world.post()
    world.advance(5 * MINUTE - SECOND)
    world.phones.find_faults.clear()

    async def story(phones: SlowAnswer) -> None:
        world.clock.moment += SECOND
        engine = engine_with(world, phones)
        await engine.run_once()
        await until(lambda: len(phones.sent) == 1)
        world.clock.moment += MINUTE
        await engine.run_once()
        await until(lambda: phones.finds > 0)
        phones.answering.set()
        await engine.settle()

    asyncio.run(story(world.phones))
    world.advance(3 * MINUTE)
    world.expect_page("ana")
    first, second = world.attempts()
    assert first.provider_id is None
    assert second.provider_id is not None


# Never to be sent.


def test_a_permanent_failure_moves_to_the_next_step_in_the_same_second(world: World) -> None:
    world.phones.fail(BAD_NUMBER, times=2)
    world.post()
    world.run()
    world.run()
    world.expect_page("ben")
    failed = [event.why for event in world.events() if event.kind is EventKind.STEP_FAILED]
    assert failed == ["the number does not exist"] * 2
    assert [try_.error_code for try_ in world.attempts()] == [21211, 21211, None]


def test_when_nobody_could_be_reached_in_a_round_the_next_one_begins_in_a_minute_and_not_at_once(world: World) -> None:
    world.phones.fail(BAD_NUMBER, times=4)
    world.post()
    for _ in range(5):
        world.run()
    assert len(world.attempts()) == 4
    world.advance(MINUTE - SECOND)
    world.expect_silence()
    world.advance(SECOND)
    world.expect_page("ana")


def test_a_page_that_the_carrier_does_not_deliver_moves_on_at_once(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    report(world, AttemptStatus.UNDELIVERED)
    world.expect_page("ana")
    report(world, AttemptStatus.UNDELIVERED, number=1)
    world.expect_page("ben")


def test_a_bad_receipt_of_an_older_step_changes_nothing(world: World) -> None:
    world.post()
    world.run()
    world.advance(5 * MINUTE)
    world.expect_page("ana")
    world.expect_page("ana")
    report(world, AttemptStatus.UNDELIVERED, number=0)
    world.advance(4 * MINUTE)
    world.expect_silence()


def test_receipts_in_any_order_end_with_the_last_word(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    statuses = (AttemptStatus.DELIVERED, AttemptStatus.SENT, AttemptStatus.ACCEPTED, AttemptStatus.DELIVERED)
    assert [report(world, status) for status in statuses] == [True, False, False, False]
    assert world.attempts()[0].status is AttemptStatus.DELIVERED


def test_somebody_who_is_on_no_roster_any_more_cannot_hold_up_the_escalation(world: World) -> None:
    world.post()
    ghost = replace(world.attempts()[0], to="zoe", id="f" * 32)
    world.store.write(lambda tx: tx.add_attempts([ghost]))
    world.run()
    world.expect_page("ana")
    lost = next(try_ for try_ in world.attempts() if try_.to == "zoe")
    assert (lost.status, lost.error) == (
        AttemptStatus.FAILED,
        "nobody with the id zoe is on the published rosters",
    )
    world.run()
    world.expect_page("ana")


# Killed.


def test_killed_between_commit_and_send_the_page_goes_out_after_the_restart(world: World) -> None:
    world.live(1, MINUTE, ticket_body())
    assert world.attempts()[0].status is AttemptStatus.UNKNOWN
    world.expect_silence()
    world.advance(10 * SECOND)
    world.expect_page("ana")
    world.advance(4 * MINUTE)


def test_killed_between_send_and_record_the_page_is_not_sent_again(world: World) -> None:
    world.live(3, MINUTE, ticket_body())
    world.expect_page("ana")
    world.advance(4 * MINUTE)
    assert (world.phones.finds, world.attempts()[0].status) == (1, AttemptStatus.SENT)


def test_killed_while_the_page_was_still_queued_it_goes_out_after_the_restart(world: World) -> None:
    world.post()
    world.restart()
    world.expect_page("ana")


@dataclass
class Gate:
    """A provider that takes messages only while it is open."""

    phones: FakePhones
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    name: str = "gate"

    async def send(self, message: Message) -> Receipt:
        self.waiting += 1
        await self.opened.wait()
        return await self.phones.send(message)

    async def find(self, message: Message, *, since: object, ends_with: str, known: Sequence[str]) -> Receipt | None:
        raise AssertionError("nothing is in doubt")

    async def status(self, provider_id: str) -> Receipt:
        return await self.phones.status(provider_id)

    async def close(self) -> None:
        return None


def engine_with(world: World, channel: Channel, *, store: Store | None = None, worker: str = "test") -> Engine:
    return Engine(store=store or world.store, channels={"sms": channel}, clock=world.clock, worker=worker)


async def until(claim: Callable[[], bool]) -> None:
    """Let the loop turn until the claim holds; a test that waits for ever is ended by its runner."""
    async with asyncio.timeout(20):
        while not claim():
            await asyncio.sleep(0)


async def take_in(engine: Engine, ticket_id: str) -> None:
    hand, body = engine.hand("zendesk"), ticket_body(ticket_id)
    accepted = await engine.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), hand.now), hand))
    engine.send_soon(accepted.attempts)


# While a send is under way.


def test_an_acknowledgement_while_a_send_is_in_flight_stops_the_rest_and_tells_who_has_it(world: World) -> None:
    async def story() -> None:
        gate = Gate(world.phones)
        engine = engine_with(world, gate)
        await take_in(engine, "T-1")
        await until(lambda: gate.waiting == 1)
        await asyncio.to_thread(world.act, EventKind.ACKNOWLEDGED, "ben")
        gate.opened.set()
        await engine.settle()

    asyncio.run(story())
    world.expect_page("ana", containing="is taken by Ben")
    world.expect_page("ana", containing="ACK")
    world.act(EventKind.REPLIED, "ben")
    world.advance(timedelta(hours=1))


def test_an_acknowledgement_while_a_retry_waits_takes_it_back(world: World) -> None:
    world.phones.fail(NO_ROUTE)
    world.post()
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.act(EventKind.REPLIED, "ben")
    world.advance(timedelta(hours=1))
    world.expect_silence()
    assert (world.attempts()[0].status, world.attempts()[0].error) == (AttemptStatus.FAILED, "no longer needed")


def test_a_page_in_doubt_that_was_not_taken_is_not_sent_once_somebody_has_the_ticket(world: World) -> None:
    world.phones.fail(TIMED_OUT)
    world.post()
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.expect_page("ana", containing="is taken by Ben")
    world.act(EventKind.REPLIED, "ben")
    world.advance(timedelta(hours=1))
    assert world.attempts()[0].error == "no longer needed; no answer within 8 seconds"


def test_a_notice_that_cannot_be_sent_is_given_up_when_it_is_no_news_any_more(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.phones.fail(NO_ROUTE, times=1000)
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.advance(timedelta(hours=1))
    notice = world.attempts()[1]
    assert (notice.status, notice.error) == (
        AttemptStatus.FAILED,
        "no longer needed; the provider cannot be reached",
    )


def test_a_ticket_resolved_while_it_was_held_is_never_paged(world: World) -> None:
    world.post(impact="high")
    world.act(EventKind.RESOLVED, "zendesk")
    world.advance(at("2027-01-11 09:00") - world.clock.moment)
    assert world.ticket().status is TicketStatus.RESOLVED


def test_a_schedule_published_after_the_page_decides_the_steps_that_follow(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.publish({"primary": "elena", "secondary": "farid"})
    world.advance(10 * MINUTE)
    world.expect_page("elena")
    world.expect_page("farid")


# Several pagers, and failures of the house itself.


def test_two_pagers_on_one_store_send_once(world: World) -> None:
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


def test_a_page_that_another_pager_took_over_is_left_to_it(world: World) -> None:
    async def story() -> None:
        engine, other = engine_with(world, world.phones), engine_with(world, world.phones, worker="other")
        hand, body = engine.hand("zendesk"), ticket_body()
        accepted = await engine.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), hand.now), hand))
        world.clock.moment += MINUTE
        await other.run_once()
        await other.settle()
        engine.send_soon(accepted.attempts)
        await engine.settle()

    asyncio.run(story())
    world.expect_page("ana")


@dataclass
class Unsteady:
    """A store that is away for its first calls; it wakes the engine instead of letting it wait."""

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
    """A transaction in which the log of some tickets cannot be read."""

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
    """A store whose transactions are broken so."""

    store: Store
    spoilt: set[str]

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        def broken(tx: Transaction) -> T:
            return work(cast(Transaction, BrokenTransaction(tx, self.spoilt)))

        return self.store.submit(broken)

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self.submit(work).result()

    def read(self, work: Callable[[Transaction], T]) -> T:
        return self.store.read(work)
