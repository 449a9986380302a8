"""Tickets and their logs are read back unchanged, found by each query, and never stored twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oncall.errors import Conflict, NotFound
from oncall.paging.domain.events import Acknowledged, Replied, ReportedTimes
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.ports.records import TicketFilter
from oncall.store.sql_store import SqlStore

from .examples import NOW, adding, event, minutes, ticket


def test_a_ticket_comes_back_as_it_was_stored(store: SqlStore) -> None:
    posted = ticket(hold_until=NOW + minutes(9), owner="ana", action="hold")
    store.write(lambda t: t.add_ticket(posted))
    assert store.read(lambda t: t.ticket("T-1")) == posted
    assert store.write(lambda t: t.ticket("T-1")) == posted


def test_a_ticket_comes_back_with_the_same_fingerprint(store: SqlStore) -> None:
    posted = ticket()
    store.write(lambda t: t.add_ticket(posted))
    found = store.read(lambda t: t.ticket("T-1"))
    assert found is not None
    assert found.ticket.fingerprint() == posted.ticket.fingerprint()


def test_an_unknown_ticket_is_none(store: SqlStore) -> None:
    assert store.read(lambda t: t.ticket("T-1")) is None
    assert store.read(lambda t: t.ticket_by_code("T-1")) is None
    assert store.read(lambda t: t.events("T-1")) == []


def test_the_same_ticket_twice_is_refused(store: SqlStore) -> None:
    store.write(lambda t: t.add_ticket(ticket()))
    with pytest.raises(Conflict, match=r"^ticket T-1: it is stored already$"):
        store.write(lambda t: t.add_ticket(ticket(code="other")))


def test_two_unresolved_tickets_never_share_a_code(store: SqlStore) -> None:
    store.write(lambda t: t.add_ticket(ticket("T-1", code="7K2")))
    with pytest.raises(Conflict, match=r"^ticket T-2: another unresolved ticket holds its code$"):
        store.write(lambda t: t.add_ticket(ticket("T-2", code="7K2")))


def test_the_code_of_a_resolved_ticket_may_be_used_again(store: SqlStore) -> None:
    store.write(lambda t: t.add_ticket(ticket("T-1", code="7K2", status=TicketStatus.RESOLVED)))
    store.write(lambda t: t.add_ticket(ticket("T-2", code="7K2")))
    found = store.read(lambda t: t.ticket_by_code("7K2"))
    assert found is not None
    assert found.ticket.id == "T-2"
    assert store.write(lambda t: t.ticket_by_code("7K2")) == found


def test_the_latest_resolved_ticket_with_a_code_is_found_for_a_while(store: SqlStore) -> None:
    over = TicketStatus.RESOLVED
    old, young = (
        ticket(name, code="7K2", status=over, received_at=NOW + minutes(day)) for name, day in (("T-1", 1), ("T-2", 2))
    )
    store.write(adding(old, young, ticket("T-3", code="7K2", received_at=NOW + minutes(3))))

    def had(since: int) -> str | None:
        found = store.read(lambda t: t.resolved_by_code("7K2", since=NOW + minutes(since)))
        return None if found is None else found.ticket.id

    assert [had(1), had(2), had(3)] == ["T-2", "T-2", None]
    assert store.read(lambda t: t.resolved_by_code("7K3", since=NOW)) is None


def test_codes_of_unresolved_tickets_are_counted_by_length(store: SqlStore) -> None:
    store.write(adding(*(ticket(f"T-{code}", code=code) for code in ("7K2", "7K3", "7K44"))))
    store.write(adding(ticket("T-9", code="7K5", status=TicketStatus.RESOLVED)))
    assert store.read(lambda t: [t.code_count(length) for length in (2, 3, 4)]) == [0, 2, 1]


def test_an_update_stores_every_column_of_a_ticket_that_can_change(store: SqlStore) -> None:
    store.write(lambda t: t.add_ticket(ticket()))
    changed = ticket(
        status=TicketStatus.ACKNOWLEDGED,
        impact="high",
        action="desk",
        hold_until=NOW + minutes(1),
        due_at=None,
        first_reply_due=NOW + minutes(2),
        owner="ana",
        code="7K2",
    )
    store.write(lambda t: t.update_ticket(changed))
    assert store.read(lambda t: t.ticket("T-1")) == changed


def test_an_unknown_ticket_cannot_be_updated(store: SqlStore) -> None:
    with pytest.raises(NotFound, match=r"^ticket T-1: there is no such ticket$"):
        store.write(lambda t: t.update_ticket(ticket()))


def test_a_reopened_ticket_cannot_take_back_a_code_that_is_in_use(store: SqlStore) -> None:
    resolved = ticket("T-1", code="7K2", status=TicketStatus.RESOLVED)
    store.write(lambda t: t.add_ticket(resolved))
    store.write(lambda t: t.add_ticket(ticket("T-2", code="7K2")))
    with pytest.raises(Conflict, match=r"^ticket T-1: another unresolved ticket holds its code$"):
        store.write(lambda t: t.update_ticket(ticket("T-1", code="7K2")))


def test_due_tickets_are_listed_longest_overdue_first(store: SqlStore) -> None:
    store.write(lambda t: t.add_ticket(ticket("now", due_at=NOW)))
    store.write(lambda t: t.add_ticket(ticket("late", due_at=NOW - minutes(5))))
    store.write(lambda t: t.add_ticket(ticket("soon", due_at=NOW + minutes(1))))
    store.write(lambda t: t.add_ticket(ticket("never", due_at=None)))
    assert store.write(lambda t: t.due_tickets(NOW, 10)) == ["late", "now"]
    assert store.read(lambda t: t.due_tickets(NOW, 1)) == ["late"]
    assert store.read(lambda t: t.next_due_at()) == NOW - minutes(5)


def test_nothing_is_due_in_an_empty_store(store: SqlStore) -> None:
    assert store.read(lambda t: (t.due_tickets(NOW, 10), t.next_due_at(), t.next_attempt_at())) == ([], None, None)


@pytest.fixture
def listed(store: SqlStore) -> SqlStore:
    """T-1 to T-4, a minute apart: open, acknowledged, resolved, open; T-4 is Zeta's and as old as T-3."""
    states = [TicketStatus.OPEN, TicketStatus.ACKNOWLEDGED, TicketStatus.RESOLVED, TicketStatus.OPEN]
    for number, status in enumerate(states, start=1):
        received_at = NOW + minutes(min(number, 3))
        customer = "Zeta" if number == 4 else "Acme"
        one = ticket(f"T-{number}", status=status, received_at=received_at, customer=customer)
        store.write(adding(one))
    return store


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TicketFilter(), ["T-4", "T-3", "T-2", "T-1"]),
        (TicketFilter(limit=2), ["T-4", "T-3"]),
        (TicketFilter(limit=2, after="T-3"), ["T-2", "T-1"]),
        (TicketFilter(after="T-4"), ["T-3", "T-2", "T-1"]),
        (TicketFilter(after="T-1"), []),
        (TicketFilter(after="gone"), []),
        (TicketFilter(statuses=(TicketStatus.OPEN,)), ["T-4", "T-1"]),
        (TicketFilter(statuses=(TicketStatus.OPEN, TicketStatus.ACKNOWLEDGED)), ["T-4", "T-2", "T-1"]),
        (TicketFilter(statuses=(TicketStatus.RESOLVED,)), ["T-3"]),
        (TicketFilter(customers=("Acme",)), ["T-3", "T-2", "T-1"]),
        (TicketFilter(customers=("Acme",), statuses=(TicketStatus.OPEN,)), ["T-1"]),
    ],
)
def test_a_listing_is_newest_first_filtered_and_paged(
    listed: SqlStore, wanted: TicketFilter, expected: list[str]
) -> None:
    assert [found.ticket.id for found in listed.read(lambda t: t.tickets(wanted))] == expected


