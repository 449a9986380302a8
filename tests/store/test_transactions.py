"""Work is stored as a whole or not at all, alone or in a group, also with two stores on one database."""

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
    """An error in the work."""


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


def test_a_write_returns_the_result_of_its_work(store: SqlStore) -> None:
    assert store.write(adding("T-1")) == "T-1"
    assert store.submit(adding("T-2")).result() == "T-2"
    assert stored_ids(store) == ["T-1", "T-2"]


def test_failed_work_stores_nothing(store: SqlStore) -> None:
    with pytest.raises(Mistake, match="T-1"):
        store.write(failing("T-1"))
    assert stored_ids(store) == []


def test_work_that_catches_a_conflict_is_rolled_back(store: SqlStore) -> None:
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
    """Keep the store's writer busy, so that all submitted jobs wait."""
    gate, opened = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        opened.set()
        gate.wait(120)

    held = store.submit(hold)
    opened.wait(120)
    yield
    gate.set()
    held.result(120)


def test_a_failing_job_does_not_fail_its_group(sqlite_store: SqlStore) -> None:
    with held_up(sqlite_store):
        # These five jobs wait, so they share the next commit.
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


def test_a_job_that_is_cancelled_in_the_queue_does_not_run(sqlite_store: SqlStore) -> None:
    with held_up(sqlite_store):
        waiting = sqlite_store.submit(adding("T-1"))
        assert waiting.cancel()
    assert stored_ids(sqlite_store) == []


def test_a_job_is_refused_when_the_queue_is_too_long(sqlite_store: SqlStore, sqlite_path: Path) -> None:
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


def test_the_callback_of_a_write_may_write(store: SqlStore) -> None:
    followed: Future[str] = Future()
    first = store.submit(adding("T-1"))
    first.add_done_callback(lambda _: followed.set_result(store.write(adding("T-2"))))
    assert followed.result(120) == "T-2"


def test_work_that_opens_a_second_transaction_fails_instead_of_waiting_for_itself(sqlite_store: SqlStore) -> None:
    with pytest.raises(RuntimeError, match=r"^work inside a transaction cannot open another transaction$"):
        sqlite_store.write(lambda _: sqlite_store.write(adding("T-1")))


def test_a_read_sees_one_snapshot(store: SqlStore) -> None:
    def look_twice(t: Transaction) -> tuple[int, int]:
        before = len(t.tickets(TicketFilter()))
        store.write(adding("T-1"))
        return before, len(t.tickets(TicketFilter()))

    assert store.read(look_twice) == (0, 0)


def test_a_closed_store_refuses_work(store: SqlStore) -> None:
    store.close()
    for call in (store.read, store.write, store.submit):
        with pytest.raises(StoreUnavailable, match=r"the store is closed$"):
            call(lambda t: None)


def test_the_second_of_two_simultaneous_posts_sees_the_first(store: SqlStore) -> None:
    """The second run finds the ticket, so the caller gets the first answer and no refusal."""
    barrier = threading.Barrier(2)

    def post(t: Transaction) -> str:
        if t.ticket("T-1") is not None:
            return "there already"
        # On SQLite the other one cannot get this far, because only one transaction writes at a time.
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
    # A worker that skips locked rows may stop before they are released; no attempt is lost by that.
    assert sorted(claimed + [found.id for found in left]) == sorted(f"a-{n}" for n in range(count))


def test_two_stores_may_write_to_one_database_at_the_same_time(url: str) -> None:
    with open_store(url) as one, open_store(url) as two:
        futures = [store.submit(adding(f"T-{n:03}-{i}")) for n in range(50) for i, store in enumerate((one, two))]
        assert [future.exception(120) for future in futures] == [None] * 100
        assert len(stored_ids(one)) == 100


def test_transactions_that_deadlock_run_again_until_both_succeed(postgres_store: SqlStore) -> None:
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
