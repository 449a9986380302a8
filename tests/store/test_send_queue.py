"""The send queue and its lock on both databases, and pagers that share it and die."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, text

from doubles.clock import FakeClock
from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.paging.ports.channel import Receipt
from oncall.paging.ports.store import Transaction
from oncall.paging.sending.engine import Engine
from oncall.paging.sending.outcomes import write_outcome
from oncall.paging.sending.send_work import SendWork
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from tests.paging.mortals import Fate, Killed, MortalPhones, MortalStore
from tests.paging.pagers import engine_with, take_in
from tests.paging.world import World

from .examples import NOW, adding, attempt, minutes, ticket

SECOND = timedelta(seconds=1)
NAMES = ("T-1", "T-2", "T-3", "T-4", "T-5")
REACHED = {AttemptStatus.ACCEPTED, AttemptStatus.SENT}


def page(key: str, **changes: Any) -> Attempt:
    plain = attempt(key, status=AttemptStatus.QUEUED, purpose=Purpose.PAGE, channel="sms", to="ana", lease_until=None)
    return replace(plain, **{"is_immediate": False, **changes})


def keep(store: SqlStore, *attempts: Attempt) -> None:
    store.write(lambda tx: tx.add_attempts(attempts))


def sent_at(store: SqlStore, *, since: datetime = NOW, most: int = 9, to: str | None = None) -> list[float]:
    """Return when each text was sent, in minutes after NOW, the newest first."""
    found = store.read(lambda tx: tx.texts_sent(since=since, most=most, to=to))
    return [(one.at - NOW) / timedelta(minutes=1) for one in found]


def test_the_queued_pages_of_a_phone_are_those_in_the_send_queue(filled: SqlStore) -> None:
    retried = page("a-2", status=AttemptStatus.RETRYING, written_at=NOW + minutes(1))
    keep(
        filled,
        retried,
        page("a-1"),
        page("a-3", is_immediate=True),
        page("a-4", to="ben"),
        page("a-5", channel="voice"),
        page("a-6", purpose=Purpose.NOTICE),
        page("a-7", status=AttemptStatus.UNKNOWN),
        page("a-8", status=AttemptStatus.ACCEPTED),
    )
    assert filled.write(lambda tx: tx.queued_pages("ana")) == [page("a-1"), retried]


def test_the_holder_of_the_queue_lock_sees_pages_that_another_pager_is_claiming(
    postgres_url: str,
) -> None:
    """Otherwise one phone would get two messages instead of one."""
    claimed, looked = threading.Event(), threading.Event()

    def claim(tx: Transaction) -> list[str]:
        found = tx.claim_attempts(real_now=NOW, lease_until=NOW + minutes(1), limit=9)
        claimed.set()
        looked.wait(30)
        return [one.id for one in found]

    with open_store(postgres_url) as mine, open_store(postgres_url) as theirs, ThreadPoolExecutor(1) as other:
        mine.write(adding(ticket("T-1")))
        keep(mine, page("a-1"), page("a-2"))

        def look(tx: Transaction) -> tuple[list[str], Future[list[str]]]:
            tx.lock_send_queue()
            taken_over = other.submit(theirs.write, claim)
            assert claimed.wait(30)
            seen = [one.id for one in tx.queued_pages("ana")]
            looked.set()
            return seen, taken_over

        seen, taken_over = mine.write(look)
        assert seen == ["a-1", "a-2"]
        assert taken_over.result() == []
        assert theirs.write(claim) == ["a-1", "a-2"]


def test_attempts_outside_the_send_queue_are_claimed_while_another_pager_holds_its_lock(postgres_url: str) -> None:
    def claim(tx: Transaction) -> list[str]:
        return [one.id for one in tx.claim_attempts(real_now=NOW, lease_until=NOW + minutes(1), limit=9)]

    with open_store(postgres_url) as mine, open_store(postgres_url) as theirs:
        mine.write(adding(ticket("T-1")))
        urgent = page("urgent", status=AttemptStatus.RETRYING, retry_at=NOW, is_immediate=True)
        in_doubt = page("in-doubt", status=AttemptStatus.UNKNOWN, retry_at=NOW)
        keep(mine, page("waits"), urgent, in_doubt)

        def busy(tx: Transaction) -> list[str]:
            tx.lock_send_queue()
            return theirs.write(claim)

        assert sorted(mine.write(busy)) == ["in-doubt", "urgent"]
        assert theirs.write(claim) == ["waits"]


@dataclass
class Thoughtful(FakeClock):
    """A clock that blocks threads other than the event loop's, like a pager that works long on the send queue."""

    thinks: threading.Event = field(default_factory=threading.Event)
    knows: threading.Event = field(default_factory=threading.Event)

    def real_seconds_until(self, at: datetime) -> float:
        if threading.current_thread() is not threading.main_thread():
            self.thinks.set()
            assert self.knows.wait(60)
        return super().real_seconds_until(at)


def test_an_urgent_page_goes_out_while_its_pager_works_on_the_send_queue(postgres_url: str, tmp_path: Path) -> None:
    """After a storm a pager bundles thousands of pages."""
    world = World(tmp_path, url=postgres_url)
    world.publish()
    world.post("U-1")
    world.run()
    world.expect_page("ana", containing="U-1")
    world.post("T-1", impact="high", plan="business-critical")
    world.clock = clock = Thoughtful(world.clock.moment + timedelta(seconds=3))

    async def story() -> None:
        engine = engine_with(world, world.phones)
        looking = asyncio.create_task(engine.run_once())
        await asyncio.to_thread(clock.thinks.wait, 60)
        try:
            async with asyncio.timeout(30):
                await take_in(engine, "U-2")
                await engine.settle()
            assert not looking.done()
        finally:
            clock.knows.set()
        await looking

    asyncio.run(story())
    world.expect_page("ana", containing="U-2")
    world.close()


