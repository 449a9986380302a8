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
    has_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES
    return _MEMORY if has_memory else Path("/tmp")
