"""The quick reader returns the same schedule and errors as the store, and imports no heavy library."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from oncall.errors import OncallError, StoreUnavailable, WrongSchema
from oncall.paging.ports.records import NewVersion
from oncall.paging.ports.store import Transaction
from oncall.schedule.schedule import Schedule
from oncall.store.database import open_store
from oncall.store.quick_read import read_schedule
from oncall.store.sql_store import SqlStore

from .examples import override, publication


def test_a_missing_database_has_no_schedule(tmp_path: Path) -> None:
    assert read_schedule(tmp_path / "oncall.db") is None


@pytest.mark.usefixtures("sqlite_store")
def test_an_empty_file_has_no_schedule_like_one_without_publications(sqlite_path: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    assert read_schedule(tmp_path / "empty.db") is None
    assert read_schedule(sqlite_path) is None


def published_in(path: Path) -> Schedule:
    published = read_schedule(path)
    assert published is not None
    return published.whole()


def add_version(version: NewVersion, t: Transaction) -> int:
    return t.add_version(version)


def test_it_returns_the_stores_schedule_while_the_store_is_open(sqlite_store: SqlStore, sqlite_path: Path) -> None:
    for version in (publication(), override("ben"), publication("again"), override("mei", "secondary")):
        sqlite_store.write(partial(add_version, version))
        assert published_in(sqlite_path) == sqlite_store.read(lambda t: t.schedule())


def test_it_reads_a_closed_database(sqlite_path: Path) -> None:
    with open_store(f"sqlite:///{sqlite_path}") as store:
        store.write(lambda t: t.add_version(publication()))
    schedule = published_in(sqlite_path)
    assert [published.version for published in schedule.publications] == [1]


def both_refusals(path: Path) -> list[str]:
    """Return what the quick reader and the store report about the same file."""
    said = []
    for opening in (read_schedule, lambda p: open_store(f"sqlite:///{p}")):
        with pytest.raises(OncallError) as refused:
            opening(path)
        assert isinstance(refused.value, WrongSchema | StoreUnavailable)
        said.append(str(refused.value))
    return said


def test_a_newer_database_is_refused_with_the_stores_message(sqlite_path: Path) -> None:
    open_store(f"sqlite:///{sqlite_path}").close()
    with closing(sqlite3.connect(sqlite_path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert (
        both_refusals(sqlite_path)
        == [
            f"{sqlite_path}: the database was made by a newer version of oncall; "
            "update oncall on this machine, then run: oncall migrate"
        ]
        * 2
    )


def test_another_programs_database_is_refused_with_the_stores_message(tmp_path: Path) -> None:
    path = tmp_path / "songs.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    assert (
        both_refusals(path)
        == [
            f"{path}: the database holds another program's tables; "
            "name an empty one in ONCALL_DATABASE_URL, then run: oncall migrate"
        ]
        * 2
    )


def test_a_file_that_is_not_a_database_is_refused_with_the_stores_message(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear Ana, " * 100)
    assert both_refusals(path) == [f"{path}: the file is not a database; name another one in ONCALL_DATABASE_URL"] * 2


def test_a_path_with_odd_characters_is_read(sqlite_path: Path, tmp_path: Path) -> None:
    with open_store(f"sqlite:///{sqlite_path}") as store:
        store.write(lambda t: t.add_version(publication()))
    odd = sqlite_path.rename(tmp_path / "100% on?call#1.db")
    schedule = published_in(odd)
    assert [published.version for published in schedule.publications] == [1]


def test_it_imports_no_heavy_library() -> None:
    script = "import sys, oncall.store.quick_read; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert not {"sqlalchemy", "psycopg", "alembic", "fastapi", "ortools", "pandas", "holidays", "twilio"} & set(loaded)
