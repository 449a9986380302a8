"""A real service whose pages are answered by a process of their own, whose death and silence lose nothing."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from structlog.testing import capture_logs

from bench.victims import Process, environment, publish
from doubles.event_loop import until as until_event_loop
from doubles.loopback import free_port
from doubles.twilio import TwilioDouble
from oncall.clock import SystemClock
from oncall.paging.actions.sign_in import start_session
from oncall.store.database import open_store
from oncall.wiring.page_worker import PageWorker
from tests.system.databases import post

pytestmark = pytest.mark.slow
PATIENCE = 120.0
PAGE = b"GET /board HTTP/1.1\r\n\r\n"


@dataclass
class Served:
    """A running service, its database, and the cookie of a signed-in engineer."""

    process: Process
    address: str
    url: str
    token: str
    cookie: str
    log: Path

    def client(self) -> httpx.Client:
        """Return one client, which keeps its connection."""
        return httpx.Client(base_url=self.address, headers={"Cookie": self.cookie}, timeout=PATIENCE)

    def children(self) -> list[psutil.Process]:
        """Return the processes of the pages."""
        return [each for each in psutil.Process(self.process.pid).children() if "page_process" in str(each.cmdline())]

    def events(self, action: str) -> list[dict[str, Any]]:
        """Return the lines of the log with this action."""
        lines = self.log.read_text().splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in events if event["action"] == action]

    def ready(self, times: int = 1) -> psutil.Process:
        """Read a page until the process of the pages has begun so many times, and return the process."""
        with self.client() as client:
            until(lambda: client.get("/board").is_success and len(self.events("pages_ready")) >= times)
        return self.children()[0]


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds. Fails after two minutes."""
    waiting = threading.Event()
    for _ in range(round(PATIENCE * 10)):
        if holds():
            return
        waiting.wait(0.1)
    raise AssertionError("it never held")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A service with its schedule."""
    with TwilioDouble() as twilio:
        url, port = f"sqlite:///{tmp_path}/oncall.db", free_port()
        settings, address = environment(url, twilio), f"http://127.0.0.1:{port}"
        token = publish(tmp_path, settings)
        with open_store(url) as store:
            real_now = datetime.now(UTC)
            session = store.write(lambda tx: start_session("ana", tx, replaces=None, real_now=real_now))
        log = tmp_path / "serve.log"
        process = Process(["serve", "--port", str(port)], settings, log, address)
        process.start()
        try:
            yield Served(process, address, url, token, f"oncall={session.session_id}", log)
        finally:
            process.stop()


def test_pages_are_answered_by_a_process_of_low_priority_that_starts_with_the_first_of_them(served: Served) -> None:
    assert not served.children()
    pages = served.ready()
    assert pages.nice() == psutil.Process(served.process.pid).nice() + 10
    with served.client() as client:
        before = pages.cpu_times().user
        for _ in range(20):
            assert client.get("/board").is_success
        assert pages.cpu_times().user > before


def test_a_ticket_that_is_posted_between_two_pages_of_one_connection_is_paged_and_shown(served: Served) -> None:
    served.ready()
    with served.client() as client:
        assert "T-7" not in client.get("/board").text
        body = {
            "id": "T-7",
            "customer": "Acme",
            "plan": "standard",
            "impact": "urgent",
            "subject": "Sessions do not start",
        }
        answer = client.post("/v1/tickets", json=body, headers={"Authorization": f"Bearer {served.token}"})
        assert answer.status_code == 202
        assert "T-7" in client.get("/board").text


def test_the_pages_follow_the_clock_of_the_service(served: Served) -> None:
    with served.client() as client:
        by_the_pager = client.get("/board").text
    served.ready()
    with served.client() as client:
        by_the_pages = client.get("/board").text
    days = [page.split('data-now="')[1][:10] for page in (by_the_pager, by_the_pages)]
    assert days[0] == days[1] == "2027-01-09"


def test_the_service_answers_pages_itself_when_their_process_is_killed_and_then_starts_it_again(served: Served) -> None:
    pages = served.ready()
    pages.kill()
    psutil.wait_procs([pages], timeout=PATIENCE)
    with served.client() as client:
        assert client.get("/board").is_success
    assert served.ready(times=2).is_running()
    assert served.events("pages_ended")


def test_a_process_that_hangs_is_ended_and_another_one_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TwilioDouble() as twilio:
        for name, value in environment(f"sqlite:///{tmp_path}/oncall.db", twilio).items():
            monkeypatch.setenv(name, value)
        with open_store(os.environ["ONCALL_DATABASE_URL"]), capture_logs() as log:
            asyncio.run(_hang(log))
    assert [each["action"] for each in log if each["action"] in ("pages_silent", "pages_ended")] != []


def test_pages_stay_in_the_service_where_no_connection_can_be_passed_on() -> None:
    """A process that may open no further file cannot make the pair of sockets either."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)

    async def ask() -> tuple[bool, bool]:
        worker = PageWorker("http://127.0.0.1:1", SystemClock, lambda *_: None)
        with socket.socket() as connection:
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
            try:
                first = worker.takes(connection, PAGE)
                await until_event_loop(lambda: log)
                await worker.stop()
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, limits)
            return first, worker.takes(connection, PAGE)

    with capture_logs() as log:
        assert asyncio.run(ask()) == (False, False)
    assert [(each["action"], each["error"]) for each in log] == [("pages_in_pager", "[Errno 24] Too many open files")]


async def _hang(log: list[MutableMapping[str, Any]]) -> None:
    """Stop the process of the pages without ending it, as a machine without memory does, and wait for the next one."""

    async def ready(times: int) -> int:
        while len(begun := [each["pid"] for each in log if each["action"] == "pages_ready"]) < times:
            with socket.socket() as connection:
                worker.takes(connection, PAGE)
            await asyncio.to_thread(waiting.wait, 0.1)
        return int(begun[-1])

    waiting = threading.Event()
    worker = PageWorker("http://127.0.0.1:1", SystemClock, lambda *_: None, silent_seconds=3.0)
    async with asyncio.timeout(PATIENCE):
        os.kill(await ready(1), signal.SIGSTOP)
        await ready(2)
        await worker.stop()


def test_the_process_of_the_pages_ends_with_the_service_also_when_that_is_killed(served: Served) -> None:
    pages = served.ready()
    with served.client() as client, client.stream("GET", "/board/events") as stream:
        assert stream.status_code == 200
        served.process.kill()
        psutil.wait_procs([pages], timeout=PATIENCE)
        assert not pages.is_running()


def test_a_service_with_open_streams_stops_within_its_time(served: Served) -> None:
    pages = served.ready()
    with served.client() as client, client.stream("GET", "/board/events") as stream:
        assert stream.status_code == 200
        assert served.process.stop() == 0
    assert not pages.is_running()
    assert not served.events("pages_ended")


def test_a_stream_tells_of_a_ticket_that_another_program_stores(served: Served) -> None:
    served.ready()
    with served.client() as client, client.stream("GET", "/board/events") as stream:
        post(served.url, ["T-9"])
        assert any(line == "event: changed" for line in stream.iter_lines())
