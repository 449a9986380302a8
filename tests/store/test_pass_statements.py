"""A pass asks the database each question once for all messages, and decides as with one query per message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doubles.statements import counted
from oncall.paging.domain.reachability import Alert
from oncall.paging.domain.ticket import Attempt, AttemptStatus, Purpose
from oncall.paging.ports.store import Transaction
from oncall.paging.sending.attempt_lifecycle import ready, take_over
from oncall.paging.sending.send_queue import send_in_turn
from oncall.paging.sending.send_work import SendWork
from oncall.paging.sending.store_access import Access
from tests.paging.pagers import Gate, engine_with
from tests.paging.storm import LIMITS, limited
from tests.paging.world import World

SECOND = timedelta(seconds=1)
PEOPLE = ("ana", "ben", "mei")
NO_LIMITS = "limits:\n  bundle_for: 1s\n  per_phone: {most: 1000, within: 1s}\n  sender: {most: 1000, within: 1s}\n"


def message(world: World, number: int, ticket: str = "T-1", **changes: Any) -> Attempt:
    now = world.clock.now()
    plain = Attempt(
        id=f"m-{number:04}",
        ticket=ticket,
        at=now,
        to=PEOPLE[number % len(PEOPLE)],
        channel="sms",
        purpose=Purpose.NOTICE,
        body=f"Message {number}",
        status=AttemptStatus.QUEUED,
        written_at=now,
        retry_at=now,
    )
    return replace(plain, **changes)


def keep(world: World, attempts: Sequence[Attempt]) -> None:
    world.store.write(lambda tx: tx.add_attempts(attempts))


def notices(world: World, count: int) -> None:
    keep(world, [message(world, number) for number in range(count)])


def pages(world: World, count: int) -> None:
    """Return one page for each ticket, which is still open."""
    for number in range(count):
        world.post(f"H-{number}", impact="high", plan="business-critical")


def alerts(world: World, count: int) -> None:
    now = world.clock.now()
    for number in range(count):
        alert = Alert(f"a-{number:04}", f"about {number}", PEOPLE[number % 3], f"Alert {number}", now, due_at=now)
        world.store.write(lambda tx, alert=alert: tx.add_alert(alert))  # type: ignore[misc]


def statements_of_a_pass(folder: Path, url: str, limits: str, fill: Callable[[World, int], None], count: int) -> int:
    """Return how many statements one pass runs with this many queued messages."""
    world = limited(folder, limits, url=url)
    world.post("T-1", impact="low")
    world.run()
    spent: dict[str, Any] = {
        "status": AttemptStatus.ACCEPTED,
        "retry_at": None,
        "sends": 1,
        "sent_at": world.clock.now(),
    }
    keep(world, [message(world, 9000 + number, **spent) for number in range(40)])
    fill(world, count)

    async def one_pass() -> int:
        # The provider takes no message before the pass is over, so that no outcome is recorded during the pass.
        gate = Gate(world.phones)
        engine = engine_with(world, gate)
        with counted() as run:
            await engine.run_once()
        gate.opened.set()
        await engine.settle()
        return len(run)

    try:
        return asyncio.run(one_pass())
    finally:
        world.store.close()


@pytest.mark.slow
@pytest.mark.parametrize("limits", [LIMITS, NO_LIMITS], ids=["they wait", "they go"])
@pytest.mark.parametrize("fill", [notices, pages, alerts])
def test_a_hundred_waiting_messages_cost_a_pass_no_more_statements_than_ten(
    url: str, second_url: str, tmp_path: Path, limits: str, fill: Callable[[World, int], None]
) -> None:
    few = statements_of_a_pass(tmp_path, url, limits, fill, 10)
    many = statements_of_a_pass(tmp_path, second_url, limits, fill, 100)
    assert many <= few


WAITING: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    to=st.sampled_from(PEOPLE),
    ticket=st.sampled_from(["T-1", "T-2", "T-3"]),
    channel=st.sampled_from(["sms", "sms", "sms", "voice"]),
    purpose=st.sampled_from([Purpose.PAGE, Purpose.NOTICE]),
    age=st.integers(0, 700),
    is_immediate=st.booleans(),
    deadline=st.one_of(st.none(), st.integers(-60, 900)),
    sends=st.integers(0, 1),
)
SENT: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    to=st.sampled_from(PEOPLE),
    ticket=st.sampled_from(["T-1", "T-2", "T-3"]),
    channel=st.sampled_from(["sms", "sms", "voice"]),
    purpose=st.sampled_from([Purpose.PAGE, Purpose.NOTICE]),
    status=st.sampled_from([AttemptStatus.SENDING, AttemptStatus.ACCEPTED, AttemptStatus.FAILED]),
    ago=st.integers(0, 90),
)


class Undone(Exception):
    """Rolls a transaction back."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Three open tickets under tight limits."""
    tight = "limits:\n  bundle_for: 10s\n  per_phone: {most: 3, within: 60s}\n  sender: {most: 6, within: 10s}\n"
    world = limited(tmp_path_factory.mktemp("world"), tight)
    for name in ("T-1", "T-2", "T-3"):
        world.post(name, impact="high", plan="business-critical")
    yield world
    world.store.close()


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waiting=st.lists(WAITING, min_size=1, max_size=12), sent=st.lists(SENT, max_size=8))
def test_it_decides_as_if_it_asked_for_each_message_alone(
    world: World, waiting: list[dict[str, Any]], sent: list[dict[str, Any]]
) -> None:
    def outcome(decide: Callable[[SendWork, list[Attempt]], list[Attempt]]) -> object:
        found: list[object] = []

        def work(tx: Transaction) -> None:
            tx.add_attempts([*(_queued(world, *each) for each in enumerate(waiting)), *_sent(world, sent)])
            send = Access(world.store, world.clock, can_call=True).work(tx)
            going = decide(send, take_over(send, 50))
            after = [tx.attempts(name) for name in ("T-1", "T-2", "T-3")]
            logs = [sorted(map(repr, tx.events(name))) for name in ("T-1", "T-2", "T-3")]
            found.extend([[one.id for one in going], after, [_unnumbered(log) for log in logs]])
            raise Undone

        with pytest.raises(Undone):
            world.store.write(work)
        return found

    assert outcome(ready) == outcome(_one_by_one)


