"""Jobs that share a commit get the same results as alone, and do not affect each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from oncall.errors import Conflict, StoreInDoubt
from oncall.paging.domain.reachability import Reach, Reachability
from oncall.paging.domain.ticket import Attempt, AttemptStatus
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.store.code_counts import COUNTED_FOR, CodeCounts
from oncall.store.database import open_store
from oncall.store.sql_store import SqlStore

from .examples import NOW, attempt, event, publication, ticket
from .test_database_faults import cut_all

TAKEN = replace(attempt(), status=AttemptStatus.ACCEPTED, provider_id="SM1", lease_until=None)
SEND_QUEUE = 500000651891
"""The key of the lock of the send queue."""
Work = Callable[[Transaction], Any]


@contextmanager
def one_group(store: SqlStore) -> Iterator[None]:
    """Let all jobs that are submitted inside share a commit: a job before them blocks the writer until then."""
    gate, opened = threading.Event(), threading.Event()

    def hold(_: Transaction) -> None:
        opened.set()
        gate.wait(60)

    held = store.submit(hold)
    opened.wait(60)
    try:
        yield
    finally:
        gate.set()
        held.result(60)


def together(store: SqlStore, *works: Work) -> list[Future[Any]]:
    with one_group(store):
        futures = [store.submit(work) for work in works]
    for future in futures:
        future.exception(60)
    return futures


def posting(ticket_id: str) -> Work:
    """Return work like the intake: it looks for the ticket, and stores it with its log and its page."""

    def work(t: Transaction) -> str:
        if t.ticket(ticket_id) is not None:
            return "there already"
        t.add_ticket(ticket(ticket_id))
        t.append([event(ticket_id, why="first"), event(ticket_id, why="second")])
        t.add_attempts([attempt(f"a-{ticket_id}", ticket_id)])
        return "stored"

    return work


def stored_ids(store: SqlStore) -> list[str]:
    return sorted(found.ticket.id for found in store.read(lambda t: t.tickets(TicketFilter())))


def test_each_ticket_of_a_group_is_stored_with_its_log_in_order_and_its_page(store: SqlStore) -> None:
    names = [f"T-{number}" for number in range(5)]
    assert [done.result() for done in together(store, *map(posting, names))] == ["stored"] * 5
    logs = store.read(lambda t: {name: [one.why for one in t.events(name)] for name in names})
    assert logs == {name: ["first", "second"] for name in names}
    assert store.read(lambda t: [[one.id for one in t.attempts(name)] for name in names]) == [[f"a-{n}"] for n in names]


def test_the_same_ticket_twice_in_a_group_is_stored_once_and_the_second_job_sees_it(store: SqlStore) -> None:
    assert [done.result() for done in together(store, posting("T-1"), posting("T-1"))] == ["stored", "there already"]


def test_every_query_sees_what_an_earlier_job_of_the_group_stored(store: SqlStore) -> None:
    def asking(t: Transaction) -> tuple[Any, ...]:
        listed = [found.ticket.id for found in t.tickets(TicketFilter())]
        found = t.ticket_by_code("T-1")
        return listed, found is not None, len(t.events("T-1")), t.attempt("a-T-1") == attempt("a-T-1")

    _, asked = together(store, posting("T-1"), asking)
    assert asked.result() == (["T-1"], True, 2, True)


def test_a_job_that_fails_after_a_write_is_rolled_back_alone(store: SqlStore) -> None:
    def failing(t: Transaction) -> None:
        posting("T-1")(t)
        raise KeyError("T-1")

    outcomes = [done.exception() for done in together(store, posting("T-0"), failing, posting("T-2"))]
    assert [type(outcome) for outcome in outcomes] == [type(None), KeyError, type(None)]
    assert stored_ids(store) == ["T-0", "T-2"]


def test_a_job_that_breaks_a_constraint_fails_and_the_others_are_stored(store: SqlStore) -> None:
    def doubling(t: Transaction) -> None:
        t.add_ticket(ticket("T-8", code="7K2"))
        with suppress(Conflict):
            t.add_ticket(ticket("T-9", code="7K2"))

    outcomes = [done.exception() for done in together(store, posting("T-0"), doubling, posting("T-2"))]
    assert [str(outcome) for outcome in outcomes] == [
        "None",
        "ticket T-9: another unresolved ticket holds its code",
        "None",
    ]
    assert stored_ids(store) == ["T-0", "T-2"]


def test_a_refusal_before_any_write_keeps_its_message(store: SqlStore) -> None:
    def refusing(t: Transaction) -> None:
        raise Conflict(f"ticket {t.ticket('T-9')}: no")

    outcomes = [done.exception() for done in together(store, posting("T-0"), refusing, posting("T-2"))]
    assert [str(outcome) for outcome in outcomes] == ["None", "ticket None: no", "None"]
    assert stored_ids(store) == ["T-0", "T-2"]


def test_of_two_results_for_one_attempt_in_a_group_the_first_counts(store: SqlStore) -> None:
    store.write(posting("T-1"))

    def settling(provider_id: str) -> Work:
        return lambda t: t.settle_attempt(replace(TAKEN, id="a-T-1", provider_id=provider_id))

    done = together(store, settling("SM1"), settling("SM2"), posting("T-2"))
    answers = [one.result() for one in done]
    first = store.read(lambda t: t.attempt("a-T-1"))
    assert sorted(answers, key=str) == [False, True, "stored"]
    assert first is not None
    assert first.provider_id == ("SM1" if answers[0] else "SM2")


def test_a_result_for_an_attempt_that_was_settled_before_the_group_is_refused(store: SqlStore) -> None:
    def prepare(t: Transaction) -> None:
        t.add_ticket(ticket())
        t.add_attempts([replace(TAKEN, provider_id="SM0"), attempt("a-2")])

    store.write(prepare)
    done = together(store, lambda t: t.settle_attempt(TAKEN), lambda t: t.settle_attempt(replace(TAKEN, id="a-2")))
    assert [one.result() for one in done] == [False, True]

    def kept(t: Transaction) -> list[Attempt]:
        return sorted(t.attempts("T-1"), key=lambda one: one.id)

    assert [one.provider_id for one in store.read(kept)] == ["SM0", "SM1"]


def test_codes_of_one_group_differ_although_all_jobs_draw_the_same(store: SqlStore) -> None:
    store.write(lambda t: t.add_ticket(ticket("T-0", code="2AA")))

    def naming(number: int) -> Work:
        def work(t: Transaction) -> str:
            drawn = iter([f"{digit}AA" for digit in "23456789"] * 3)
            code = t.unused_code(lambda: next(drawn))
            t.add_ticket(ticket(f"T-{number}", code=code))
            return code

        return work

    codes = [done.result() for done in together(store, *(naming(number) for number in range(1, 5)))]
    assert len(set(codes) - {"2AA"}) == 4


def test_the_next_group_sees_what_another_store_wrote_in_between(url: str) -> None:
    stop = Reachability("ana", "sms", Reach.OPTED_OUT, NOW, "sent STOP", "+13055550101")

    def look(t: Transaction) -> tuple[int, list[str]]:
        return t.policy_version(), [mark.person for mark in t.opted_out()]

    with open_store(url) as one, open_store(url) as two:
        assert one.submit(look).result(60) == (0, [])
        two.write(lambda t: t.note_reachability(stop))
        assert one.submit(look).result(60) == (0, ["ana"])
        two.write(lambda t: t.add_version(publication()))
        assert one.submit(look).result(60) == (1, ["ana"])


def test_the_next_group_sees_a_version_that_a_group_added(store: SqlStore) -> None:
    assert store.submit(lambda t: t.policy_version()).result(60) == 0
    assert store.submit(lambda t: t.add_version(publication())).result(60) == 1
    assert store.submit(lambda t: t.policy_version()).result(60) == 1


def test_a_text_that_cannot_be_stored_fails_only_its_own_job(store: SqlStore) -> None:
    store.write(posting("T-0"))
    done = together(store, posting("T-1"), lambda t: t.append([event("T-0", why="\ud800")]), posting("T-2"))
    assert [type(one.exception()) for one in done] == [type(None), UnicodeEncodeError, type(None)]
    assert stored_ids(store) == ["T-0", "T-1", "T-2"]


def test_a_ticket_is_stored_although_many_jobs_of_its_group_wait_for_a_lock(
    postgres_store: SqlStore, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({SEND_QUEUE})")
        *waiting, free = together_at_once(postgres_store, *[taking_turns] * 20, posting("T-1"))
        assert free.result(30) == "stored"
        assert not any(one.done() for one in waiting)
        other.rollback()
    assert [one.result(60) for one in waiting] == ["my turn"] * 20


def test_closing_the_store_finishes_jobs_that_wait_for_a_lock(postgres_store: SqlStore, postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as other:
        other.execute(f"SELECT pg_advisory_xact_lock({SEND_QUEUE})")
        waiting = together_at_once(postgres_store, *[taking_turns] * 20)
        closing = threading.Thread(target=postgres_store.close)
        closing.start()
        closing.join(0.3)
        assert closing.is_alive()
        other.rollback()
        closing.join(60)
    assert [one.result(0) for one in waiting] == ["my turn"] * 20


def taking_turns(t: Transaction) -> str:
    t.lock_send_queue()
    return "my turn"


def test_a_job_that_waits_for_a_lock_does_not_delay_later_jobs(postgres_store: SqlStore, postgres_url: str) -> None:
    postgres_store.write(posting("T-1"))
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT 1 FROM tickets WHERE id = 'T-1' FOR UPDATE")
        waiting, free = together_at_once(postgres_store, posting("T-1"), posting("T-2"))
        assert free.result(60) == "stored"
        assert postgres_store.submit(posting("T-3")).result(60) == "stored"
        assert not waiting.done()
        other.rollback()
    assert waiting.result(60) == "there already"


def together_at_once(store: SqlStore, *works: Work) -> list[Future[Any]]:
    """As `together`, without waiting for the results."""
    with one_group(store):
        return [store.submit(work) for work in works]


def test_a_group_whose_connection_is_cut_runs_again(postgres_store: SqlStore, postgres_url: str) -> None:
    cuts: list[Transaction] = []

    def cutting(t: Transaction) -> None:
        t.append([event("T-0")])
        if not cuts:
            cuts.append(t)
            cut_all(postgres_url)

    done = together(postgres_store, posting("T-0"), posting("T-1"))
    done += together(postgres_store, posting("T-2"), cutting, posting("T-3"))
    assert [one.exception() for one in done] == [None] * 5
    assert stored_ids(postgres_store) == ["T-0", "T-1", "T-2", "T-3"]


def test_a_group_that_is_cut_at_its_commit_is_reported_as_unknown(postgres_store: SqlStore, postgres_url: str) -> None:
    def beating(t: Transaction) -> None:
        t.beat("me", real_now=NOW, channel="outbox")
        cut_all(postgres_url)

    (done,) = together(postgres_store, beating)
    with pytest.raises(StoreInDoubt) as refused:
        done.result()
    assert str(refused.value).endswith(
        ": the connection was cut while a change was being stored; check whether it is stored before you try again"
    )


def test_codes_are_counted_at_most_once_a_second() -> None:
    now, counted = [100.0], iter([5, 7])
    counts = CodeCounts(lambda: now[0])
    assert counts.about(3, lambda: next(counted)) == 5
    now[0] += COUNTED_FOR / 2
    assert counts.about(3, lambda: next(counted)) == 5
    now[0] += COUNTED_FOR / 2
    assert counts.about(3, lambda: next(counted)) == 7
