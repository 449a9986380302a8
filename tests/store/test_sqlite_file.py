"""The SQLite file is private, and its single pager's lock holds under every name of the file."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from oncall.errors import Refused
from oncall.store.address import SqliteAddress
from oncall.store.database import migrate, open_store
from oncall.store.sqlite_lock import only_pager_of


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "oncall.db"
    migrate(f"sqlite:///{path}")
    return path


def test_a_database_that_others_could_read_becomes_private_with_a_line_in_the_log(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open_store(f"sqlite:///{database}"):
        for name in ("oncall.db", "oncall.db-wal", "oncall.db-shm"):
            database.with_name(name).chmod(0o644)
        with caplog.at_level(logging.WARNING), open_store(f"sqlite:///{database}"):
            modes = {path.name: mode_of(path) for path in database.parent.iterdir()}
    assert modes == {"oncall.db": 0o600, "oncall.db-wal": 0o600, "oncall.db-shm": 0o600}
    assert caplog.messages == [
        f"{database}{ending}: others could read this file; its mode was 644 and is 600 now"
        for ending in ("", "-wal", "-shm")
    ]


def test_a_private_database_is_opened_without_a_word(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_store(f"sqlite:///{database}").close()
    assert caplog.messages == []


def test_a_database_that_a_link_leads_to_is_made_private(tmp_path: Path) -> None:
    link, target = tmp_path / "oncall.db", tmp_path / "elsewhere" / "real.db"
    link.symlink_to(target)
    open_store(f"sqlite:///{link}").close()
    assert mode_of(target) == 0o600


def test_the_lock_file_of_the_pager_is_private(database: Path) -> None:
    lock_file = database.with_name("oncall.db.pager")
    with only_pager_of(SqliteAddress(database)):
        assert mode_of(lock_file) == 0o600
    lock_file.chmod(0o666)
    with only_pager_of(SqliteAddress(database)):
        assert mode_of(lock_file) == 0o600


@pytest.mark.parametrize("first_is_the_database", [True, False])
@pytest.mark.parametrize("spelling", ["symbolic link", "linked folder", "dots", "hard link"])
def test_a_second_pager_is_refused_however_the_file_is_named(
    database: Path, spelling: str, first_is_the_database: bool
) -> None:
    other = spelled(database, spelling)
    names = (database, other) if first_is_the_database else (other, database)
    with (
        only_pager_of(SqliteAddress(names[0])),
        pytest.raises(Refused) as refused,
        only_pager_of(SqliteAddress(names[1])),
    ):
        pass
    assert str(refused.value) == (
        f"another `oncall serve` is running on {names[1]}; a SQLite file serves one, PostgreSQL serves many"
    )
    with only_pager_of(SqliteAddress(names[1])):
        pass


def spelled(database: Path, spelling: str) -> Path:
    """Another name for the same file."""
    elsewhere = database.parent.parent / "elsewhere"
    if spelling == "linked folder":
        elsewhere.symlink_to(database.parent)
        return elsewhere / database.name
    if spelling == "dots":
        return database.parent / ".." / database.parent.name / database.name
    elsewhere.mkdir()
    name = elsewhere / "other.db"
    if spelling == "hard link":
        os.link(database, name)
    else:
        name.symlink_to(database)
    return name


def test_two_files_have_two_pagers(database: Path, tmp_path: Path) -> None:
    with only_pager_of(SqliteAddress(database)), only_pager_of(SqliteAddress(tmp_path / "other.db")):
        pass


def test_the_pagers_lock_hinders_no_other_process_that_writes(database: Path) -> None:
    with only_pager_of(SqliteAddress(database)), open_store(f"sqlite:///{database}") as store:
        assert store.write(lambda tx: len(tx.tokens())) == 0


def test_a_lock_file_that_cannot_be_opened_is_named(database: Path) -> None:
    lock_file = database.with_name("oncall.db.pager")
    lock_file.mkdir()
    with pytest.raises(Refused) as refused, only_pager_of(SqliteAddress(database)):
        pass
    assert str(refused.value).startswith(f"{lock_file}: the pager's lock file cannot be opened (")
