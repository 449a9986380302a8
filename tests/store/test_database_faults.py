"""Each fault of the database becomes one clear message, and the store works again afterwards."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from doubles.disk import full_disk
from oncall.errors import Conflict, StoreInDoubt, StoreUnavailable
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.store.address import PostgresAddress, SqliteAddress, address_of
from oncall.store.database import open_store
from oncall.store.postgres import PostgresStore
from oncall.store.sql_store import SqlStore
from oncall.store.sqlite import SqliteStore

from .examples import NOW, PHONE, attempt, event, publication, ticket


def count(store: SqlStore) -> int:
    return len(store.read(lambda t: t.tickets(TicketFilter())))


@pytest.fixture
def impatient(sqlite_path: Path) -> Iterator[SqliteStore]:
    """A store that waits 0.1 s for a lock."""
    with SqliteStore(SqliteAddress(sqlite_path), busy_seconds=0.1) as store:
        yield store


def test_a_locked_database_is_reported_and_works_again_later(impatient: SqliteStore, sqlite_path: Path) -> None:
    with closing(sqlite3.connect(sqlite_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable) as refused:
            impatient.write(lambda t: t.add_ticket(ticket()))
        assert count(impatient) == 0, "reading goes on beside a writer"
        other.execute("ROLLBACK")
    assert str(refused.value) == (f"{sqlite_path}: another program locks the database; try again when it has finished")
    impatient.write(lambda t: t.add_ticket(ticket()))
    assert count(impatient) == 1


def test_a_full_disk_is_reported_and_no_work_is_half_stored(sqlite_path: Path) -> None:
    open_store(f"sqlite:///{sqlite_path}").close()
    long = "x" * 40_000

    def large(t: Transaction) -> None:
        t.add_ticket(ticket("T-2"))
        t.append([event("T-2", why=long)])

    with full_disk(spare_pages=4), open_store(f"sqlite:///{sqlite_path}") as store:
        store.write(lambda t: t.add_ticket(ticket("T-1")))
        with pytest.raises(StoreUnavailable) as refused:
            store.write(large)
        assert (
            str(refused.value)
            == f"{sqlite_path}: the disk is full and nothing was stored; free some space and try again"
        )
        assert count(store) == 1
        store.write(lambda t: t.update_ticket(ticket("T-1", owner="ana")))
    with open_store(f"sqlite:///{sqlite_path}") as store:
        store.write(large)
        assert count(store) == 2


def test_a_missing_folder_is_reported_and_works_again_later(
    sqlite_store: SqlStore, sqlite_path: Path, tmp_path: Path
) -> None:
    away = tmp_path / "away"
    sqlite_path.parent.rename(away)
    for call in (sqlite_store.write, sqlite_store.read):
        with pytest.raises(StoreUnavailable) as refused:
            call(lambda t: t.next_due_at())
        assert str(refused.value) == (
            f"{sqlite_path}: the database file is gone (No such file or directory); put it back and try again"
        )
    away.rename(sqlite_path.parent)
    sqlite_store.write(lambda t: t.add_ticket(ticket()))
    assert count(sqlite_store) == 1


def test_a_file_that_was_replaced_is_not_written_to(sqlite_store: SqlStore, sqlite_path: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_path, tmp_path / "copy.db")
    (tmp_path / "copy.db").replace(sqlite_path)
    with pytest.raises(StoreUnavailable) as refused:
        sqlite_store.write(lambda t: t.add_ticket(ticket()))
    assert str(refused.value) == (
        f"{sqlite_path}: the database file was replaced by another one while it was in use; "
        "restart oncall to use the new one"
    )


def test_a_folder_that_cannot_be_created_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, not a folder")
    path = tmp_path / "data" / "oncall.db"
    with pytest.raises(StoreUnavailable) as refused:
        open_store(f"sqlite:///{path}")
    assert str(refused.value) == (
        f"{path}: the database cannot be created (File exists); "
        "name a folder where you may write in ONCALL_DATABASE_URL"
    )


def test_a_folder_in_place_of_the_file_is_refused(sqlite_path: Path) -> None:
    sqlite_path.mkdir(parents=True)
    with pytest.raises(StoreUnavailable) as refused:
        open_store(f"sqlite:///{sqlite_path}")
    assert str(refused.value) == (
        f"{sqlite_path}: the database cannot be opened; check that its folder exists and that you may write there"
    )


def test_a_damaged_database_is_reported(sqlite_path: Path) -> None:
    with open_store(f"sqlite:///{sqlite_path}") as store:
        store.write(lambda t: t.add_ticket(ticket()))
    content = bytearray(sqlite_path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    sqlite_path.write_bytes(content)
    with pytest.raises(StoreUnavailable) as refused:
        open_store(f"sqlite:///{sqlite_path}")
    assert str(refused.value) == f"{sqlite_path}: the database is damaged; restore it from a backup"


def test_only_their_owner_may_read_the_file_and_its_folder(sqlite_store: SqlStore, sqlite_path: Path) -> None:
    sqlite_store.write(lambda t: t.add_ticket(ticket()))
    modes = {path.name: path.stat().st_mode & 0o777 for path in (sqlite_path.parent, *sqlite_path.parent.iterdir())}
    assert modes == {"data": 0o700, "oncall.db": 0o600, "oncall.db-wal": 0o600, "oncall.db-shm": 0o600}


def test_an_unreachable_server_is_named_without_the_password() -> None:
    with pytest.raises(StoreUnavailable) as refused:
        open_store("postgresql://ana:s3cret@127.0.0.1:1/oncall")
    assert str(refused.value) == (
        "postgresql 127.0.0.1:1/oncall: no connection to the database (connection failed: connection to server at "
        '"127.0.0.1", port 1 failed: Connection refused); is it running?'
    )


def cut_all(url: str) -> None:
    """End all other sessions of the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            # With a time-out it waits until the sessions have ended.
            "SELECT pg_terminate_backend(pid, 120000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize("by", ["submit", "write"])
