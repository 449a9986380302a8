"""Databases that have all tables and no rows. Copying one saves each test the migrations."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import psycopg

from oncall.store.database import open_store

_TEMPLATE = "oncall_template"


def write_migrated_file(path: Path) -> None:
    """Write a SQLite database to `path`, which must not exist."""
    with path.open("xb") as file:
        file.write(_migrated_file())


@cache
def migrated_template(server_url: str) -> str:
    """Return the name of a database on the server, for `CREATE DATABASE ... TEMPLATE`."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    open_store(server_url.replace("/postgres?", f"/{_TEMPLATE}?")).close()
    return _TEMPLATE


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()