def _one_by_one(work: SendWork, due: list[Attempt]) -> list[Attempt]:
    """Decide with one query per message, as the passes of older versions did."""
    from oncall.paging.sending.attempt_lifecycle import _sent_at_once

    going: dict[str, Attempt] = {}
    for one in due:
        if not one.may_wait and one.id not in going and (sent := _sent_at_once(work, one)) is not None:
            going[sent.id] = sent
    waiting = [one for one in due if one.may_wait and one.id not in going]
    return [*going.values(), *send_in_turn(work, waiting)]


def test_a_page_that_replaces_an_earlier_one_is_sent_once(world: World) -> None:
    now = world.clock.now()
    pages = [
        message(world, number, to="ana", purpose=Purpose.PAGE, step=step, round=0, is_immediate=True, written_at=now)
        for number, step in ((1, 0), (2, 1))
    ]

    def work(tx: Transaction) -> None:
        tx.add_attempts(pages)
        send = Access(world.store, world.clock, can_call=True).work(tx)
        assert [one.id for one in ready(send, take_over(send, 50))] == ["m-0002"]
        raise Undone

    with pytest.raises(Undone):
        world.store.write(work)


def _queued(world: World, number: int, each: dict[str, Any]) -> Attempt:
    changes = dict(each)
    age, deadline = changes.pop("age") * SECOND, changes.pop("deadline")
    now = world.clock.now()
    at = now - age
    status = AttemptStatus.RETRYING if changes["sends"] else AttemptStatus.QUEUED
    ends = None if deadline is None else now + deadline * SECOND
    step: dict[str, Any] = {"step": number % 3, "round": 0} if changes["purpose"] is Purpose.PAGE else {}
    return message(world, number, at=at, written_at=at, retry_at=at, status=status, deadline=ends, **step, **changes)


def _sent(world: World, sent: list[dict[str, Any]]) -> list[Attempt]:
    found = []
    for number, each in enumerate(sent):
        changes = dict(each)
        at = world.clock.now() - changes.pop("ago") * SECOND
        lease = world.clock.now() + 20 * SECOND if changes["status"] is AttemptStatus.SENDING else None
        found.append(
            message(world, 500 + number, at=at, written_at=at, retry_at=None, sent_at=at, lease_until=lease, **changes)
        )
    return found


def _unnumbered(log: list[str]) -> list[str]:
    return sorted(line.rpartition("seq=")[0] + line.rpartition("seq=")[2].partition(")")[2] for line in log)
