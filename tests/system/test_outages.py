"""Real processes through outages: a minute without Twilio, and a database restart while pages are queued."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.judging import settle
from bench.victims import NIGHT, Process, environment, publish
from doubles.loopback import free_port
from doubles.postgres_servers import BundledServer
from doubles.twilio import TwilioDouble
from doubles.twilio_account import TwilioMessage
from oncall.clock import RehearsalClock
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import AttemptStatus, TicketStatus
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.store.database import open_store
from tests.system.databases import pages_of, post

ANA, BEN = "+13055550101", "+13055550102"
NAMES = [f"T-{number}" for number in range(10)]
LIMITS = "limits: {bundle_for: %s, per_phone: {most: 100, within: 1s}, sender: {most: 100, within: 1s}}\n"
RATE = 10
"""Policy time passes so many times as fast as the tests do."""


@contextmanager
def at_work(*processes: Process) -> Iterator[None]:
    """Start both processes together, so that their rehearsal clocks hardly differ."""
    with ExitStack() as running, ThreadPoolExecutor(len(processes)) as pool:
        for process in processes:
            running.callback(process.stop)
        for started in [pool.submit(process.start) for process in processes]:
            started.result()
        yield


def until(claim: Callable[[], bool], *, patience: int = 30) -> None:
    """Ask again until the claim holds, for at most this many seconds."""
    waiting = threading.Event()
    for _ in range(patience * 20):
        if claim():
            return
        waiting.wait(0.05)
    raise AssertionError("it did not come true in time")


def named_in(messages: list[TwilioMessage]) -> int:
    """Return how many pages these messages name."""
    return sum(1 + int((re.findall(r"And (\d+) more", message.body) or ["0"])[0]) for message in messages)


def pass_on(url: str, name: str, clock: RehearsalClock) -> None:
    """Ana passes a ticket on, and ben must be paged for it."""
    context = ActionContext("ana", clock.now(), clock.real_now())
    with open_store(url) as store:
        store.write(lambda tx: record(tx, name, TicketAction(EventKind.PASSED, "ana", context.now), context))


@pytest.mark.slow
@pytest.mark.parametrize("house", ["serve on SQLite", "two workers on PostgreSQL"])
def test_after_a_minute_without_twilio_each_person_gets_one_message_of_what_is_owed_now(
    house: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    is_served = house.startswith("serve")
    url = f"sqlite:///{tmp_path}/oncall.db" if is_served else str(request.getfixturevalue("empty_postgres"))
    with TwilioDouble() as twilio:
        settings = environment(url, twilio) | {"ONCALL_CLOCK_RATE": str(RATE)}
        publish(tmp_path, settings, limits=LIMITS % "2s")
        port = free_port()
        processes = [Process(["worker"], settings, tmp_path / f"{number}.log", None) for number in (1, 2)]
        if is_served:
            log = tmp_path / "serve.log"
            processes = [Process(["serve", "--port", str(port)], settings, log, f"http://127.0.0.1:{port}")]
        with at_work(*processes):
            clock = RehearsalClock(datetime.fromisoformat(NIGHT).astimezone(UTC), RATE)
            twilio.refuse_connections()
            for name in NAMES:
                post(url, [name], impact="high", plan="business-critical", now=clock.now())
                if name in NAMES[:4]:
                    pass_on(url, name, clock)
            with open_store(url) as store:
                until(lambda: all(one.sends > 0 for one in store.read(lambda tx: tx.attempts(NAMES[-1]))))
                until(lambda: clock.now() - clock.starts_at >= timedelta(minutes=1))
                twilio.accept_connections()
                settle(url, NAMES, patience=30)
                unsent = store.read(lambda tx: tx.unsent_attempts(written_before=clock.real_now(), limit=99))
    assert unsent == []
    assert sorted(message.to for message in twilio.messages) == [ANA, BEN]
    assert named_in(twilio.messages) == len(NAMES)


@pytest.mark.slow
def test_a_database_that_restarts_while_pages_wait_to_go_together_loses_and_doubles_none_of_them(
    server: BundledServer, tmp_path: Path
) -> None:
    with TwilioDouble() as twilio:
        settings = environment(server.url, twilio)
        publish(tmp_path, settings, limits=LIMITS % "15s")
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        workers = [Process(["worker"], settings, tmp_path / f"worker-{number}.log", None) for number in (1, 2)]
        service = Process(["serve", "--port", str(port)], settings, tmp_path / "serve.log", address)
        with at_work(*workers, service):
            post(server.url, ["first"], impact="high", plan="business-critical")
            twilio.wait_for_messages(1)
            post(server.url, NAMES, impact="high", plan="business-critical")
            server.control("-m", "immediate", "restart")
            waiting = [page for tries in pages_of(server.url, NAMES).values() for page in tries]
            assert {(page.status, page.bundle) for page in waiting} == {(AttemptStatus.QUEUED, None)}
            pages = settle(server.url, NAMES, patience=60)
            assert all(process.is_alive for process in (*workers, service)), "nobody had to start them again"
            with open_store(server.url) as store:
                rider = next(name for name in NAMES if pages[name][0].is_member)
                stored = store.read(lambda tx: tx.ticket(rider))
                assert stored is not None
                answer = twilio.inbound(ANA, f"ack {stored.code.lower()}", f"{address}/webhooks/twilio/sms")
                taken = store.read(lambda tx: tx.ticket(rider))
    assert named_in(twilio.messages) == 1 + len(NAMES)
    assert len({message.body for message in twilio.messages}) == len(twilio.messages)
    assert all(len(tries) == 1 for tries in pages.values())
    assert str(answer).startswith(f"{rider} is yours. ")
    assert taken is not None
    assert (taken.status, taken.owner) == (TicketStatus.ACKNOWLEDGED, "ana")
