"""A disk that fills up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.pool import Pool


@contextmanager
def full_disk(spare_pages: int) -> Iterator[None]:
    """Inside the context, new SQLite connections may let their database grow only by this many pages (4 KiB each)."""

    def limit(connection: Any, _: Any) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + spare_pages}")

    event.listen(Pool, "connect", limit)
    try:
        yield
    finally:
        event.remove(Pool, "connect", limit)


_FILES = 50
"""Temporary files of one session that find no room."""


@contextmanager
def full_server_disk(url: str) -> Iterator[None]:
    """Inside the context, no open session of this PostgreSQL database finds room for a temporary file.

    A session numbers its files from 0. The names that it will use lead to `/dev/full`, which the kernel refuses to
    write as it refuses a full disk. Rows still fit in the pages that the tables have.
    """
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()").fetchall()
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
    base = Path(data) / "base"
    folder = base / "pgsql_tmp"
    folder.mkdir(exist_ok=True)
    os.chown(folder, base.stat().st_uid, base.stat().st_gid)
    files = [folder / f"pgsql_tmp{pid}.{number}" for (pid,) in found for number in range(_FILES)]
    for file in files:
        file.symlink_to("/dev/full")
    try:
        yield
    finally:
        for file in files:
            file.unlink(missing_ok=True)
