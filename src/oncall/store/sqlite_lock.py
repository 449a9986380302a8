"""The lock that lets only one pager use a SQLite file, by whatever name or link it opens the file."""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from oncall.errors import Refused
from oncall.store.address import SqliteAddress
from oncall.store.sqlite_file import PRIVATE_MODE, make_private, make_private_file, real_path

_LOCKED_BYTE = 1 << 62
"""Position of the locked byte: far beyond the database's content and the bytes that SQLite itself locks."""
_HELD = (errno.EAGAIN, errno.EACCES)


@contextmanager
def only_pager_of(address: SqliteAddress) -> Iterator[None]:
    """Hold the pager lock of the file inside the `with` block. Creates the file if it does not exist.

    Raises Refused if another process has the lock, and StoreUnavailable if the database cannot be created.
    """
    make_private_file(address)
    with ExitStack() as held:
        if not hold_pager_lock(address, held):
            raise Refused(
                f"another `oncall serve` is running on {address.place}; "
                "a SQLite file serves one, PostgreSQL serves many"
            )
        yield


def hold_pager_lock(address: SqliteAddress, held: ExitStack) -> bool:
    """Take the pager lock of the file and keep it until `held` is closed. Returns False if another process has it.

    It consists of two locks: a file `oncall.db.pager` beside the database, after links are resolved, and, on Linux, a
    byte of the database, which all its hard links share. Raises Refused if the lock file cannot be opened.
    """
    real = real_path(address)
    return _hold_lock_file(real.with_name(f"{real.name}.pager"), held) and _hold_byte(real, held)


def _hold_lock_file(path: Path, held: ExitStack) -> bool:
    """Lock the file at `path` until `held` is closed. Returns False if another process has locked it."""
    lock = FileLock(path, mode=PRIVATE_MODE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    except OSError as error:
        raise Refused(
            f"{path}: the pager's lock file cannot be opened ({error.strerror}); delete it or correct its folder"
        ) from error
    held.callback(lock.release)
    make_private(path)
    return True


def _hold_byte(path: Path, held: ExitStack) -> bool:
    """Lock one byte of the file at `path` until `held` is closed. Returns False if another process has locked it.

    Does nothing and returns True on systems other than Linux.
    """
    if sys.platform != "linux":
        return True
    import fcntl

    # Closing the file drops the process's SQLite locks, so it stays open for as long as the pager runs.
    file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    held.callback(os.close, file)
    # The kernel's `struct flock`: type, whence, start, length, process.
    wanted = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, _LOCKED_BYTE, 1, 0)
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, wanted)
    except OSError as error:
        # Some network file systems have no such locks; there the lock file works alone.
        return error.errno not in _HELD
    return True
