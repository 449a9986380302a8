"""Work is done whole or not at all, alone or in a group, and two stores on one database do not trip over each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from oncall.errors import Conflict, StoreUnavailable
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store
from oncall.store.group_commit import MOST_WAITING
from oncall.store.sql_store import SqlStore

from .examples import NOW, attempt, event, minutes, ticket

LATER = NOW + minutes(10)


class Mistake(Exception):
    """Something in the work went wrong."""


def stored_ids(store: SqlStore) -> list[str]:
    return sorted(found.ticket.id for found in store.read(lambda t: t.tickets(TicketFilter(limit=1000))))


def adding(ticket_id: str) -> Callable[[Transaction], str]:
    def work(t: Transaction) -> str:
        t.add_ticket(ticket(ticket_id))
        t.append([event(ticket_id)])
        return ticket_id

    return work


def failing(ticket_id: str) -> Callable[[Transaction], str]:
    def work(t: Transaction) -> str:
        adding(ticket_id)(t)
        raise Mistake(ticket_id)

    return work


def test_a_write_gives_what_its_work_gives(store: SqlStore) -> None:
    assert store.write(adding("T-1")) == "T-1"
    assert store.submit(adding("T-2")).result() == "T-2"
    assert stored_ids(store) == ["T-1", "T-2"]


def test_work_that_fails_leaves_nothing_behind(store: SqlStore) -> None:
    with pytest.raises(Mistake, match="T-1"):
        store.write(failing("T-1"))
    assert stored_ids(store) == []


def test_work_that_goes_on_after_a_conflict_is_undone_all_the_same(store: SqlStore) -> None:
    store.write(adding("T-1"))

    def careless(t: Transaction) -> None:
        t.add_ticket(ticket("T-2"))
        with suppress(Conflict):
            t.add_ticket(ticket("T-1", code="7K2"))

    with pytest.raises(Conflict, match=r"^ticket T-1: it is stored already$"):
        store.write(careless)
    assert stored_ids(store) == ["T-1"]


@contextmanager
def held_up(store: SqlStore) -> Iterator[None]:
    """Inside, the store's writer is busy, and whatever is submitted waits."""
    gate, opened = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        opened.set()
        gate.wait(120)

    held = store.submit(hold)
    opened.wait(120)
    yield
    gate.set()
    held.result(120)


def test_one_failing_work_does_not_take_its_group_with_it(sqlite_store: SqlStore) -> None:
    with held_up(sqlite_store):
        # These five wait, and so they share the next commit.
        futures = [sqlite_store.submit(failing(f"T-{n}") if n in (1, 3) else adding(f"T-{n}")) for n in range(5)]
    outcomes = [type(future.exception(120)).__name__ for future in futures]
    assert outcomes == ["NoneType", "Mistake", "NoneType", "Mistake", "NoneType"]
    assert stored_ids(sqlite_store) == ["T-0", "T-2", "T-4"]


def test_everything_submitted_is_stored_before_the_store_is_closed(url: str) -> None:
    with open_store(url) as store:
        futures = [store.submit(adding(f"T-{n:03}")) for n in range(200)]
    assert all(future.done() for future in futures)
    with open_store(url) as again:
        assert stored_ids(again) == [f"T-{n:03}" for n in range(200)]


def test_work_that_was_cancelled_while_it_waited_is_not_done(sqlite_store: SqlStore) -> None:
    with held_up(sqlite_store):
        waiting = sqlite_store.submit(adding("T-1"))
        assert waiting.cancel()
    assert stored_ids(sqlite_store) == []


def test_a_queue_that_is_far_too_long_is_refused_at_once(sqlite_store: SqlStore, sqlite_path: Path) -> None:
    gate, opened = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        opened.set()
        gate.wait(120)

    sqlite_store.submit(hold)
    opened.wait(120)
    for _ in range(MOST_WAITING):
        sqlite_store.submit(lambda t: None)
    with pytest.raises(StoreUnavailable) as refused:
        sqlite_store.submit(adding("T-1"))
    gate.set()
    assert str(refused.value) == f"{sqlite_path}: too many requests are waiting for the database; try again"


