"""Copying a SQLite file to PostgreSQL: all rows are copied, or none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from oncall.errors import Refused, SettingsError, WrongSchema
from oncall.paging.domain.reachability import Reach, Reachability
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.status.status_events import StatusEvent, StatusEventKind
from oncall.store.address import SqliteAddress, address_of
from oncall.store.copy_store import copy_store
from oncall.store.database import open_store
from oncall.store.source_pagers import SourcePagers
from oncall.store.sqlite_lock import only_pager_of

from .examples import NOW, attempt, event, publication, ticket

HOST = "thishost"
LATER = NOW + timedelta(days=1)
NO_PAGER = SourcePagers(LATER, HOST)


def _with_three_events(name: str, t: Transaction) -> None:
    t.add_ticket(ticket(name))
    t.append([event(name)] * 3)


@pytest.fixture
def full(sqlite_path: Path) -> str:
    """A SQLite file with a schedule, two tickets, their logs and an attempt."""
    url = f"sqlite:///{sqlite_path}"
    with open_store(url) as store:
        store.write(lambda t: t.add_version(publication()))
        for name in ("T-1", "T-2"):
            store.write(partial(_with_three_events, name))
        store.write(lambda t: t.add_attempts([attempt("a-1", "T-1")]))
    return url


def test_all_rows_of_a_sqlite_file_are_copied_and_events_keep_counting(full: str, empty_postgres: str) -> None:
    open_store(empty_postgres).close()
    assert copy_store(full, empty_postgres, NO_PAGER) == 1 + 2 + 6 + 1
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


def test_every_log_keeps_counting_after_the_copy(full: str, empty_postgres: str) -> None:
    opened = StatusEvent("i-1", StatusEventKind.OPENED, NOW, NOW, "mei", title="Down")
    opted_out = Reachability("ana", "sms", Reach.OPTED_OUT, NOW, "STOP", "+13055550101")
    with open_store(full) as store:
        store.write(lambda t: t.add_status_event(opened))
        store.write(lambda t: t.note_reachability(opted_out))
    open_store(empty_postgres).close()
    copy_store(full, empty_postgres, NO_PAGER)
    with open_store(empty_postgres) as store:
        store.write(lambda t: t.add_status_event(opened))
        store.write(lambda t: t.note_reachability(opted_out))
        assert [each.seq for each in store.read(lambda t: t.status_events())] == [1, 2]


def test_a_target_with_rows_is_refused(full: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    with open_store(other) as store:
        store.write(lambda t: t.add_ticket(ticket("T-9")))
    with pytest.raises(Refused) as refused:
        copy_store(full, other, NO_PAGER)
    assert str(refused.value) == (
        f"{tmp_path / 'other.db'}: the table tickets already holds rows; copy into an empty database"
    )
    with open_store(other) as store:
        assert [found.ticket.id for found in store.read(lambda t: t.tickets(TicketFilter()))] == ["T-9"]


def test_a_target_on_which_a_pager_was_only_started_is_accepted(full: str, empty_postgres: str) -> None:
    with open_store(empty_postgres) as store:
        store.write(lambda t: t.beat("host:1", real_now=NOW, channel="outbox"))
    with open_store(full) as store:
        store.write(lambda t: t.beat("host:1", real_now=NOW, channel="twilio"))
    assert copy_store(full, empty_postgres, NO_PAGER) == 1 + 2 + 6 + 1
    with open_store(empty_postgres) as store:
        assert store.read(lambda t: t.last_beat()) == (NOW, "outbox")


def test_a_database_is_not_copied_into_itself(full: str) -> None:
    with pytest.raises(Refused) as refused:
        copy_store(full, full, NO_PAGER)
    assert str(refused.value) == "a database cannot be copied into itself; name the old one with --from"


def test_a_missing_source_is_refused_and_not_created(full: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone.db"
    with pytest.raises(Refused) as refused:
        copy_store(f"sqlite:///{gone}", full, NO_PAGER)
    assert str(refused.value) == f"{gone}: there is no such file; name the old database with --from"
    assert not gone.exists()


def test_a_source_with_other_tables_is_refused_with_the_command_to_run(full: str, tmp_path: Path) -> None:
    source = tmp_path / "source.db"

    def refusal() -> str:
        with pytest.raises(WrongSchema) as refused:
            copy_store(f"sqlite:///{source}", full, NO_PAGER)
        return str(refused.value)

    source.touch()
    assert refusal() == f"{source}: the database holds no tables of oncall; name the old database with --from"
    with closing(sqlite3.connect(source)) as file:
        file.execute("CREATE TABLE alembic_version (version_num TEXT)")
        file.execute("INSERT INTO alembic_version VALUES ('0001')")
        file.commit()
    assert refusal() == (
        f"{source}: the database was made by an older version of oncall; "
        "first run `oncall migrate` with ONCALL_DATABASE_URL set to it"
    )


def test_a_malformed_source_address_names_the_option(full: str) -> None:
    with pytest.raises(SettingsError) as refused:
        copy_store("oncall.db", full, NO_PAGER)
    assert str(refused.value) == (
        "--from: is not the address of a database; "
        'write "sqlite:////absolute/path/oncall.db" or "postgresql://user:password@host/database"'
    )


def beating(url: str, worker: str, silent: timedelta) -> None:
    """Store the last heartbeat of a pager, which at LATER has been silent for this long."""
    with open_store(url) as store:
        store.write(lambda t: t.beat(worker, real_now=LATER - silent, channel="twilio"))


def refusal(source: str, target: str, pagers: SourcePagers = NO_PAGER) -> str:
    """Return why the source is not copied, and check that the target stays empty."""
    with pytest.raises(Refused) as refused:
        copy_store(source, target, pagers)
    with open_store(target) as store:
        assert store.read(lambda t: t.tickets(TicketFilter())) == []
    return str(refused.value)


@pytest.fixture
def empty(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    open_store(url).close()
    return url


def test_a_source_with_a_running_pager_is_refused(full: str, empty: str, sqlite_path: Path) -> None:
    beating(full, "otherhost:7", timedelta(minutes=3))
    beating(full, "otherhost:8", timedelta(seconds=4))
    why = (
        f"{sqlite_path}: the pager otherhost:8 runs on it (it last wrote 4 s ago); "
        "stop it, wait 30 s, then run this again"
    )
    assert refusal(full, empty) == why
    assert refusal(full, empty, SourcePagers(LATER, HOST, is_stopped=True)) == why


def test_a_pager_whose_clock_is_ahead_counts_as_running(full: str, empty: str, sqlite_path: Path) -> None:
    beating(full, "otherhost:8", timedelta(seconds=-20))
    assert refusal(full, empty) == (
        f"{sqlite_path}: the pager otherhost:8 runs on it (it last wrote just now); "
        "stop it, wait 30 s, then run this again"
    )


def test_a_pager_that_is_silent_for_minutes_counts_as_stopped_only_on_request(
    full: str, empty: str, sqlite_path: Path
) -> None:
    beating(full, "otherhost:8", timedelta(minutes=9))
    assert refusal(full, empty) == (
        f"{sqlite_path}: the pager otherhost:8 last wrote 9 min ago and may come back; "
        "make sure that it is stopped, then add --pager-stopped"
    )
    assert copy_store(full, empty, SourcePagers(LATER, HOST, is_stopped=True)) == 1 + 2 + 6 + 1


def test_a_pager_of_this_machine_that_has_just_been_stopped_delays_no_copy(full: str, empty: str) -> None:
    beating(full, f"{HOST}:8", timedelta(seconds=1))
    assert copy_store(full, empty, NO_PAGER) == 1 + 2 + 6 + 1


def test_a_pager_that_holds_the_lock_counts_as_running(full: str, empty: str, sqlite_path: Path) -> None:
    with only_pager_of(SqliteAddress(sqlite_path)):
        assert refusal(full, empty) == f"{sqlite_path}: `oncall serve` runs on it; stop it, then run this again"
        beating(full, f"{HOST}:8", timedelta(hours=2))
        assert refusal(full, empty, SourcePagers(LATER, HOST, is_stopped=True)) == (
            f"{sqlite_path}: the pager {HOST}:8 runs on it (it last wrote 2 h ago); "
            "stop it, wait a moment, then run this again"
        )


def test_a_pager_on_postgresql_is_recognised_by_its_heartbeat(empty_postgres: str, empty: str) -> None:
    open_store(empty_postgres).close()
    beating(empty_postgres, f"{HOST}:8", timedelta(seconds=4))
    place = address_of(empty_postgres).place
    assert refusal(empty_postgres, empty) == (
        f"{place}: the pager {HOST}:8 runs on it (it last wrote 4 s ago); stop it, wait 30 s, then run this again"
    )
