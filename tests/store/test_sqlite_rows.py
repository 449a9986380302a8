"""Rows written without SQLAlchemy are stored as SQLAlchemy would write them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import StaticPool

from oncall.store.attempt_queries import ADD_ATTEMPT, SETTLE_ATTEMPT, UPDATE_ATTEMPT
from oncall.store.deferred_writes import Values, Write
from oncall.store.sqlite_rows import MOST_ROWS, write_rows
from oncall.store.tables import attempts, events, metadata, relay_cursor, tickets
from oncall.store.ticket_queries import ADD_EVENT, ADD_TICKET

NIGHT = datetime(2027, 1, 9, 8, 12, 0, 5, UTC)
WORDS = 'Größe "quoted", naïve; \x00 zero, 東京 🚒'


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    metadata.create_all(engine)
    with engine.connect() as connected:
        yield connected
    engine.dispose()


def write(connection: Connection, kind: Write, rows: Sequence[Values]) -> bool:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return write_rows(driver, kind, rows)


def ticket(number: int) -> dict[str, Any]:
    return {
        "id": f"T-{number}", "customer": WORDS, "plan": "standard", "posted_impact": "urgent", "subject": "s",
        "url": None, "opened_at": None, "contact": None, "answer": {"ticket": WORDS}, "received_at": NIGHT,
        "code": f"C{number}", "status": "open", "impact": "urgent", "action": "page", "hold_until": None,
        "due_at": NIGHT + timedelta(seconds=number), "first_reply_due": NIGHT, "owner": None,
    }  # fmt: skip


def attempt(number: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "id": f"A-{number}", "ticket": "T-0", "at": NIGHT, "to": "ana", "purpose": "page", "body": WORDS,
        "written_at": NIGHT, "step": number, "round": 0, "deadline": None, "channel": "sms", "status": "sending",
        "provider_id": None, "error": None, "error_code": None, "tries": 0, "retry_at": None, "lease_until": NIGHT,
        "claimable_at": NIGHT, "goes_alone": True, "bundle": None, "sent_text": None, "sent_at": None,
    }  # fmt: skip
    return plain | changes


@pytest.mark.parametrize("count", [1, 2, 3, MOST_ROWS - 1, MOST_ROWS, 2 * MOST_ROWS + 5])
def test_any_number_of_rows_is_stored_whole_and_in_order(connection: Connection, count: int) -> None:
    logged = [
        {"ticket": "T-0", "at": NIGHT, "kind": "k", "by": "x", "why": str(n), "details": {"n": n}, "id": None}
        for n in range(count)
    ]
    assert write(connection, ADD_TICKET, [ticket(number) for number in range(count)])
    assert write(connection, ADD_EVENT, logged)
    found = connection.execute(select(tickets).order_by(tickets.c.due_at)).mappings()
    assert [dict(row) for row in found] == [ticket(number) for number in range(count)]
    stored = connection.execute(select(events.c.why, events.c.details).order_by(events.c.seq)).all()
    assert [tuple(row) for row in stored] == [(str(n), {"n": n}) for n in range(count)]


def test_a_row_is_the_same_as_the_one_that_sqlalchemy_writes(connection: Connection) -> None:
    write(connection, ADD_TICKET, [ticket(0)])
    write(connection, ADD_ATTEMPT, [attempt(1)])
    connection.execute(insert(attempts), [attempt(2, step=1)])
    ours, theirs = connection.exec_driver_sql("SELECT * FROM attempts ORDER BY id").all()
    assert ours[1:] == theirs[1:]


def test_of_two_updates_of_one_row_the_last_one_counts(connection: Connection) -> None:
    write(connection, ADD_TICKET, [ticket(0)])
    write(connection, ADD_ATTEMPT, [attempt(number) for number in range(3)])
    changes: list[Values] = [
        {"wanted": "A-1", "status": "sent", "goes_alone": False, "retry_at": NIGHT},
        {"wanted": "A-2", "status": "sent", "goes_alone": True, "retry_at": None},
        {"wanted": "A-1", "status": "delivered", "goes_alone": True, "retry_at": None},
    ]
    assert write(connection, UPDATE_ATTEMPT, changes)
    assert connection.execute(select(attempts.c.status).order_by(attempts.c.id)).scalars().all() == [
        "sending", "delivered", "sent"
    ]  # fmt: skip


def test_rows_that_are_stored_already_are_left_out_where_the_statement_says_so(connection: Connection) -> None:
    add = sqlite.insert(relay_cursor).on_conflict_do_nothing()
    write(connection, add, [{"name": "events", "event": 1}])
    write(connection, add, [{"event": 2, "name": "events"}, {"event": 3, "name": "replies"}])
    found = connection.execute(select(relay_cursor).order_by(relay_cursor.c.event)).all()
    assert [tuple(row) for row in found] == [("events", 1), ("replies", 3)]


def test_an_update_says_when_it_misses_a_row(connection: Connection) -> None:
    write(connection, ADD_TICKET, [ticket(0)])
    write(connection, ADD_ATTEMPT, [attempt(0), attempt(1, status="unknown")])
    missing: list[Values] = [{"wanted": name, "status": "accepted"} for name in ("A-0", "A-9")]
    assert not write(connection, UPDATE_ATTEMPT, missing)


def test_only_an_attempt_that_is_being_sent_is_settled(connection: Connection) -> None:
    write(connection, ADD_TICKET, [ticket(0)])
    write(connection, ADD_ATTEMPT, [attempt(0), attempt(1, status="unknown"), attempt(2, provider_id="SM1")])
    assert write(connection, SETTLE_ATTEMPT, [{"wanted": "A-0", "status": "accepted"}])
    assert not write(connection, SETTLE_ATTEMPT, [{"wanted": "A-1", "status": "accepted"}])
    assert not write(connection, SETTLE_ATTEMPT, [{"wanted": "A-2", "status": "accepted"}])


def test_a_time_of_another_zone_and_a_broken_reference_are_refused(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA foreign_keys=ON")
    with pytest.raises(ValueError, match=r"needs datetime\.UTC"):
        write(connection, ADD_TICKET, [ticket(0) | {"received_at": NIGHT.replace(tzinfo=None)}])
    with pytest.raises(sqlite3.IntegrityError):
        write(connection, ADD_ATTEMPT, [attempt(0)])
