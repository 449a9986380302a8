"""Where tests keep their databases: in memory, as a commit to a disk waits longer than the rest of a test takes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2**30
"""A container may have only a little of such memory."""


def folder_for_databases() -> Path:
    """Return the folder of files in memory if the machine has one that is large enough, and `/tmp` if not."""
    return _MEMORY if _MEMORY.is_dir() and _serves(_MEMORY) else Path("/tmp")


def _serves(folder: Path) -> bool:
    """Return True if the folder has room, and if programs that a test writes may run there."""
    may_run = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    return may_run and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _ENOUGH_BYTES
