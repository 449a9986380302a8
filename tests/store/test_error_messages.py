"""Each known error of a driver has its message; any other error is at least named."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import exc

from oncall.errors import OncallError, StoreError, StoreUnavailable
from oncall.store.address import PostgresAddress
from oncall.store.postgres_errors import translated
from oncall.store.sqlite_errors import unavailable

from .examples import PHONE

LOCKED = "another program locks the database; try again when it has finished"
UNREADABLE = "the database may not be read; check the owner and mode of the file"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (sqlite3.SQLITE_BUSY, LOCKED),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, LOCKED),
        (sqlite3.SQLITE_LOCKED, LOCKED),
        (sqlite3.SQLITE_FULL, "the disk is full and nothing was stored; free some space and try again"),
        (
            sqlite3.SQLITE_CANTOPEN,
            "the database cannot be opened; check that its folder exists and that you may write there",
        ),
        (
            sqlite3.SQLITE_READONLY,
            "the database may not be written; check the owner and mode of the file and its folder",
        ),
        (sqlite3.SQLITE_PERM, UNREADABLE),
        (sqlite3.SQLITE_AUTH, UNREADABLE),
        (
            sqlite3.SQLITE_IOERR_WRITE,
            "the disk failed while reading or writing the database; check the disk and its free space",
        ),
        (sqlite3.SQLITE_NOTADB, "the file is not a database; name another one in ONCALL_DATABASE_URL"),
        (sqlite3.SQLITE_CORRUPT, "the database is damaged; restore it from a backup"),
        (sqlite3.SQLITE_ERROR, "the database cannot answer (no such table: tickets)"),
    ],
)
def test_sqlite_errors_become_messages(code: int, sentence: str) -> None:
    error = sqlite3.OperationalError("no such table: tickets")
    error.sqlite_errorcode = code
    assert str(unavailable(error, Path("/data/oncall.db"))) == f"/data/oncall.db: {sentence}"


def wrapped(error: psycopg.Error) -> exc.DBAPIError:
    return exc.DBAPIError("INSERT", {"body": PHONE}, error, hide_parameters=True)


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (
            psycopg.errors.DiskFull(f"no room for {PHONE}"),
            StoreUnavailable,
            "the server's disk is full and nothing was stored (DiskFull, SQLSTATE 53100); "
            "free some space there and try again",
        ),
        (
            psycopg.errors.UndefinedTable(f"no table {PHONE}"),
            StoreError,
            "the database refused a query (UndefinedTable, SQLSTATE 42P01); is the schema damaged?",
        ),
        (
            psycopg.DataError(f"no NUL in {PHONE}"),
            StoreError,
            "the database does not take this value (DataError)",
        ),
        (
            psycopg.OperationalError("connection to db failed: s3cret is wrong\nand more"),
            StoreUnavailable,
            "no connection to the database (connection to db failed: *** is wrong); is it running?",
        ),
    ],
)
def test_postgresql_errors_become_messages(error: psycopg.Error, kind: type[OncallError], sentence: str) -> None:
    address = PostgresAddress("postgresql+psycopg://ana:s3cret@db/oncall", "postgresql db/oncall", "s3cret")
    said = translated(wrapped(error), address)
    assert type(said) is kind
    assert str(said) == f"postgresql db/oncall: {sentence}"


def test_a_pool_without_a_free_connection_means_too_many_requests() -> None:
    address = PostgresAddress("postgresql+psycopg://db/oncall", "postgresql db/oncall", None)
    assert str(translated(exc.TimeoutError("pool"), address)) == (
        "postgresql db/oncall: too many requests are waiting for the database; try again"
    )
