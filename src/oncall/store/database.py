"""The front door of the store: an address in, a store with up-to-date tables out."""

from __future__ import annotations

from oncall.store.address import SqliteAddress, address_of
from oncall.store.sql_store import SqlStore


def open_store(url: str) -> SqlStore:
    """Open the database at `url` (`sqlite:////abs/path`, `sqlite:///rel`, `postgresql://...`).

    An empty database is given its tables, and a SQLite file and its folder are made when they are not there. Raises
    SettingsError for an address that cannot be read, WrongSchema for a database of another version or program, and
    StoreUnavailable when it cannot be reached.
    """
    address = address_of(url)
    # Only the driver that is needed is loaded.
    if isinstance(address, SqliteAddress):
        from oncall.store.sqlite import SqliteStore

        return SqliteStore(address)
    from oncall.store.postgres import PostgresStore

    return PostgresStore(address)


def migrate(url: str) -> None:
    """Make the tables at `url`, or bring older ones up to date; does nothing when they are. Raises as `open_store`."""
    address = address_of(url)
    if isinstance(address, SqliteAddress):
        from oncall.store import sqlite

        sqlite.migrate(address)
    else:
        from oncall.store import postgres

        postgres.migrate(address)
