"""A running service watches itself: /readyz turns red, an alarm is posted, and the heartbeat stops."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from doubles.event_loop import turns
from doubles.machine_pace import slowness
from oncall.channels.alarm import AlarmPost
from oncall.paging.actions.intake import accept
from oncall.paging.actions.posted_ticket import parse_ticket
from oncall.paging.domain.pager_events import StepFired
from oncall.paging.outgoing.new_attempts import ActionContext
from oncall.store.database import open_store
from tests.paging.world import SATURDAY_NIGHT, ticket_body
from tests.system.listener import Listener
from tests.web.service import PATIENCE_SECONDS, Service


def metrics(service: Service) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and label values."""
    answer = service.call("GET", "/metrics", by=None)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_pager_that_is_well_beats_for_the_dead_mans_switch_and_complains_of_nothing(tmp_path: Path) -> None:
    with capture_logs() as logs, Listener() as switch, Service(tmp_path, heartbeat_url=switch.url):
        switch.wait(beats=1)
        assert switch.beats == 1
    assert [each for each in logs if each.get("action") == "heartbeat_withheld"] == []


@pytest.mark.slow
def test_a_step_that_nobody_fires_turns_readyz_red_and_calls_an_operator(tmp_path: Path) -> None:
    with Listener() as operator:
        service = Service(tmp_path, alarm_url=operator.url)
        store_a_late_ticket(service.file)
        with service:
            operator.wait(posted=1)
            (alarm,) = operator.posted
            assert (alarm["alarm"], alarm["count"], alarm["overdue"][0]["ticket"]) == ("audit_overdue", 1, "T-1")
            ready = service.call("GET", "/readyz")
            assert ready.status_code == 503
            (problem,) = ready.json()["problems"]
            assert problem.startswith("overdue: T-1: its next step has been due for ")
            counted = metrics(service)
            assert (counted["oncall_audit_overdue",], counted["oncall_alarms_total", "audit"]) == (1, 1)
            service.until(lambda: metrics(service)["oncall_audit_pages", "accepted"] == 1)


def store_a_late_ticket(file: Path) -> None:
    """Store a ticket whose row wrongly says that nothing is due, though by its log a step is due since yesterday."""
    with open_store(f"sqlite:///{file}") as store:
        context = ActionContext("zendesk", SATURDAY_NIGHT, datetime.now(UTC))
        store.write(lambda tx: accept(tx, parse_ticket(ticket_body(), tx.policy(), context.now), context))
        fired = store.read(lambda tx: tx.events("T-1"))[-1]
        assert isinstance(fired, StepFired) and fired.following is not None
        late = replace(fired, following=replace(fired.following, due_at=SATURDAY_NIGHT - timedelta(days=1)))
        row = store.read(lambda tx: tx.ticket("T-1"))
        assert row is not None
        store.write(lambda tx: tx.append([late]))
        store.write(lambda tx: tx.update_ticket(replace(row, due_at=None)))


def test_an_alarm_that_nobody_takes_is_logged_and_never_stops_the_pager(capsys: pytest.CaptureFixture[str]) -> None:
    async def story(url: str) -> bool:
        post = AlarmPost(url)
        await post({"alarm": "audit_overdue"})
        heard = await post.beat()
        await post.close()
        return heard

    with Listener(status=500) as broken:
        assert asyncio.run(story(broken.url)) is False
        assert broken.posted == [{"alarm": "audit_overdue"}]
    assert asyncio.run(story("http://127.0.0.1:1/a-secret-path")) is False
    assert asyncio.run(story("http://127.0.0.1:none/a-secret-path")) is False
    logged = capsys.readouterr().out
    assert "HTTP 500" in logged
    assert "ConnectError" in logged
    assert "InvalidURL" in logged
    assert "a-secret-path" not in logged


def test_a_service_that_is_told_to_stop_does_not_wait_for_a_silent_dead_mans_switch(tmp_path: Path) -> None:
    with capture_logs() as logs, socket.create_server(("127.0.0.1", 0)) as switch:
        switch.settimeout(PATIENCE_SECONDS)
        with Service(tmp_path, heartbeat_url=f"http://127.0.0.1:{switch.getsockname()[1]}/a-secret-path"):
            connection, _ = switch.accept()
            assert connection.recv(4) == b"GET "
        connection.close()
    # Its deadline would have been logged as a failed heartbeat.
    assert [each["action"] for each in logs if str(each.get("action")).startswith("heartbeat")] == []


