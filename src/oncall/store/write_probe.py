"""Proves that a database can be written: stores a small row and removes it again, in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, text
from sqlalchemy.exc import OperationalError

from oncall.store.tables import attempts, events, pagers, tickets

LOCK_SECONDS = 1.0
"""How long (real seconds) the probe waits for a lock. On SQLite, no other write of this process can begin meanwhile."""
_ROW = {"worker": "write probe", "at": datetime(1970, 1, 1, tzinfo=UTC)}
_PADDING = "x" * 32_768
"""The content of the row: more than a ticket needs, so that the probe fails as soon as a ticket may not fit.

Because the row is removed in the same transaction, hardly anything of it is written to the disk.
"""
_LOCK_TABLES = text(f"LOCK TABLE {tickets.name}, {events.name}, {attempts.name} IN ROW EXCLUSIVE MODE")
"""Takes the lock that every write to these tables takes.

It does not conflict with other writes, only with LOCK TABLE.
"""


def probe_sqlite(connection: Connection) -> None:
    """Write and remove the row in the open transaction. Raises the driver's error if that fails."""
    connection.execute(insert(pagers), _ROW | {"channel": _PADDING})
    connection.execute(delete(pagers).where(pagers.c.worker == _ROW["worker"]))


_NO_FILE_ALLOWED = "53400"
"""PostgreSQL's code for a file above `temp_file_limit`."""
_SMALL_MEMORY = "SET LOCAL work_mem = '64kB'"
_TEMPORARY_FILE = text("SELECT count(*) FROM generate_series(1, 5000)")
"""Makes PostgreSQL write a temporary file of about 70 KB, more than a ticket needs, and remove it.

On a full disk the row still fits into the table's file, but this file does not. It causes no write-ahead log."""


def probe_postgres(connection: Connection) -> None:
    """Write and remove the row in the open transaction. Raises the driver's error if that fails.

    It also fails if another program locks the pager's tables, or if the server's disk has no room.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(LOCK_SECONDS * 1000)}")
    connection.execute(_LOCK_TABLES)
    # Each worker adds a row of its own: with a shared row, workers that probe at once would wait for each other.
    name = connection.execute(text("SELECT 'write probe ' || pg_backend_pid()")).scalar_one()
    connection.execute(insert(pagers), _ROW | {"worker": name, "channel": ""})
    connection.execute(delete(pagers).where(pagers.c.worker == name))
    _expect_room(connection)


def _expect_room(connection: Connection) -> None:
    """Raise the driver's error if the server's disk has no room. Skip this if the server allows no temporary file."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(_SMALL_MEMORY)
            connection.execute(_TEMPORARY_FILE)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _NO_FILE_ALLOWED:
            raise
