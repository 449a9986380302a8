"""Attempts are read back unchanged, and one worker claims each due attempt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from oncall.errors import Conflict, NotFound
from oncall.paging.domain.ticket import FINAL_STATUSES, Attempt, AttemptStatus, Purpose, TicketStatus
from oncall.paging.ports.store import Transaction
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore

from .examples import NOW, adding, attempt, minutes, ticket

LEASE = NOW + minutes(10)


@pytest.fixture
def store(store: SqlStore) -> SqlStore:
    """A store with tickets T-1 and T-2."""
    store.write(adding(ticket("T-1"), ticket("T-2")))
    return store


def add(store: SqlStore, *attempts: Attempt) -> None:
    store.write(lambda t: t.add_attempts(attempts))


def claim(store: SqlStore, *, limit: int = 10) -> list[Attempt]:
    return store.write(lambda t: t.claim_attempts(real_now=NOW, lease_until=LEASE, limit=limit))


def ids(attempts: Sequence[Attempt]) -> list[str]:
    return [one.id for one in attempts]


@pytest.mark.slow
def test_an_attempt_comes_back_as_it_was_stored(store: SqlStore) -> None:
    bare = attempt("a-2", step=None, round=None, deadline=None, lease_until=None, purpose=Purpose.NOTICE)
    full = attempt(
        provider_id="SM1", error="unreachable", error_code=30003, sends=2, retry_at=NOW, status=AttemptStatus.RETRYING
    )
    add(store, full, bare)
    assert store.read(lambda t: (t.attempt("a-1"), t.attempt("a-2"), t.attempt("a-3"))) == (full, bare, None)


def test_the_attempts_of_a_ticket_are_listed_oldest_first(store: SqlStore) -> None:
    add(store, attempt("a-2", written_at=NOW + minutes(1)), attempt("a-1"), attempt("a-3", "T-2"))
    assert ids(store.read(lambda t: t.attempts("T-1"))) == ["a-1", "a-2"]


def test_the_same_attempt_twice_is_refused(store: SqlStore) -> None:
    add(store, attempt())
    with pytest.raises(Conflict, match=r"^attempt of ticket T-2: it is stored already$"):
        add(store, attempt(ticket_id="T-2"))


def test_an_attempt_for_an_unknown_ticket_is_refused(store: SqlStore) -> None:
    with pytest.raises(Conflict, match=r"^attempt of ticket T-9: there is no such ticket$"):
        add(store, attempt(ticket_id="T-9"))


def test_an_update_stores_every_column_of_an_attempt_that_can_change(store: SqlStore) -> None:
    add(store, attempt())
    changed = attempt(
        status=AttemptStatus.UNKNOWN,
        provider_id="SM1",
        error="time-out",
        error_code=20500,
        sends=1,
        retry_at=NOW + minutes(1),
        lease_until=None,
    )
    store.write(lambda t: t.update_attempt(changed))
    assert store.read(lambda t: t.attempt("a-1")) == changed


def test_an_unknown_attempt_cannot_be_updated(store: SqlStore) -> None:
    with pytest.raises(NotFound, match=r"^attempt of ticket T-1: there is no such attempt$"):
        store.write(lambda t: t.update_attempt(attempt()))


def test_a_provider_id_finds_its_newest_attempt(store: SqlStore) -> None:
    add(store, attempt("a-1", provider_id="SM1"), attempt("a-2", written_at=NOW + minutes(1), provider_id="SM1"))
    found = store.read(lambda t: t.attempt_by_provider_id("SM1"))
    assert found is not None
    assert found.id == "a-2"
    assert store.read(lambda t: t.attempt_by_provider_id("SM2")) is None


def test_due_attempts_are_claimed_longest_overdue_first(store: SqlStore) -> None:
    add(
        store,
        attempt("retry", status=AttemptStatus.RETRYING, retry_at=NOW, lease_until=None),
        attempt(
            "doubt",
            status=AttemptStatus.UNKNOWN,
            retry_at=NOW - minutes(1),
            lease_until=None,
            written_at=NOW - minutes(9),
        ),
        attempt("crashed", lease_until=NOW - minutes(2)),
        attempt("sending", lease_until=NOW + minutes(1)),
        attempt("later", status=AttemptStatus.RETRYING, retry_at=NOW + minutes(1), lease_until=None),
    )
    assert store.read(lambda t: t.next_attempt_at()) == NOW - minutes(2)
    assert ids(claim(store)) == ["crashed", "doubt", "retry"]
    assert claim(store) == []
    assert store.read(lambda t: t.next_attempt_at()) == NOW + minutes(1)


def test_the_first_page_of_an_urgent_ticket_is_claimed_before_older_attempts(store: SqlStore) -> None:
    urgent = attempt("urgent", status=AttemptStatus.RETRYING, retry_at=NOW, lease_until=None, is_immediate=True)
    due = [(f"notice-{n}", NOW - minutes(n)) for n in range(5)]
    add(store, *(replace(urgent, id=name, written_at=at, retry_at=at, is_immediate=False) for name, at in due), urgent)
    assert ids(claim(store, limit=2)) == ["urgent", "notice-4"]
    assert ids(claim(store)) == ["notice-3", "notice-2", "notice-1", "notice-0"]


def test_a_crashed_attempt_is_claimed_as_unknown_and_a_retry_stays_a_retry(store: SqlStore) -> None:
    crashed = attempt("a-1", lease_until=NOW)
    retry = attempt("a-2", status=AttemptStatus.RETRYING, retry_at=NOW, lease_until=None)
    add(store, crashed, retry)
    claimed = claim(store)
    assert claimed == [
        replace(crashed, status=AttemptStatus.UNKNOWN, lease_until=LEASE),
        replace(retry, lease_until=LEASE),
    ]
    assert store.read(lambda t: t.attempts("T-1")) == claimed


def test_a_claim_keeps_its_limit(store: SqlStore) -> None:
    add(store, *(attempt(f"a-{n}", lease_until=NOW) for n in range(3)))
    assert [len(claim(store, limit=2)), len(claim(store, limit=2)), len(claim(store, limit=2))] == [2, 1, 0]


def test_a_claimed_attempt_is_due_again_when_its_lease_expires(store: SqlStore) -> None:
    add(store, attempt(lease_until=NOW))
    claim(store)
    again = store.write(lambda t: t.claim_attempts(real_now=LEASE, lease_until=LEASE + minutes(1), limit=10))
    assert ids(again) == ["a-1"]


def test_an_unknown_attempt_without_a_retry_time_is_due_at_once(store: SqlStore) -> None:
    add(store, attempt(status=AttemptStatus.UNKNOWN, retry_at=None, lease_until=None))
    assert ids(claim(store)) == ["a-1"]


@pytest.mark.slow
@pytest.mark.parametrize("status", sorted(FINAL_STATUSES | {AttemptStatus.ACCEPTED, AttemptStatus.SENT}))
def test_an_attempt_that_the_provider_has_is_not_due(store: SqlStore, status: AttemptStatus) -> None:
    add(store, attempt(status=status, lease_until=NOW, retry_at=None))
    assert claim(store) == []
    assert store.read(lambda t: t.next_attempt_at()) is None


@pytest.mark.parametrize("status", [AttemptStatus.ACCEPTED, AttemptStatus.SENT])
def test_an_attempt_that_the_provider_has_is_due_when_its_status_must_be_queried(
    store: SqlStore, status: AttemptStatus
) -> None:
    add(store, attempt(status=status, lease_until=None, retry_at=NOW))
    assert [(one.id, one.status) for one in claim(store)] == [("a-1", status)]
    assert store.read(lambda t: t.unsent_attempts(written_before=NOW + minutes(60), limit=10)) == []


def test_a_worker_skips_attempts_that_another_worker_is_claiming(postgres_url: str) -> None:
    with open_store(postgres_url) as mine, open_store(postgres_url) as theirs:
        mine.write(lambda t: t.add_ticket(ticket("T-1")))
        mine.write(lambda t: t.add_ticket(ticket("T-2", due_at=NOW + minutes(1))))
        add(mine, attempt("a-1", lease_until=NOW), attempt("a-2", lease_until=NOW))
        later = NOW + minutes(2)

        def hold_the_first_of_each(t: Transaction) -> tuple[list[str], list[str]]:
            t.claim_attempts(real_now=NOW, lease_until=LEASE, limit=1)
            t.due_tickets(later, 1)
            return ids(claim(theirs)), theirs.write(lambda other: other.due_tickets(later, 10))

        assert mine.write(hold_the_first_of_each) == (["a-2"], ["T-2"])


def test_the_tickets_that_paged_a_person_are_listed_latest_page_first(store: SqlStore) -> None:
    add(store, attempt("a-1", "T-1", at=NOW + minutes(5)), attempt("a-2", "T-2"), attempt("a-3", "T-1"))
    assert store.read(lambda t: t.paged_tickets("ana")) == ["T-1", "T-2"]
    assert store.read(lambda t: t.paged_tickets("ben")) == []


def test_resolved_tickets_notices_and_unsent_pages_are_not_listed(store: SqlStore) -> None:
    add(
        store,
        attempt("a-1", "T-1"),
        attempt("a-2", "T-2", purpose=Purpose.NOTICE),
        attempt("a-3", "T-2", status=AttemptStatus.FAILED),
        attempt("a-4", "T-2", status=AttemptStatus.RETRYING, retry_at=NOW),
    )
    assert store.read(lambda t: t.paged_tickets("ana")) == ["T-1"]
    store.write(lambda t: t.update_ticket(ticket("T-1", status=TicketStatus.RESOLVED)))
    assert store.read(lambda t: t.paged_tickets("ana")) == []
