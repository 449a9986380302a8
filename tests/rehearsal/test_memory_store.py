"""A rehearsal's memory store answers every query as the database does, and refuses the same requests."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import Conflict, NotFound, OncallError, Refused
from oncall.paging.domain.events import EventKind, Received, Replied
from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import AttemptStatus, TicketStatus
from oncall.paging.ports.callers import CallerRole, Token
from oncall.paging.ports.records import InboundMessage, TicketFilter, TicketSpan
from oncall.paging.ports.store import Transaction
from oncall.rehearsal.memory_store import MemoryStore
from oncall.schedule.version_document import schedule_from_rows
from oncall.store.database import open_store
from oncall.support.calendar import calendar_of
from oncall.support.policy_file import packaged_policy
from tests.store.examples import NOW, attempt, event, minutes, override, ticket

Work = Callable[[Any], Any]
"""The work of one transaction. The memory store has only the queries that a rehearsal asks."""

NAMES = ("T-1", "T-2", "T-3")
KINDS = [EventKind.REPLIED]
_name = st.sampled_from(NAMES)
_minute = st.integers(0, 5).map(minutes)


def memory_store() -> MemoryStore:
    policy = packaged_policy()
    return MemoryStore(schedule_from_rows([], calendar_of(policy, None)), policy)


@st.composite
def _tickets(draw: st.DrawFn) -> Work:
    changes = {
        "code": draw(st.sampled_from(["7K2", "7K3", "7K44"])),
        "status": draw(st.sampled_from(list(TicketStatus))),
        "due_at": draw(st.none() | _minute.map(lambda span: NOW + span)),
        "received_at": NOW + draw(_minute),
        "customer": draw(st.sampled_from(["Acme", "Zenith"])),
    }
    stored = ticket(draw(_name), **changes)
    if draw(st.booleans()):
        return lambda tx: tx.add_ticket(stored)
    return lambda tx: _update(tx, stored)


def _update(tx: Transaction, wanted: Any) -> None:
    """Change the row. Posted content never changes."""
    known = tx.ticket(wanted.ticket.id)
    kept = replace(wanted, ticket=known.ticket, answer=known.answer, received_at=known.received_at) if known else wanted
    tx.update_ticket(kept)


@st.composite
def _events(draw: st.DrawFn) -> Work:
    kind = draw(st.sampled_from([Received, Replied]))
    one = event(draw(_name), kind, id=draw(st.none() | st.sampled_from(["e1", "e2"])))
    return lambda tx: tx.append([one])


@st.composite
def _attempts(draw: st.DrawFn) -> Work:
    status = draw(st.sampled_from(list(AttemptStatus)))
    changes = {
        "status": status,
        "to": draw(st.sampled_from(["ana", "ben"])),
        "at": NOW + draw(_minute),
        "written_at": NOW + draw(_minute),
        "retry_at": draw(st.none() | _minute.map(lambda span: NOW + span)),
        "lease_until": draw(st.none() | _minute.map(lambda span: NOW + span)),
        "provider_id": draw(st.none() | st.sampled_from(["SM1", "SM2"])),
        "sent_at": draw(st.none() | _minute.map(lambda span: NOW + span)),
        "is_immediate": draw(st.booleans()),
    }
    one = attempt(draw(st.sampled_from(["a-1", "a-2", "a-3"])), draw(_name), **changes)
    choice = draw(st.integers(0, 3))
    if choice == 0:
        return lambda tx: _change_attempt(tx, one, tx.update_attempt)
    if choice == 1:
        return lambda tx: _change_attempt(tx, one, tx.settle_attempt)
    return lambda tx: tx.add_attempts([one])


def _change_attempt(tx: Transaction, wanted: Any, write: Callable[[Any], Any]) -> Any:
    known = tx.attempt(wanted.id)
    if known is not None:
        fixed = {name: getattr(known, name) for name in ("ticket", "to", "at", "written_at")}
        wanted = replace(wanted, **fixed)
    return write(wanted)


@st.composite
def _claims(draw: st.DrawFn) -> Work:
    now, limit = NOW + draw(_minute), draw(st.integers(1, 3))
    return lambda tx: tx.claim_attempts(real_now=now, lease_until=now + timedelta(minutes=1), limit=limit)


@st.composite
def _others(draw: st.DrawFn) -> Work:
    message = InboundMessage(draw(st.sampled_from(["m1", "m2"])), NOW, "ana", "ACK", "ok")
    token = Token(draw(st.sampled_from(["x", "y"])), CallerRole.INTAKE, draw(st.sampled_from(["d1", "d2"])), NOW)
    alert = Alert(draw(st.sampled_from(["f", "e"])), "deaf ana", "mei", "Ana is deaf.", NOW, None)
    works: list[Work] = [
        lambda tx: tx.update_alert(replace(alert, sent_at=NOW)) if tx.add_alert(alert) else None,
        lambda tx: tx.add_inbound(message),
        lambda tx: tx.add_token(token) if tx.token_by_digest(token.digest) is None else None,
        lambda tx: tx.remove_token(token.name),
        lambda tx: tx.beat("w", real_now=NOW, channel="sms"),
    ]
    return draw(st.sampled_from(works))


def everything(tx: Any) -> list[Any]:
    """Return the answers to every question."""
    span = TicketSpan(NOW, NOW + minutes(4))
    return [
        [tx.ticket(name) for name in NAMES],
        [tx.ticket_by_code(code) for code in ("7K2", "7K3", "7K44")],
        [tx.resolved_by_code(code, since=NOW + minutes(count)) for code in ("7K2", "7K3", "7K44") for count in (0, 2)],
        [tx.code_count(length) for length in (2, 3, 4)],
        tx.tickets(TicketFilter()),
        tx.tickets(TicketFilter(statuses=(TicketStatus.OPEN,), customers=("Acme",), limit=1)),
        tx.tickets(TicketFilter(after="T-2")),
        tx.tickets_between(span),
        tx.tickets_between(replace(span, customers=("Acme",), plan="standard", after="T-1", limit=1)),
        [tx.due_tickets(NOW + minutes(count), limit) for count in (0, 3, 9) for limit in (1, 9)],
        tx.customer_names(),
        tx.next_due_at(),
        [[replace(one, seq=0) for one in tx.events(name)] for name in NAMES],
        {name: [replace(one, seq=0) for one in log] for name, log in tx.events_of(NAMES, without=KINDS).items()},
        [tx.attempts(name) for name in NAMES],
        [tx.attempt_by_provider_id(name) for name in ("SM1", "SM2")],
        tx.next_attempt_at(),
        tx.unsent_attempts(written_before=NOW + minutes(3), limit=2),
        tx.recent_attempts(written_since=NOW + minutes(2), limit=2),
        [tx.paged_tickets(person) for person in ("ana", "ben")],
        [tx.inbound(name) for name in ("m1", "m2")],
        tx.reached(),
        tx.alerts(written_since=NOW),
        [
            sorted((one.at, one.text) for one in tx.texts_sent(since=NOW + minutes(count), most=99, to=to))
            for count in (0, 3)
            for to in (None, "ana", "mei")
        ],
        tx.tokens(),
        [tx.token_by_digest(name) for name in ("d1", "d2")],
        tx.last_beat(),
        tx.policy_version(),
        tx.policy().name,
    ]


def outcome(run: Callable[[Work], Any], work: Work) -> Any:
    """Return the result, or the refusal's kind and words; for a conflict only its subject, because two rules may be
    broken."""
    try:
        return run(work)
    except Conflict as conflict:
        return Conflict, str(conflict).partition(":")[0]
    except OncallError as refusal:
        return type(refusal), str(refusal)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(_tickets(), _events(), _attempts(), _claims(), _others()), max_size=14))
def test_a_memory_store_is_a_store_that_forgets_when_the_program_ends(works: list[Work]) -> None:
    memory = memory_store()
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/real.db") as store:
        for work in works:
            before = everything(memory)
            done = outcome(lambda work: work(memory), work)
            assert done == outcome(store.write, work)
            if isinstance(done, tuple):
                assert everything(memory) == before
        assert everything(memory) == store.read(everything)


@contextmanager
def refused(kind: type[OncallError], words: str) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert str(caught.value) == words


def test_the_schedule_of_a_rehearsal_does_not_change() -> None:
    with refused(Refused, "the schedule of a rehearsal does not change; override needs a store of its own"):
        memory_store().add_version(override("ben"))


def test_a_rehearsal_knows_one_policy() -> None:
    with refused(NotFound, "schedule version 7: a rehearsal knows version 0 alone"):
        memory_store().policy(7)


def test_an_event_of_a_ticket_that_was_never_added_is_refused() -> None:
    with pytest.raises(Conflict):
        memory_store().append([event("T-9")])


def test_a_ticket_keeps_its_code_when_it_is_refused_another_one_s() -> None:
    store = memory_store()
    store.add_ticket(ticket("T-1", code="7K2"))
    store.add_ticket(ticket("T-2", code="7K3"))
    with refused(Conflict, "ticket T-2: another unresolved ticket holds its code"):
        store.update_ticket(ticket("T-2", code="7K2"))
    holders = [store.ticket_by_code(code) for code in ("7K2", "7K3")]
    assert [holder.ticket.id for holder in holders if holder is not None] == ["T-1", "T-2"]
    assert store.code_count(3) == 2