def test_a_callback_of_a_write_may_write(store: SqlStore) -> None:
    followed: Future[str] = Future()
    first = store.submit(adding("T-1"))
    first.add_done_callback(lambda _: followed.set_result(store.write(adding("T-2"))))
    assert followed.result(120) == "T-2"


def test_work_that_opens_a_second_transaction_is_told_so_instead_of_waiting_for_ever(sqlite_store: SqlStore) -> None:
    with pytest.raises(RuntimeError, match=r"^work that runs in a transaction cannot open another one$"):
        sqlite_store.write(lambda _: sqlite_store.write(adding("T-1")))


def test_a_read_sees_one_moment(store: SqlStore) -> None:
    def look_twice(t: Transaction) -> tuple[int, int]:
        before = len(t.tickets(TicketFilter()))
        store.write(adding("T-1"))
        return before, len(t.tickets(TicketFilter()))

    assert store.read(look_twice) == (0, 0)


def test_a_closed_store_says_so(store: SqlStore) -> None:
    store.close()
    for call in (store.read, store.write, store.submit):
        with pytest.raises(StoreUnavailable, match=r"the store is closed$"):
            call(lambda t: None)


def test_the_same_ticket_posted_at_the_same_moment_is_seen_by_the_one_that_comes_second(store: SqlStore) -> None:
    """The second look finds it, so the poster gets the first answer and not a refusal."""
    barrier = threading.Barrier(2)

    def post(t: Transaction) -> str:
        if t.ticket("T-1") is not None:
            return "there already"
        # On SQLite the other one cannot come this far, as writers take turns.
        with suppress(threading.BrokenBarrierError):
            barrier.wait(0.5)
        t.add_ticket(ticket("T-1"))
        return "stored"

    with ThreadPoolExecutor(2) as threads:
        answers = sorted(threads.map(lambda _: store.write(post), range(2)))
    assert answers == ["stored", "there already"]


def test_two_stores_never_claim_the_same_attempt(url: str) -> None:
    count = 60
    with open_store(url) as one, open_store(url) as two:
        one.write(lambda t: t.add_ticket(ticket()))
        one.write(lambda t: t.add_attempts([attempt(f"a-{n}", lease_until=NOW) for n in range(count)]))

        def claim_all(store: SqlStore) -> list[str]:
            mine: list[str] = []
            while found := store.write(lambda t: t.claim_attempts(real_now=NOW, lease_until=LATER, limit=7)):
                mine += [claimed.id for claimed in found]
            return mine

        with ThreadPoolExecutor(4) as threads:
            claimed = [name for part in threads.map(claim_all, [one, two, one, two]) for name in part]
    assert len(claimed) == len(set(claimed))
    with open_store(url) as after:
        left = after.write(lambda t: t.claim_attempts(real_now=NOW, lease_until=LATER, limit=count))
    # A worker that skips what another holds may stop before that one lets go; nothing is lost by it.
    assert sorted(claimed + [found.id for found in left]) == sorted(f"a-{n}" for n in range(count))


def test_two_stores_on_one_database_write_at_the_same_time(url: str) -> None:
    with open_store(url) as one, open_store(url) as two:
        futures = [store.submit(adding(f"T-{n:03}-{i}")) for n in range(50) for i, store in enumerate((one, two))]
        assert [future.exception(120) for future in futures] == [None] * 100
        assert len(stored_ids(one)) == 100


def test_a_deadlock_is_run_again_until_both_are_done(postgres_store: SqlStore) -> None:
    for ticket_id in ("T-1", "T-2"):
        postgres_store.write(adding(ticket_id))
    barrier = threading.Barrier(2)

    def lock_both(order: tuple[str, str]) -> str:
        def work(t: Transaction) -> str:
            t.ticket(order[0])
            with suppress(threading.BrokenBarrierError):
                barrier.wait(1)
            t.ticket(order[1])
            t.append([event(order[0])])
            return "done"

        return postgres_store.write(work)

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lock_both, [("T-1", "T-2"), ("T-2", "T-1")])) == ["done", "done"]
