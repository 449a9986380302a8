"""The probe that a database can be written: it finds each obstacle, and leaves nothing behind."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from doubles.disk import full_disk, full_server_disk
from oncall.errors import StoreUnavailable
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore

from .examples import NOW, ticket


def test_a_store_that_can_be_written_proves_it_and_keeps_no_trace(store: SqlStore) -> None:
    store.write(lambda t: t.beat("me", real_now=NOW, channel="outbox"))
    for _ in range(3):
        store.prove_writable()
    assert store.read(lambda t: t.last_beat()) == (NOW, "outbox")


def test_the_proof_makes_a_file_grow_only_once(sqlite_store: SqlStore, sqlite_path: Path) -> None:
    def pages() -> int:
        with closing(sqlite3.connect(sqlite_path)) as connection:
            (number,) = connection.execute("PRAGMA page_count").fetchone()
            return int(number)

    sqlite_store.prove_writable()
    before = pages()
    for _ in range(20):
        sqlite_store.prove_writable()
    assert pages() == before


def test_a_closed_store_proves_nothing(store: SqlStore) -> None:
    store.close()
    with pytest.raises(StoreUnavailable, match="the store is closed"):
        store.prove_writable()


def expect_unwritable(store: SqlStore, words: str) -> None:
    with pytest.raises(StoreUnavailable) as refused:
        store.prove_writable()
    assert str(refused.value).endswith(f": {words}")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_file_that_another_program_locks(sqlite_store: SqlStore, sqlite_path: Path) -> None:
    with locked(sqlite_path):
        expect_unwritable(sqlite_store, "another program locks the database; try again when it has finished")
    sqlite_store.prove_writable()


def test_a_disk_that_is_full_although_an_old_row_can_still_be_changed(sqlite_path: Path) -> None:
    open_store(f"sqlite:///{sqlite_path}").close()
    with full_disk(spare_pages=2), open_store(f"sqlite:///{sqlite_path}") as store:
        store.write(lambda t: t.beat("me", real_now=NOW, channel="outbox"))
        expect_unwritable(store, "the disk is full and nothing was stored; free some space and try again")
        store.write(lambda t: t.beat("me", real_now=NOW, channel="outbox"))
    with open_store(f"sqlite:///{sqlite_path}") as store:
        store.prove_writable()


def test_a_file_that_only_allows_reading(sqlite_path: Path) -> None:
    """Root may write any file, so the connections are told that they may not, as SQLite does on a read-only disk."""
    open_store(f"sqlite:///{sqlite_path}").close()
    with open_store(f"sqlite:///{sqlite_path}") as store:
        with closing(store._writer.raw_connection()) as connection:  # type: ignore[attr-defined]
            connection.execute("PRAGMA query_only=ON")
        expect_unwritable(store, "the database may not be written; check the owner and mode of the file and its folder")


def test_a_file_that_is_gone(sqlite_store: SqlStore, sqlite_path: Path, tmp_path: Path) -> None:
    sqlite_path.rename(tmp_path / "away.db")
    with pytest.raises(StoreUnavailable, match="the database file is gone"):
        sqlite_store.prove_writable()
    (tmp_path / "away.db").rename(sqlite_path)
    sqlite_store.prove_writable()


def test_a_postgresql_that_only_allows_reading(postgres_store: SqlStore, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        end_others(connection)
        expect_unwritable(
            postgres_store,
            "the database only allows reading (ReadOnlySqlTransaction, SQLSTATE 25006); "
            "connect to the primary server, or allow writing",
        )
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        end_others(connection)
    postgres_store.prove_writable()


def test_a_postgresql_whose_disk_is_full_although_a_row_still_fits(postgres_store: SqlStore, postgres_url: str) -> None:
    postgres_store.write(lambda t: t.beat("me", real_now=NOW, channel="outbox"))
    with full_server_disk(postgres_url):
        expect_unwritable(
            postgres_store,
            "the server's disk is full and nothing was stored (DiskFull, SQLSTATE 53100); "
            "free some space there and try again",
        )
        postgres_store.write(lambda t: t.beat("me", real_now=NOW, channel="outbox"))
    postgres_store.prove_writable()


def test_a_postgresql_that_allows_no_temporary_files_can_be_written(
    postgres_store: SqlStore, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {connection.info.dbname} SET temp_file_limit = 0")
        end_others(connection)
    postgres_store.prove_writable()


def end_others(connection: psycopg.Connection) -> None:
    """End all other sessions, which keep the settings that they began with."""
    connection.execute(
        "SELECT pg_terminate_backend(pid, 120000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@pytest.mark.slow
@pytest.mark.parametrize("table", ["tickets", "events", "attempts", "pagers"])
def test_a_table_that_another_program_locks(postgres_store: SqlStore, postgres_url: str, table: str) -> None:
    with psycopg.connect(postgres_url) as other:
        other.execute(f"LOCK TABLE {table} IN SHARE MODE")
        expect_unwritable(
            postgres_store, "the database cannot answer now (LockNotAvailable, SQLSTATE 55P03); try again"
        )
        other.rollback()
    postgres_store.prove_writable()


def test_rows_that_a_pager_changes_do_not_disturb_the_proof_nor_the_proof_them(
    postgres_store: SqlStore, postgres_url: str
) -> None:
    def change(t: Transaction) -> None:
        t.add_ticket(ticket())
        t.beat("me", real_now=NOW, channel="outbox")
        other.prove_writable()

    with open_store(postgres_url) as other:
        postgres_store.write(change)