async def _hang(writer: asyncio.StreamWriter, over: asyncio.Event) -> None:
    await over.wait()


async def _drip_the_head(writer: asyncio.StreamWriter, over: asyncio.Event) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not over.is_set():
        writer.write(b"x")
        await writer.drain()
        await _over_within(over, 2)


async def _endless_head(writer: asyncio.StreamWriter, over: asyncio.Event) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not over.is_set():
        writer.write(b"X-Long: x\r\n")
        await writer.drain()
        await _over_within(over, 0.01)


async def _over_within(over: asyncio.Event, seconds: float) -> None:
    """Wait for the end of the test, at most so many seconds."""
    with suppress(TimeoutError):
        await asyncio.wait_for(over.wait(), seconds)


async def _ten_gigabytes(writer: asyncio.StreamWriter, over: asyncio.Event) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    for _ in range(10_000):
        writer.write(bytes(1_000_000))
        await writer.drain()


async def _redirect(writer: asyncio.StreamWriter, over: asyncio.Event) -> None:
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


_TURNS_TO_CLOSE = 5
"""Turns of the event loop within which an aborted connection is closed."""


Behaviour = Callable[[asyncio.StreamWriter, asyncio.Event], Awaitable[None]]


class Hostile:
    """A listener in its own thread that treats every connection in one way. `is_met`: one has connected."""

    def __init__(self, behave: Behaviour) -> None:
        self._behave = behave
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.is_met = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()
        self._listening.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        self._meetings: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._meet, sock=self._listening)
        await self._over.wait()
        server.close()
        for meeting in self._meetings:
            meeting.cancel()
        await asyncio.gather(*self._meetings, return_exceptions=True)
        await turns(_TURNS_TO_CLOSE)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._meetings.add(asyncio.ensure_future(self._treat(reader, writer)))

    async def _treat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read(4)
            self.is_met.set()
            with suppress(ConnectionError):
                await self._behave(writer, self._over)
        finally:
            writer.transport.abort()


STOPS_WITHIN_SECONDS = 5.0


def seconds_to_stop(service: Service, is_met: threading.Event) -> float:
    """Start a service, wait until it has met its hostile listener, and return how long its stop takes."""
    with service:
        assert is_met.wait(PATIENCE_SECONDS)
        began = time.monotonic()
    return time.monotonic() - began


# The HTTP library leaves a connection to the garbage collector when the stop cuts it off before TLS; the process ends.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("behave", [_hang, _drip_the_head, _endless_head, _ten_gigabytes, _redirect])
def test_a_service_that_is_told_to_stop_ends_within_seconds_whatever_its_alarm_addresses_do(
    tmp_path: Path, behave: Behaviour, scheme: str
) -> None:
    """With https the listener answers no TLS at all: it sends plain bytes, or nothing."""
    with Hostile(behave) as listener:
        url = f"{scheme}://127.0.0.1:{listener.port}/a-secret-path"
        service = Service(tmp_path, alarm_url=url, heartbeat_url=url)
        store_a_late_ticket(service.file)
        assert seconds_to_stop(service, listener.is_met) < STOPS_WITHIN_SECONDS * slowness(time.monotonic)
    gc.collect()


def test_a_name_server_that_does_not_answer_delays_no_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_asked, may_answer, ask = threading.Event(), threading.Event(), socket.getaddrinfo

    def never_answered(host: Any, *arguments: Any, **more: Any) -> Any:
        if host not in ("alarm.example", b"alarm.example"):
            return ask(host, *arguments, **more)
        is_asked.set()
        may_answer.wait(PATIENCE_SECONDS)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", never_answered)
    url = "http://alarm.example/a-secret-path"
    try:
        assert seconds_to_stop(Service(tmp_path, heartbeat_url=url), is_asked) < STOPS_WITHIN_SECONDS * slowness(
            time.monotonic
        )
    finally:
        may_answer.set()
