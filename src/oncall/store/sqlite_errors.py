"""Translates SQLite's errors into messages that say what to do. Imports only the standard library."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from oncall.errors import StoreUnavailable

_SENTENCES: dict[int, str] = {
    sqlite3.SQLITE_BUSY: "another program locks the database; try again when it has finished",
    sqlite3.SQLITE_LOCKED: "another program locks the database; try again when it has finished",
    sqlite3.SQLITE_FULL: "the disk is full and nothing was stored; free some space and try again",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened; check that its folder exists and that you may write there",
    sqlite3.SQLITE_READONLY: "the database may not be written; check the owner and mode of the file and its folder",
    sqlite3.SQLITE_PERM: "the database may not be read; check the owner and mode of the file",
    sqlite3.SQLITE_AUTH: "the database may not be read; check the owner and mode of the file",
    sqlite3.SQLITE_IOERR: "the disk failed while reading or writing the database; check the disk and its free space",
    sqlite3.SQLITE_NOTADB: "the file is not a database; name another one in ONCALL_DATABASE_URL",
    sqlite3.SQLITE_CORRUPT: "the database is damaged; restore it from a backup",
}


def unavailable(error: sqlite3.Error, path: Path) -> StoreUnavailable:
    """Return the error to raise in place of the driver's `error`. path: the database file."""
    # The low byte is the primary code; the rest is detail.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return StoreUnavailable(f"{path}: {_SENTENCES.get(code, f'the database cannot answer ({error})')}")
