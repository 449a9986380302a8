"""Tickets are found by owner, by the engineer who was paged, by time and by the end of their hold."""

from __future__ import annotations

import pytest

from oncall.paging.domain.ticket import Purpose
from oncall.paging.ports.records import TicketFilter
from oncall.store.sql_store import SqlStore
from oncall.support.windows import Window

from .examples import NOW, adding, attempt, minutes, ticket


@pytest.fixture
def busy(store: SqlStore) -> SqlStore:
    """Ana owns T-1 and was paged for T-2; she only got a notice about T-3, an old ticket; T-4 is held."""
    store.write(
        adding(
            ticket("T-1", owner="ana", received_at=NOW - minutes(60)),
            ticket("T-2", owner="ben", received_at=NOW - minutes(50)),
            ticket("T-3", received_at=NOW - minutes(6000)),
            ticket("T-4", hold_until=NOW + minutes(60)),
        )
    )
    store.write(lambda t: t.add_attempts([attempt("a-2", "T-2", at=NOW - minutes(10))]))
    store.write(lambda t: t.add_attempts([attempt("a-3", "T-3", purpose=Purpose.NOTICE)]))
    return store


def found(store: SqlStore, wanted: TicketFilter) -> list[str]:
    return [stored.ticket.id for stored in store.read(lambda t: t.tickets(wanted))]


def test_tickets_are_found_by_their_owner(busy: SqlStore) -> None:
    assert found(busy, TicketFilter(owner="ana")) == ["T-1"]
    assert found(busy, TicketFilter(owner="mei")) == []


def test_an_engineer_finds_what_they_own_and_what_they_were_paged_for(busy: SqlStore) -> None:
    assert found(busy, TicketFilter(engineer="ana")) == ["T-2", "T-1"]
    assert found(busy, TicketFilter(engineer="ana", since=NOW - minutes(30))) == ["T-2"]
    assert found(busy, TicketFilter(engineer="ana", since=NOW - minutes(5))) == []


def test_tickets_are_found_by_the_time_they_were_received(busy: SqlStore) -> None:
    assert found(busy, TicketFilter(since=NOW - minutes(55))) == ["T-4", "T-2"]


def test_tickets_are_found_by_the_end_of_their_hold(busy: SqlStore) -> None:
    assert found(busy, TicketFilter(held=Window(NOW, NOW + minutes(61)))) == ["T-4"]
    assert found(busy, TicketFilter(held=Window(NOW, NOW + minutes(60)))) == []
