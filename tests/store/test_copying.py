"""Moving house: everything of a SQLite file is in PostgreSQL afterwards, or nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from oncall.errors import Refused, SettingsError, WrongSchema
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.store.copy_store import copy_store
from oncall.store.database import open_store

from .examples import NOW, attempt, event, publication, ticket


def _with_three_events(name: str, t: Transaction) -> None:
    t.add_ticket(ticket(name))
    t.append([event(name)] * 3)


@pytest.fixture
def full(sqlite_path: Path) -> str:
    """A SQLite file with a schedule, two tickets, their logs and a try."""
    url = f"sqlite:///{sqlite_path}"
    with open_store(url) as store:
        store.write(lambda t: t.add_version(publication()))
        for name in ("T-1", "T-2"):
            store.write(partial(_with_three_events, name))
        store.write(lambda t: t.add_attempts([attempt("a-1", "T-1")]))
    return url


def test_everything_of_a_sqlite_file_is_in_postgresql_and_its_log_goes_on(full: str, empty_postgres: str) -> None:
    open_store(empty_postgres).close()
    assert copy_store(full, empty_postgres) == 1 + 2 + 6 + 1
    with open_store(full) as old, open_store(empty_postgres) as new:
        for look in (
            lambda t: t.tickets(TicketFilter()),
            lambda t: t.events("T-1") + t.events("T-2"),
            lambda t: t.attempts("T-1"),
            lambda t: t.schedule().publications,
        ):
            assert new.read(look) == old.read(look)
        new.write(lambda t: t.append([event("T-1")]))
        assert [line.seq for line in new.read(lambda t: t.events("T-1"))][-1] == 7


def test_a_database_that_holds_something_is_not_copied_into(full: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    with open_store(other) as store:
        store.write(lambda t: t.add_ticket(ticket("T-9")))
    with pytest.raises(Refused) as refused:
        copy_store(full, other)
    assert str(refused.value) == (
        f"{tmp_path / 'other.db'}: the table tickets holds something already; copy into an empty database"
    )
    with open_store(other) as store:
        assert [found.ticket.id for found in store.read(lambda t: t.tickets(TicketFilter()))] == ["T-9"]


def test_a_database_on_which_a_pager_has_only_been_started_is_copied_into(full: str, empty_postgres: str) -> None:
    with open_store(empty_postgres) as store:
        store.write(lambda t: t.beat("host:1", real_now=NOW, channel="outbox"))
    with open_store(full) as store:
        store.write(lambda t: t.beat("host:1", real_now=NOW, channel="twilio"))
    assert copy_store(full, empty_postgres) == 1 + 2 + 6 + 1
    with open_store(empty_postgres) as store:
        assert store.read(lambda t: t.last_beat()) == (NOW, "outbox")


def test_a_database_is_not_copied_into_itself(full: str) -> None:
    with pytest.raises(Refused) as refused:
        copy_store(full, full)
    assert str(refused.value) == "a database cannot be copied into itself; name the old one with --from"


def test_a_source_that_is_not_there_is_told_and_not_made(full: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone.db"
    with pytest.raises(Refused) as refused:
        copy_store(f"sqlite:///{gone}", full)
    assert str(refused.value) == f"{gone}: there is no such file; name the old database with --from"
    assert not gone.exists()


def test_a_source_that_cannot_be_copied_is_told_with_what_mends_it(full: str, tmp_path: Path) -> None:
    source = tmp_path / "source.db"

    def refusal() -> str:
        with pytest.raises(WrongSchema) as refused:
            copy_store(f"sqlite:///{source}", full)
        return str(refused.value)

    source.touch()
    assert refusal() == f"{source}: the database holds nothing of oncall; name the old database with --from"
    with closing(sqlite3.connect(source)) as file:
        file.execute("CREATE TABLE alembic_version (version_num TEXT)")
        file.execute("INSERT INTO alembic_version VALUES ('0001')")
        file.commit()
    assert refusal() == (
        f"{source}: the database was made by an older version of oncall; "
        "first run `oncall migrate` with ONCALL_DATABASE_URL set to it"
    )


def test_an_address_after_from_that_is_none_names_from(full: str) -> None:
    with pytest.raises(SettingsError) as refused:
        copy_store("oncall.db", full)
    assert str(refused.value) == (
        "--from: is not the address of a database; "
        'write "sqlite:////absolute/path/oncall.db" or "postgresql://user:password@host/database"'
    )
