"""Opens the store at an address, with the tables of this version."""

from __future__ import annotations

from oncall.store.address import SqliteAddress, address_of
from oncall.store.sql_store import SqlStore


def open_store(url: str) -> SqlStore:
    """Open the database at `url` (`sqlite:////abs/path`, `sqlite:///rel`, `postgresql://...`).

    Creates the tables in an empty database, and a SQLite file with its folder if they do not exist. Raises
    SettingsError for an address that cannot be read, WrongSchema for a database of another version or program, and
    StoreUnavailable if the database cannot be reached.
    """
    address = address_of(url)
    # Import only the driver that is needed.
    if isinstance(address, SqliteAddress):
        from oncall.store.sqlite import SqliteStore

        return SqliteStore(address)
    from oncall.store.postgres import PostgresStore

    return PostgresStore(address)


def migrate(url: str) -> None:
    """Create the tables at `url`, or update those of an older version. Raises the same errors as `open_store`."""
    address = address_of(url)
    if isinstance(address, SqliteAddress):
        from oncall.store import sqlite

        sqlite.migrate(address)
    else:
        from oncall.store import postgres

        postgres.migrate(address)
