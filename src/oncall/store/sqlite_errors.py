"""SQLite's errors as sentences with a mend. Loads nothing but the standard library."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from oncall.errors import StoreUnavailable

_SENTENCES: dict[int, str] = {
    sqlite3.SQLITE_BUSY: "the database is locked by another program; it will work once that one is done",
    sqlite3.SQLITE_LOCKED: "the database is locked by another program; it will work once that one is done",
    sqlite3.SQLITE_FULL: "the disk is full; nothing was stored, make room and try again",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened; check that its folder exists and that you may write there",
    sqlite3.SQLITE_READONLY: "the database may not be written; check the owner and mode of the file and its folder",
    sqlite3.SQLITE_PERM: "the database may not be read; check the owner and mode of the file",
    sqlite3.SQLITE_AUTH: "the database may not be read; check the owner and mode of the file",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write the database; check the disk and its free space",
    sqlite3.SQLITE_NOTADB: "the file is not a database; name another one in ONCALL_DATABASE_URL",
    sqlite3.SQLITE_CORRUPT: "the database is damaged; restore it from a backup",
}


def unavailable(error: sqlite3.Error, path: Path) -> StoreUnavailable:
    """What to raise in place of the driver's `error` about the database file at `path`."""
    # The low byte is the kind; the others say more than a sentence needs.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return StoreUnavailable(f"{path}: {_SENTENCES.get(code, f'the database cannot answer ({error})')}")
