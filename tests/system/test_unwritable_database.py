"""Real processes with a read-only database: an operator is told within 30 seconds."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path

import httpx
import psycopg
import pytest

from bench.victims import Process, environment, publish
from doubles.disk import full_server_disk
from doubles.loopback import free_port
from doubles.postgres_servers import BundledServer
from doubles.twilio import TwilioDouble
from tests.system.listener import Listener

SOON_SECONDS = 30.0
LATE = 5.0
"""What a busy machine adds to the half minute that is promised."""
LOCKED = "another program locks the database; try again when it has finished"
READ_ONLY = (
    "the database only allows reading (ReadOnlySqlTransaction, SQLSTATE 25006); "
    "connect to the primary server, or allow writing"
)
DISK_FULL = (
    "the server's disk is full and nothing was stored (DiskFull, SQLSTATE 53100); free some space there and try again"
)
TABLE_LOCKED = "the database cannot answer now (LockNotAvailable, SQLSTATE 55P03); try again"
Fault = Callable[[str], AbstractContextManager[None]]


@contextmanager
def locked_file(url: str) -> Iterator[None]:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def only_reading(url: str) -> Iterator[None]:
    """Make new sessions read-only, as on a standby, and end all old ones."""
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        _end_others(connection)
        yield
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        _end_others(connection)


@contextmanager
def locked_table(url: str) -> Iterator[None]:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE tickets IN SHARE MODE")
        yield
        other.rollback()


def _end_others(connection: psycopg.Connection) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid, 120000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@contextmanager
def standby(server: BundledServer) -> Iterator[None]:
    """Make the server a standby, which only reads, and promote it at the end."""
    (server.data / "standby.signal").touch()
    server.control("-m", "fast", "restart")
    yield
    server.control("promote")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database", "fault", "reason"),
    [
        ("sqlite", locked_file, LOCKED),
        ("postgresql", only_reading, READ_ONLY),
        ("postgresql", locked_table, TABLE_LOCKED),
        ("postgresql", full_server_disk, DISK_FULL),
    ],
)
def test_a_database_that_cannot_be_written_raises_the_alarm_and_turns_readyz_red_until_it_can(
    database: str, fault: Fault, reason: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    is_file = database == "sqlite"
    url = f"sqlite:///{tmp_path}/oncall.db" if is_file else str(request.getfixturevalue("empty_postgres"))
    expect_alarm_and_all_clear(tmp_path, url, partial(fault, url), reason)


@pytest.mark.slow
def test_a_primary_that_becomes_a_standby_raises_the_alarm_and_turns_readyz_red_until_it_is_promoted(
    tmp_path: Path, server: BundledServer
) -> None:
    expect_alarm_and_all_clear(tmp_path, server.url, partial(standby, server), READ_ONLY)


def expect_alarm_and_all_clear(
    folder: Path, url: str, fault: Callable[[], AbstractContextManager[None]], reason: str
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with TwilioDouble() as twilio, Listener() as operator:
        settings = environment(url, twilio) | {"ONCALL_ALARM_URL": operator.url}
        publish(folder, settings)
        service = Process(["serve", "--port", str(port)], settings, folder / "serve.log", address)
        service.start()
        try:
            until(lambda: is_ready(address), SOON_SECONDS)
            with fault():
                operator.wait(posted=1, seconds=SOON_SECONDS + LATE)
                assert not is_ready(address)
            operator.wait(posted=2, seconds=SOON_SECONDS + LATE)
            until(lambda: is_ready(address), SOON_SECONDS)
        finally:
            service.stop()
    unwritable, writable = operator.posted
    assert unwritable["alarm"] == "database_unwritable"
    head, _, tail = unwritable["text"].partition(": tickets are refused and nobody can be paged. Reason: ")
    assert head.startswith("the database could not be written for 1")
    assert tail.endswith(f": {reason}")
    assert writable["alarm"] == "database_writable"
    assert writable["text"].startswith("the database can be written again, after ")


def is_ready(address: str) -> bool:
    return httpx.get(f"{address}/readyz", timeout=30).status_code == 200


def until(claim: Callable[[], bool], seconds: float) -> None:
    """Ask again until the claim holds. Each question is one request."""
    ends_at = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < ends_at, "it did not come true in time"
