"""An empty SQLite database with all its tables, copied instead of migrated, which saves each test 30 milliseconds."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from oncall.store.database import open_store


def write_migrated_file(path: Path) -> None:
    """Write an empty database of this version to `path`, which must not exist."""
    with path.open("xb") as file:
        file.write(_empty_database())


@cache
def _empty_database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()