def test_a_message_that_two_pagers_find_at_once_counts_for_one_unknown_attempt(
    postgres_url: str,
) -> None:
    """All pages of a ticket to one person have the same text. The other attempt stays unknown and is not lost."""
    found, context = Receipt("SM1", AttemptStatus.SENT), ActionContext("pager", NOW, NOW)
    tries = [page(name, status=AttemptStatus.UNKNOWN, retry_at=NOW) for name in ("a-1", "a-2")]

    def noting(one: Attempt) -> Callable[[Transaction], object]:
        return lambda tx: write_outcome(SendWork(tx, context, FakeClock(NOW)), one, found)

    with open_store(postgres_url) as mine, open_store(postgres_url) as theirs, ThreadPoolExecutor(1) as other:
        mine.write(adding(ticket("T-1")))
        keep(mine, *tries)

        def first(tx: Transaction) -> Future[object]:
            noting(tries[0])(tx)
            second = other.submit(theirs.write, noting(tries[1]))
            with psycopg.connect(postgres_url, autocommit=True) as watch:
                waits_for_a_lock = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                while not second.done() and watch.execute(waits_for_a_lock).fetchone() == (0,):
                    watch.execute("SELECT pg_sleep(0.01)")
            return second

        mine.write(first).result()
        kept = mine.read(lambda tx: tx.attempts("T-1"))
    assert [(one.status, one.provider_id) for one in kept] == [
        (AttemptStatus.SENT, "SM1"),
        (AttemptStatus.UNKNOWN, None),
    ]


def test_an_alert_stays_due_while_another_pager_holds_the_queue_lock(postgres_url: str, tmp_path: Path) -> None:
    world = World(tmp_path, url=postgres_url)
    world.publish()
    now = world.clock.moment
    world.store.write(lambda tx: tx.add_alert(Alert("one", "deaf ana", "mei", "Ana is deaf.", now, now)))

    def busy(tx: Transaction) -> None:
        tx.lock_send_queue()
        world.run()
        world.expect_silence()

    with open_store(postgres_url) as other:
        other.write(busy)
    world.run()
    world.expect_page("mei", containing="Ana is deaf.")
    world.close()


def test_a_bundle_is_found_by_its_leader_and_only_the_leader_is_due(filled: SqlStore) -> None:
    leader = page("a-1", bundle="a-1", sent_text="both", sent_at=NOW)
    rider = page("a-2", ticket="T-2", bundle="a-1", sent_text="both")
    keep(filled, rider, leader, page("a-3", status=AttemptStatus.ACCEPTED))
    assert filled.read(lambda tx: tx.bundle("a-1")) == [leader, rider]
    later = NOW + minutes(600)
    claimed = filled.write(lambda tx: tx.claim_attempts(real_now=later, lease_until=later, limit=10))
    assert [one.id for one in claimed] == ["a-1"]


def test_an_attempt_of_version_0_1_0_is_not_queued(filled: SqlStore, url: str) -> None:
    keep(filled, page("a-1"))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE attempts SET goes_alone = NULL"))
    engine.dispose()
    assert filled.read(lambda tx: tx.attempts("T-1"))[0].is_immediate


@pytest.mark.slow
@pytest.mark.parametrize("calls", [3, 5, 6, 7, 8, 9, 10, 12, 15, 40])
def test_two_pagers_in_a_storm_lose_and_repeat_no_page_when_one_dies(url: str, tmp_path: Path, calls: int) -> None:
    world = World(tmp_path, url=url)
    world.publish()
    world.post("U-1")
    for name in NAMES:
        world.post(name, impact="high", plan="business-critical")
    # A SQLite file has one process; its pagers share the store.
    other = world.store if url.startswith("sqlite") else open_store(url)
    fate = Fate(calls)
    mortal = Engine(
        store=MortalStore(world.store, fate),
        channels={"sms": MortalPhones(world.phones, fate)},
        clock=world.clock,
        worker="mortal",
        is_alone=False,
    )
    survivor = Engine(store=other, channels={"sms": world.phones}, clock=world.clock, worker="survivor", is_alone=False)

    async def look(pager: Engine) -> None:
        try:
            await pager.run_once()
            await pager.settle()
        except Killed:
            return

    async def story() -> None:
        for _ in range(50):
            await asyncio.gather(look(mortal), look(survivor))
            world.clock.moment += 2 * SECOND

    asyncio.run(story())
    pages = {name: [one for one in world.attempts(name) if one.step == 0] for name in ("U-1", *NAMES)}
    told = [message.body for message in world.phones.sent if message.to == "ana"]
    if other is not world.store:
        other.close()
    world.store.close()
    assert all(len(page) == 1 and page[0].status in REACHED for page in pages.values())
    assert len(told) == len(set(told))
    assert [body.split()[1] for body in told if body.startswith("URGENT")] == ["U-1"]
    counts = [1 + int((re.findall(r"And (\d+) more", body) or ["0"])[0]) for body in told if body.startswith("HIGH")]
    assert sum(counts) == len(NAMES)
