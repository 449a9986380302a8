"""A disk that fills up."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
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


_FILES = 500
"""Temporary files of one session that find no room."""
_LOOK_EVERY_SECONDS = 0.02
"""How often (real time) new sessions are looked for."""


@contextmanager
def full_server_disk(url: str) -> Iterator[None]:
    """Inside the context, no session of this PostgreSQL database finds room for a temporary file.

    A session numbers its files from 0. The names that it will use lead to `/dev/full`, which the kernel refuses to
    write as it refuses a full disk. Rows still fit in the pages that the tables have. A session that begins inside the
    context is found a moment later.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        (data,) = connection.execute("SHOW data_directory").fetchone() or ("",)
        base = Path(data) / "base"
        folder = base / "pgsql_tmp"
        folder.mkdir(exist_ok=True)
        os.chown(folder, base.stat().st_uid, base.stat().st_gid)
        files: dict[int, list[Path]] = {}
        _fill(connection, folder, files)
        is_over = threading.Event()
        watch = threading.Thread(target=_fill_for_new_sessions, args=(connection, folder, files, is_over))
        watch.start()
        try:
            yield
        finally:
            is_over.set()
            watch.join()
            for file in chain.from_iterable(files.values()):
                file.unlink(missing_ok=True)


def _fill_for_new_sessions(
    connection: psycopg.Connection[Any], folder: Path, files: dict[int, list[Path]], is_over: threading.Event
) -> None:
    while not is_over.wait(_LOOK_EVERY_SECONDS):
        _fill(connection, folder, files)


def _fill(connection: psycopg.Connection[Any], folder: Path, files: dict[int, list[Path]]) -> None:
    """Leave no room to each session that `files` does not list yet by its process."""
    found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database()").fetchall()
    for (pid,) in found:
        if pid not in files:
            files[pid] = [folder / f"pgsql_tmp{pid}.{number}" for number in range(_FILES)]
            for file in files[pid]:
                file.symlink_to("/dev/full")
