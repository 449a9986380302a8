"""PostgreSQL answers the pager's questions from indexes, by its own choice, even as its tables grow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, create_engine, event, text

from oncall.paging.domain.reachability import Alert
from oncall.paging.ports.records import TicketFilter
from oncall.store.database import open_store
from oncall.store.publications import PublishedCache, PublishedView
from oncall.store.transaction import SqlTransaction

from .examples import NOW, adding, attempt, message, minutes, ticket
from .examples import event as logged

LARGE = ("tickets", "events", "attempts", "alerts", "inbound")
"""Tables that grow with the traffic."""
PHONES = [f"p{number}" for number in range(12)]
MANY = [f"F-{number}" for number in range(10)]
DAY_AGO = NOW - timedelta(days=1)
LATER = NOW + minutes(2)

# Copies of one row each: months of settled traffic of 500 people.
_COPIES = {
    "tickets": "'id', 'F-' || n, 'code', 'F' || n, 'status', 'resolved', 'due_at', NULL, 'customer', 'C' || n % 300,"
    " 'received_at', r.received_at - n * interval '25 min'",
    "events": "'seq', 1000 + n, 'ticket', 'F-' || n, 'at', r.at - n * interval '25 min'",
    "attempts": "'id', 'f-' || n, 'ticket', 'F-' || n, 'to', 'p' || n % 500, 'status', 'delivered',"
    " 'provider_id', 'SM' || n,"
    " 'claimable_at', NULL, 'lease_until', NULL, 'written_at', r.written_at - n * interval '25 min',"
    " 'sent_at', r.written_at - n * interval '25 min'",
    "alerts": "'id', 'f-' || n, 'about', 'f-' || n, 'to', 'p' || n % 500, 'due_at', NULL,"
    " 'written_at', r.written_at - n * interval '25 min', 'sent_at', r.written_at - n * interval '25 min'",
    "inbound": "'provider_id', 'IN' || n, 'by', 'p' || n % 500, 'at', r.at - n * interval '25 min'",
}

QUESTIONS: dict[str, Callable[[SqlTransaction], object]] = {
    "a ticket": lambda tx: tx.ticket("T-1"),
    "a ticket by its code": lambda tx: tx.ticket_by_code("T-1"),
    "a resolved ticket by its code": lambda tx: tx.resolved_by_code("F7", since=DAY_AGO),
    "unresolved codes": lambda tx: (tx.code_count(3), tx.unused_code(lambda: "XYZ")),
    "due tickets": lambda tx: (tx.due_tickets(LATER, 100), tx.next_due_at()),
    "the newest tickets": lambda tx: tx.tickets(TicketFilter(limit=50)),
    "a customer's tickets": lambda tx: tx.tickets(TicketFilter(customers=("C7",), limit=50)),
    "a ticket's log": lambda tx: (tx.events("T-1"), tx.events_of(["T-1", "F-1"])),
    "a ticket's attempts": lambda tx: (tx.attempts("T-1"), tx.attempt("a-1")),
    "an attempt by its provider's id": lambda tx: tx.attempt_by_provider_id("SM7"),
    "due attempts": lambda tx: tx.claim_attempts(real_now=LATER, lease_until=LATER + minutes(1), limit=100),
    "the next attempt": lambda tx: tx.next_attempt_at(),
    "unsent attempts": lambda tx: tx.unsent_attempts(written_before=LATER, limit=100),
    "recent attempts": lambda tx: tx.recent_attempts(written_since=DAY_AGO, limit=100),
    "pages that wait for a phone": lambda tx: (tx.queued_pages("ana"), tx.bundle("a-1")),
    "what a person was sent": lambda tx: (tx.last_page_to("p7"), tx.calls_to("p7", since=DAY_AGO)),
    "whether a person was ever reached": lambda tx: tx.has_delivered("nobody", "sms"),
    "tickets that a person was paged for": lambda tx: tx.paged_tickets("ana"),
    "texts sent lately": lambda tx: tx.texts_sent(since=DAY_AGO, most=400),
    "texts sent to a phone lately": lambda tx: tx.texts_sent(since=DAY_AGO, most=30, to="p7"),
    "what many people were sent": lambda tx: (
        tx.texts_sent_to(PHONES, since=DAY_AGO, most=30),
        tx.last_pages_to(PHONES),
        tx.calls_to_each(PHONES, since=DAY_AGO),
    ),
    "pages that wait for many phones": lambda tx: tx.queued_pages_to(PHONES),
    "many tickets": lambda tx: (tx.tickets_by_id(MANY), tx.attempts_of(MANY)),
    "many changed attempts": lambda tx: tx.update_attempts(tx.attempts("T-1")),
    "due alerts": lambda tx: tx.claim_alerts(real_now=LATER, lease_until=LATER + minutes(1)),
    "alerts of a day": lambda tx: tx.alerts(written_since=DAY_AGO),
    "an inbound message": lambda tx: tx.inbound("IN7"),
    "a caller": lambda tx: tx.token_by_digest("x"),
}


def fill(url: str) -> None:
    """One open ticket with its page, its log, an alert and an answer, and 6,000 settled ones."""
    with open_store(url) as store:
        store.write(adding(ticket("T-1")))
        store.write(lambda t: t.append([logged("T-1")]))
        store.write(lambda t: t.add_attempts([attempt("a-1", "T-1")]))
        store.write(lambda t: t.add_alert(Alert("a-1", "x", "mei", "Ana cannot be reached", NOW, due_at=NOW)))
        store.write(lambda t: t.add_inbound(message()))
    with psycopg.connect(url) as connection:
        for table, changes in _COPIES.items():
            connection.execute(
                f"INSERT INTO {table} SELECT (json_populate_record(r, json_build_object({changes}))).*"
                f" FROM {table} r, generate_series(1, 6000) n"
            )
        connection.execute("ANALYZE")


def plans(connection: Connection, question: Callable[[SqlTransaction], object]) -> list[tuple[str, str]]:
    """Return each statement of a question with its query plan."""
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    question(SqlTransaction(connection, PublishedView(PublishedCache()), writes=True))
    event.remove(connection, "before_cursor_execute", note)
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return [
        (statement, "\n".join(line for (line,) in driver.execute(f"EXPLAIN {statement}", parameters)))
        for statement, parameters in asked
    ]


@pytest.mark.slow
def test_each_question_is_answered_from_an_index_of_a_filled_database(empty_postgres: str) -> None:
    fill(empty_postgres)
    engine = create_engine(empty_postgres.replace("postgresql://", "postgresql+psycopg://"))
    wholly_read = {}
    with engine.connect() as connection:
        for name, question in QUESTIONS.items():
            for statement, plan in plans(connection, question):
                if any(f"Seq Scan on {table}" in plan for table in LARGE):
                    wholly_read[name] = f"{statement}\n{plan}"
                assert "JIT" not in plan, f"{name}: {plan}"
            connection.rollback()
    engine.dispose()
    assert wholly_read == {}


def test_the_store_leaves_the_choice_of_plans_to_the_server(empty_postgres: str) -> None:
    with open_store(empty_postgres) as store:
        changed = store.read(
            lambda tx: (
                tx._run(  # type: ignore[attr-defined]
                    text("SELECT name FROM pg_settings WHERE name LIKE 'enable\\_%' AND setting <> boot_val")
                )
                .scalars()
                .all()
            )
        )
    assert changed == []
