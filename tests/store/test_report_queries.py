"""Queries for reports read many tickets and logs at once, with the same result as one by one."""

from __future__ import annotations

from dataclasses import replace

from oncall.paging.domain.events import EventKind, Replied
from oncall.paging.domain.ticket import StoredTicket
from oncall.paging.ports.records import TicketSpan
from oncall.paging.ports.store import Transaction
from oncall.store.sql_store import SqlStore

from .examples import NOW, adding, event, minutes, ticket


def ids(found: list[StoredTicket]) -> list[str]:
    return [stored.ticket.id for stored in found]


def between(store: SqlStore, wanted: TicketSpan) -> list[str]:
    return ids(store.read(lambda t: t.tickets_between(wanted)))


def at_minutes(*counts: int) -> list[StoredTicket]:
    return [ticket(f"T-{count}", received_at=NOW + minutes(count)) for count in counts]


def test_a_span_includes_its_start_and_excludes_its_end(store: SqlStore) -> None:
    store.write(adding(*at_minutes(3, 1, 2, 0)))
    assert between(store, TicketSpan(NOW + minutes(1), NOW + minutes(3))) == ["T-1", "T-2"]


def test_reading_a_span_in_pages_skips_no_ticket_of_the_same_instant(store: SqlStore) -> None:
    names = [f"T-{number:02d}" for number in range(10)]
    store.write(adding(*(ticket(name) for name in reversed(names))))
    found: list[str] = []
    whole = TicketSpan(NOW, NOW + minutes(1), limit=3)
    while page := between(store, replace(whole, after=found[-1] if found else None)):
        found += page
    assert found == names


def test_a_span_can_be_limited_to_a_customer_or_a_plan(store: SqlStore) -> None:
    store.write(adding(ticket("T-1", customer="Acme"), ticket("T-2", customer="Zenith")))
    whole = TicketSpan(NOW, NOW + minutes(1))
    assert between(store, replace(whole, customers=("Zenith",))) == ["T-2"]
    assert between(store, replace(whole, plan="standard")) == ["T-1", "T-2"]
    assert between(store, replace(whole, plan="business-critical")) == []


def test_the_logs_of_many_tickets_match_the_log_of_each(store: SqlStore) -> None:
    names = [f"T-{number}" for number in range(1100)]

    def work(t: Transaction) -> None:
        adding(*(ticket(name) for name in names))(t)
        t.append([event(name) for name in names])
        t.append([event(name, Replied, at=NOW + minutes(1)) for name in reversed(names)])

    store.write(work)
    found = store.read(lambda t: t.events_of(names))
    assert list(found) == names
    some = [*names[:3], *names[-3:]]
    assert [found[name] for name in some] == store.read(lambda t: [t.events(name) for name in some])


def test_excluded_kinds_of_events_are_not_read(store: SqlStore) -> None:
    store.write(adding(ticket("T-1"), ticket("T-2")))
    store.write(lambda t: t.append([event("T-1"), event("T-1", Replied), event("T-2", Replied)]))
    found = store.read(lambda t: t.events_of(["T-1", "T-2", "T-3"], without=[EventKind.REPLIED]))
    assert {name: [one.kind for one in log] for name, log in found.items()} == {"T-1": [EventKind.RECEIVED]}


def test_no_tickets_have_no_logs(store: SqlStore) -> None:
    assert store.read(lambda t: t.events_of([])) == {}
