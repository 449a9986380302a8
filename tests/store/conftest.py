"""A store on each database: a SQLite file, the PostgreSQL that a Python package brings, and Debian's PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from doubles.postgres_servers import bundled_server, debian_server, new_database, stop_syncing
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore
from tests.memory_files import folder_for_databases
from tests.store.examples import adding, ticket
from tests.store.migrated_databases import migrated_template, write_migrated_file

DEBIAN = pytest.param("debian", marks=pytest.mark.system_packages)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server that runs as long as the session."""
    with bundled_server(folder_for_databases()) as server:
        stop_syncing(server.url)
        yield server.url


@pytest.fixture(scope="session")
def debian_postgres_server() -> Iterator[str]:
    """The address of Debian's server, which runs as long as the session."""
    with debian_server(folder_for_databases()) as url:
        stop_syncing(url)
        yield url


@pytest.fixture(params=["postgres", DEBIAN])
def empty_postgres(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a PostgreSQL database without tables, dropped after the test."""
    with new_database(_server(request)) as address:
        yield address


@pytest.fixture(params=["postgres", DEBIAN])
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a PostgreSQL database with all tables and no rows, dropped after the test."""
    server = _server(request)
    with new_database(server, template=migrated_template(server)) as address:
        yield address


@pytest.fixture
def sqlite_path(tmp_path: Path) -> Path:
    """The path of a SQLite database that does not exist yet."""
    return tmp_path / "data" / "oncall.db"


@pytest.fixture(params=["sqlite", "postgres", DEBIAN])
def empty_url(request: pytest.FixtureRequest, sqlite_path: Path) -> Iterator[str]:
    """The address of a database without tables, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{sqlite_path}"
    else:
        with new_database(_server(request)) as address:
            yield address


@pytest.fixture(params=["sqlite", "postgres", DEBIAN])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with all tables and no rows, of each kind in turn."""
    with _migrated(request, tmp_path / "oncall.db") as address:
        yield address


@pytest.fixture
def second_url(url: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of another such database, of the same kind as `url`."""
    with _migrated(request, tmp_path / "second.db", kind=request.node.callspec.params["url"]) as address:
        yield address


@contextmanager
def _migrated(request: pytest.FixtureRequest, path: Path, *, kind: str | None = None) -> Iterator[str]:
    kind = kind or request.param
    if kind == "sqlite":
        write_migrated_file(path)
        yield f"sqlite:///{path}"
    else:
        server = _server(request, kind)
        with new_database(server, template=migrated_template(server)) as address:
            yield address


def _server(request: pytest.FixtureRequest, kind: str | None = None) -> str:
    name = "debian_postgres_server" if (kind or request.param) == "debian" else "postgres_server"
    address: str = request.getfixturevalue(name)
    return address


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """A store with its tables and nothing in them."""
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def sqlite_store(sqlite_path: Path) -> Iterator[SqlStore]:
    """A store in a SQLite file that it has created."""
    with open_store(f"sqlite:///{sqlite_path}") as opened:
        yield opened


@pytest.fixture
def postgres_store(postgres_url: str) -> Iterator[SqlStore]:
    """A store in PostgreSQL."""
    with open_store(postgres_url) as opened:
        yield opened


@pytest.fixture
def filled(store: SqlStore) -> SqlStore:
    """A store with tickets T-1 and T-2."""
    store.write(adding(ticket("T-1"), ticket("T-2")))
    return store
