"""The file of a SQLite database. Only its owner may read it, because it contains phone numbers."""

from __future__ import annotations

import logging
import os
import stat
from contextlib import suppress
from pathlib import Path

from oncall.errors import StoreUnavailable
from oncall.store.address import SqliteAddress

PRIVATE_MODE = 0o600
_COMPANIONS = ("-wal", "-shm", "-journal")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

_log = logging.getLogger("oncall.store")


def make_private_file(address: SqliteAddress) -> None:
    """Create the folder and the file if they do not exist, and let only the owner read and write the file.

    If an existing file has another mode, its mode becomes 0600, with a line in the log. Raises StoreUnavailable if the
    file cannot be created.
    """
    path = real_path(address)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            # An existing file is not opened: closing it here would drop the locks of this process's connections.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_MODE))
            return
    except OSError as error:
        raise StoreUnavailable(
            f"{address.place}: the database cannot be created ({error.strerror}); "
            "name a folder where you may write in ONCALL_DATABASE_URL"
        ) from error
    for file in (path, *companions(path)):
        make_private(file)


def real_path(address: SqliteAddress) -> Path:
    """Return the path of the file after its links are resolved. SQLite keeps its companion files beside this path."""
    return Path(os.path.realpath(address.path))


def companions(path: Path) -> list[Path]:
    """Return the paths of the files that SQLite keeps beside the database at `path`. They contain parts of its rows."""
    return [path.with_name(path.name + ending) for ending in _COMPANIONS]


def make_private(path: Path) -> None:
    """Let only the owner read and write the file, with a line in the log. Does nothing on Windows.

    A file of another user keeps its mode, with a warning, so that a pager that can work does not stop.
    """
    if os.name != "posix":
        return
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) or not mode & _OTHERS:
            return
        path.chmod(PRIVATE_MODE)
    except FileNotFoundError:
        return
    except OSError as error:
        _log.warning("%s: others may read this file (%s); run: chmod 600 %s", path, error.strerror, path)
    else:
        _log.warning("%s: others could read this file; its mode was %03o and is 600 now", path, stat.S_IMODE(mode))


def identity(address: SqliteAddress) -> tuple[int, int]:
    """Return the device and the inode of the file, which identify it under any name.

    Raises StoreUnavailable if the file does not exist.
    """
    try:
        found = address.path.stat()
    except OSError as error:
        raise StoreUnavailable(
            f"{address.place}: the database file is gone ({error.strerror}); put it back and try again"
        ) from error
    return found.st_dev, found.st_ino
