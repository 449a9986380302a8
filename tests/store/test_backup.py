"""A backup of the SQLite file is complete, private, and never blocks the database."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from oncall.errors import OncallError, Refused, StoreUnavailable
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.store.backup import backup
from oncall.store.database import open_store
from tests.store.examples import adding, attempt, event, ticket


@pytest.fixture
def database(sqlite_path: Path) -> str:
    url = f"sqlite:///{sqlite_path}"
    with open_store(url) as store:
        store.write(adding(ticket("T-1")))
    return url


def tickets(path: Path) -> dict[str, tuple[int, int]]:
    """Return how many events and attempts each ticket in the database has."""

    def work(t: Transaction) -> dict[str, tuple[int, int]]:
        ids = [found.ticket.id for found in t.tickets(TicketFilter(limit=100_000))]
        return {ticket_id: (len(t.events(ticket_id)), len(t.attempts(ticket_id))) for ticket_id in ids}

    with open_store(f"sqlite:///{path}") as store:
        return store.read(work)


def appending(ticket_id: str) -> Callable[[Transaction], None]:
    """Return work that adds three events to the ticket's log."""
    return lambda t: t.append([event(ticket_id)] * 3)


def refusal(database: str, target: Path, *, may_replace: bool = False) -> str:
    before = {path.name: path.read_bytes() for path in target.parent.iterdir() if path.is_file()}
    with pytest.raises(OncallError) as refused:
        backup(database, target, may_replace=may_replace)
    after = {path.name: path.read_bytes() for path in target.parent.iterdir() if path.is_file()}
    assert after == before, "a refusal leaves nothing behind"
    return str(refused.value)


def test_a_backup_that_is_made_while_others_write_is_of_one_instant(
    database: str, sqlite_path: Path, tmp_path: Path
) -> None:
    target, is_over, has_written = tmp_path / "copy.db", threading.Event(), threading.Event()

    def write_on() -> None:
        number = 0
        with open_store(database) as store:
            while not is_over.is_set():
                number += 1
                name = f"N-{number}"
                store.write(adding(ticket(name)))
                store.write(appending(name))
                has_written.set()

    writer = threading.Thread(target=write_on)
    writer.start()
    assert has_written.wait(60)
    try:
        size = backup(database, target, may_replace=False)
    finally:
        is_over.set()
        writer.join()
    assert size == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchall() == [("delete",)]
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    copied, now = tickets(target), tickets(sqlite_path)
    assert copied.pop("T-1") == (0, 0)
    assert set(copied) <= set(now)
    assert [found for found in copied.values() if found != (3, 0)] in ([], [(0, 0)])
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_a_backup_holds_the_newest_commit_that_is_only_in_the_write_ahead_log(
    database: str, sqlite_path: Path, tmp_path: Path
) -> None:
    with open_store(database) as store:
        store.write(lambda t: t.append([event("T-1")]))
        store.write(lambda t: t.add_attempts([attempt()]))
        backup(database, tmp_path / "copy.db", may_replace=False)
    assert tickets(tmp_path / "copy.db") == {"T-1": (1, 1)}


def test_an_existing_file_is_replaced_only_on_request(database: str, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("the only copy of something else")
    target.chmod(0o644)
    message = refusal(database, target)
    assert message == f"{target}: exists already; name another file, or write --force to replace it"
    backup(database, target, may_replace=True)
    assert tickets(target) == {"T-1": (0, 0)}
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "name", ["oncall.db", "oncall.db-wal", "oncall.db-shm", "oncall.db-journal", "oncall.db.pager"]
)
def test_a_backup_never_replaces_a_file_of_the_database(database: str, sqlite_path: Path, name: str) -> None:
    target = sqlite_path.with_name(name)
    message = refusal(database, target, may_replace=True)
    assert message == f"{target}: is a file of the database itself; name another one"


def test_a_backup_never_replaces_the_database_through_a_link(database: str, sqlite_path: Path, tmp_path: Path) -> None:
    soft, hard = tmp_path / "soft.db", tmp_path / "hard.db"
    soft.symlink_to(sqlite_path)
    hard.hardlink_to(sqlite_path)
    for target in (soft, hard):
        message = refusal(database, target, may_replace=True)
        assert message == f"{target}: is a file of the database itself; name another one"


def test_a_target_that_cannot_be_written_is_named(database: str, tmp_path: Path) -> None:
    assert refusal(database, tmp_path) == f"{tmp_path}: is a folder; name a file in it"
    missing = tmp_path / "missing" / "copy.db"
    with pytest.raises(Refused) as refused:
        backup(database, missing, may_replace=False)
    assert str(refused.value) == f"{missing}: cannot be written: No such file or directory; no backup was made"


def test_a_database_that_does_not_exist_or_is_none_has_no_backup(tmp_path: Path) -> None:
    missing, other = tmp_path / "missing.db", tmp_path / "other.db"
    message = refusal(f"sqlite:///{missing}", tmp_path / "copy.db")
    assert message == f"{missing}: there is no database to back up; check ONCALL_DATABASE_URL"
    assert not missing.exists()
    other.write_text("no database " * 1000)
    message = refusal(f"sqlite:///{other}", tmp_path / "copy.db")
    assert message == f"{other}: the file is not a database; name another one in ONCALL_DATABASE_URL"


def test_a_damaged_database_is_not_backed_up_as_if_it_were_whole(
    database: str, sqlite_path: Path, tmp_path: Path
) -> None:
    content = bytearray(sqlite_path.read_bytes())
    content[3 * 4096 : 6 * 4096] = b"\xff" * (3 * 4096)
    sqlite_path.write_bytes(content)
    with pytest.raises(StoreUnavailable) as refused:
        backup(database, tmp_path / "copy.db", may_replace=False)
    assert "damaged" in str(refused.value)
    assert not (tmp_path / "copy.db").exists()


def test_postgresql_is_backed_up_by_its_own_program(tmp_path: Path) -> None:
    message = refusal("postgresql://ana:s3cret@db/oncall", tmp_path / "copy.db")
    assert message == "postgresql db/oncall: `oncall backup` copies a SQLite file; back up PostgreSQL with pg_dump"