def test_a_pager_that_freezes_in_a_transaction_blocks_the_others_for_seconds_only(postgres_url: str, by: str) -> None:
    """A machine without power or network, or asleep, looks like this. When it wakes, its work runs again."""
    address = address_of(postgres_url)
    assert isinstance(address, PostgresAddress)
    try_lock_send_queue, wakes, tries = threading.Event(), threading.Event(), itertools.count(1)

    def standing_still(t: Transaction) -> int:
        t.lock_send_queue()
        done = next(tries)
        if done == 1:
            try_lock_send_queue.set()
            assert wakes.wait(60)
        t.beat("asleep", real_now=NOW, channel="outbox")
        return done

    with (
        PostgresStore(address, idle_seconds=0.2) as asleep,
        open_store(postgres_url) as awake,
        ThreadPoolExecutor(1) as thread,
    ):
        sleeping = asleep.submit(standing_still) if by == "submit" else thread.submit(asleep.write, standing_still)
        assert try_lock_send_queue.wait(60)
        awake.submit(lambda t: t.lock_send_queue()).result(60)
        assert not sleeping.done()
        wakes.set()
        # On a slow machine the second try may be cut, too.
        assert sleeping.result(60) > 1
        assert awake.read(lambda t: t.last_beat()) == (NOW, "outbox")


def test_a_connection_that_is_cut_between_two_writes_is_replaced(postgres_store: SqlStore, postgres_url: str) -> None:
    postgres_store.write(lambda t: t.add_ticket(ticket("T-1")))
    cut_all(postgres_url)
    postgres_store.write(lambda t: t.add_ticket(ticket("T-2")))
    cut_all(postgres_url)
    assert count(postgres_store) == 2


def test_work_whose_connection_is_cut_runs_again(postgres_store: SqlStore, postgres_url: str) -> None:
    tries = []

    def work(t: Transaction) -> None:
        tries.append(t)
        t.add_ticket(ticket())
        if len(tries) == 1:
            cut_all(postgres_url)

    postgres_store.write(work)
    assert (len(tries), count(postgres_store)) == (2, 1)


def test_work_whose_connection_is_always_cut_fails(postgres_store: SqlStore, postgres_url: str) -> None:
    def work(t: Transaction) -> None:
        t.next_due_at()
        cut_all(postgres_url)
        t.next_due_at()

    with pytest.raises(StoreUnavailable) as refused:
        postgres_store.write(work)
    assert str(refused.value).endswith(": the database cannot answer now (AdminShutdown, SQLSTATE 57P01); try again")


def test_a_connection_that_is_cut_at_the_commit_is_reported_as_unknown(
    postgres_store: SqlStore, postgres_url: str
) -> None:
    def work(t: Transaction) -> None:
        t.beat("me", real_now=NOW, channel="outbox")
        cut_all(postgres_url)

    with pytest.raises(StoreInDoubt) as refused:
        postgres_store.write(work)
    assert str(refused.value).endswith(
        ": the connection was cut while a change was being stored; check whether it is stored before you try again"
    )


def test_a_listener_whose_connection_is_cut_reconnects(postgres_store: SqlStore, postgres_url: str) -> None:
    assert postgres_store.wait_for_change(120)
    cut_all(postgres_url)
    assert not postgres_store.wait_for_change(0.1)
    assert postgres_store.wait_for_change(120)
    postgres_store.write(lambda t: t.add_ticket(ticket()))
    assert postgres_store.wait_for_change(120)


def test_a_time_that_is_not_utc_raises_value_error(store: SqlStore) -> None:
    tries: list[Transaction] = []

    def work(t: Transaction) -> None:
        tries.append(t)
        t.add_ticket(ticket(due_at=NOW.replace(tzinfo=None)))

    with pytest.raises(
        ValueError, match=r"^a stored time needs datetime.UTC, got datetime.datetime\(2027, 1, 9, 8, 12\)$"
    ):
        store.write(work)
    assert (len(tries), count(store)) == (1, 0)


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Return everything that the program logs, from before the store is opened."""
    caplog.set_level("DEBUG")
    return caplog


def test_no_error_and_no_log_shows_a_phone_number_or_a_text(logs: pytest.LogCaptureFixture, store: SqlStore) -> None:
    store.write(lambda t: t.add_ticket(ticket()))
    store.write(lambda t: t.add_attempts([attempt(body=f"call {PHONE}")]))
    store.write(lambda t: t.add_version(publication()))
    store.read(lambda t: (t.schedule(), t.attempts("T-1")))
    with pytest.raises(Conflict) as same_attempt:
        store.write(lambda t: t.add_attempts([attempt(body=f"call {PHONE}", error=PHONE)]))
    with pytest.raises(Conflict) as no_ticket:
        store.write(lambda t: t.append([event("T-9", why=f"call {PHONE}")]))
    with pytest.raises(ValueError, match="a stored time needs") as no_utc:
        store.write(lambda t: t.add_attempts([attempt("a-2", body=PHONE, deadline=NOW.replace(tzinfo=None))]))
    for refused in (same_attempt, no_ticket, no_utc):
        assert PHONE not in "".join(traceback.format_exception(refused.value))
    assert PHONE not in logs.text