def test_a_log_keeps_the_order_in_which_it_was_written(store: SqlStore) -> None:
    store.write(lambda t: t.add_ticket(ticket()))
    first, second = event(), event(kind=Replied, at=NOW - minutes(1), by="oncall")
    reported = ReportedTimes(recorded_at=NOW + minutes(5))
    third = event(kind=Acknowledged, id="e-1", why="\N{BELL}", reported=reported)
    store.write(lambda t: t.append([first, second]))
    store.write(lambda t: t.append([third]))
    log = store.read(lambda t: t.events("T-1"))
    assert [entry.seq for entry in log] == sorted({entry.seq for entry in log})
    assert log == [replace(each, seq=entry.seq) for each, entry in zip((first, second, third), log, strict=True)]


def test_an_event_with_a_senders_id_is_stored_once(store: SqlStore) -> None:
    store.write(lambda t: t.add_ticket(ticket()))
    store.write(lambda t: t.append([event(id="e-1")]))
    with pytest.raises(Conflict, match=r"^ticket T-1: an event with this id is in its log already$"):
        store.write(lambda t: t.append([event(), event(id="e-1")]))
    assert len(store.read(lambda t: t.events("T-1"))) == 1


def test_two_tickets_may_have_events_with_the_same_senders_id(store: SqlStore) -> None:
    store.write(adding(ticket("T-1"), ticket("T-2")))
    store.write(lambda t: t.append([event("T-1", id="e-1"), event("T-2", id="e-1")]))
    assert len(store.read(lambda t: t.events("T-1") + t.events("T-2"))) == 2


def test_an_event_of_an_unknown_ticket_is_refused(store: SqlStore) -> None:
    with pytest.raises(Conflict, match=r"^ticket T-1: there is no such ticket$"):
        store.write(lambda t: t.append([event()]))


def test_appending_no_events_is_allowed(store: SqlStore) -> None:
    store.write(lambda t: t.append([]))
    store.write(lambda t: t.add_attempts([]))
