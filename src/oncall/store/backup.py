"""Copies the SQLite database while other processes use it."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from oncall.errors import Refused, StoreUnavailable
from oncall.store.address import PostgresAddress, SqliteAddress, address_of
from oncall.store.sqlite_errors import unavailable
from oncall.store.sqlite_file import PRIVATE_MODE, companions, real_path

_BUSY_SECONDS = 5.0


def backup(url: str, target: Path, *, may_replace: bool) -> int:
    """Copy the database, as it is at one moment, to `target` with mode 0600, and check the copy.

    Returns the size of the copy in bytes. The copy appears under its name only when it is complete. Raises Refused if
    the database is in PostgreSQL, or if the target exists (unless `may_replace`), is a file of the database or cannot
    be written. Raises StoreUnavailable if the database cannot be read.
    """
    source = address_of(url)
    if isinstance(source, PostgresAddress):
        raise Refused(f"{source.place}: `oncall backup` copies a SQLite file; back up PostgreSQL with pg_dump")
    if not source.path.exists():
        raise Refused(f"{source.place}: there is no database to back up; check ONCALL_DATABASE_URL")
    _check_target(source, target, may_replace=may_replace)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        _write(source, beside)
        _check_target(source, target, may_replace=may_replace)
        size = beside.stat().st_size
        beside.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise Refused(f"{target}: cannot be written: {error.strerror}; no backup was made") from error
    finally:
        for left in (beside, *companions(beside)):
            with suppress(OSError):
                left.unlink()
    return size


def _check_target(source: SqliteAddress, target: Path, *, may_replace: bool) -> None:
    database = real_path(source)
    lock_file = database.with_name(f"{database.name}.pager")
    wanted = Path(os.path.realpath(target))
    if wanted in (database, *companions(database), lock_file) or _is_same_file(wanted, database):
        raise Refused(f"{target}: is a file of the database itself; name another one")
    if target.is_dir():
        raise Refused(f"{target}: is a folder; name a file in it")
    if os.path.lexists(target) and not may_replace:
        raise Refused(f"{target}: exists already; name another file, or write --force to replace it")


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _write(source: SqliteAddress, target: Path) -> None:
    """Copy the database into a new file and check the copy. Raises OSError and OncallError."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE))
    uri = f"file:{quote(str(source.path))}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS)) as database,
            closing(sqlite3.connect(target)) as copy,
        ):
            # One step: the copy is of one instant, and other processes can write meanwhile.
            database.backup(copy)
            # One file is enough: in the database's own mode the copy would get companions when it is opened.
            copy.execute("PRAGMA journal_mode=DELETE").fetchone()
            ((verdict,),) = copy.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            raise Refused(f"{target}: the disk is full; no backup was made") from error
        raise unavailable(error, source.path) from error
    if verdict != "ok":
        raise StoreUnavailable(f"{source.place}: the database is damaged ({verdict}); no backup was made")


def _sync_folder(folder: Path) -> None:
    """Write the folder's entry to disk, so that the file's new name survives a power cut. Does nothing on Windows."""
    if os.name == "posix":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
