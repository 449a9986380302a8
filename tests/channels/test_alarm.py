"""The alarm and heartbeat addresses: no behaviour of their listener delays the pager or fills its memory."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from oncall.channels.alarm import AlarmPost

SHORT_DEADLINE_SECONDS = 0.3
"""For listeners that never answer."""
LONG_DEADLINE_SECONDS = 30.0
"""For listeners whose answer counts: a busy machine must not end the exchange first."""
FAR_TOO_LONG_SECONDS = 120.0
MIB = 1024 * 1024
OPEN_FILES = Path("/proc/self/fd")

Behave = Callable[["Stranger", asyncio.StreamWriter], Awaitable[None]]


class Stranger:
    """A listener on loopback that answers as `behave` says. `requests`: the first lines that it read."""

    def __init__(self, behave: Behave) -> None:
        self.requests: list[str] = []
        self.sent = 0
        self.is_over = asyncio.Event()
        self._behave = behave

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head.partition(b" HTTP/")[0].decode())
        try:
            await self._behave(self, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def send(self, writer: asyncio.StreamWriter, content: bytes) -> None:
        writer.write(content)
        await writer.drain()
        self.sent += len(content)


@asynccontextmanager
async def listening(behave: Behave) -> AsyncIterator[tuple[str, Stranger]]:
    stranger = Stranger(behave)
    server = await asyncio.start_server(stranger.answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a-secret-path", stranger
    finally:
        stranger.is_over.set()
        server.close()
        await server.wait_closed()


async def hang(stranger: Stranger, writer: asyncio.StreamWriter) -> None:
    await stranger.is_over.wait()


async def drip_the_head(stranger: Stranger, writer: asyncio.StreamWriter) -> None:
    await stranger.send(writer, b"HTTP/1.1 200 OK\r\nX-Slow: ")
    await drip(stranger, writer)


async def drip_the_body(stranger: Stranger, writer: asyncio.StreamWriter) -> None:
    await stranger.send(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    await drip(stranger, writer)


async def drip(stranger: Stranger, writer: asyncio.StreamWriter) -> None:
    """Send one byte after the other, each well within any time-out for a single read."""
    while not stranger.is_over.is_set():
        await stranger.send(writer, b"x")
        try:
            await asyncio.wait_for(stranger.is_over.wait(), SHORT_DEADLINE_SECONDS / 10)
        except TimeoutError:
            continue


async def flood(stranger: Stranger, writer: asyncio.StreamWriter) -> None:
    await stranger.send(writer, b"HTTP/1.1 200 OK\r\nContent-Length: 536870912\r\n\r\n")
    for _ in range(512):
        await stranger.send(writer, bytes(MIB))


async def flood_the_head(stranger: Stranger, writer: asyncio.StreamWriter) -> None:
    await stranger.send(writer, b"HTTP/1.1 200 OK\r\n")
    for _ in range(512):
        await stranger.send(writer, b"X-Long: " + b"x" * MIB + b"\r\n")


def answering(head: str) -> Behave:
    """Answer each request with this head and no body."""

    async def behave(stranger: Stranger, writer: asyncio.StreamWriter) -> None:
        await stranger.send(writer, f"HTTP/1.1 {head}\r\nContent-Length: 0\r\n\r\n".encode())

    return behave


async def interim_answers_without_end(stranger: Stranger, writer: asyncio.StreamWriter) -> None:
    while not stranger.is_over.is_set():
        await stranger.send(writer, b"HTTP/1.1 103 Early Hints\r\n\r\n")


def exchange(behave: Behave, *, deadline_seconds: float = LONG_DEADLINE_SECONDS) -> tuple[list[Any], Stranger, bool]:
    """Post one alarm and one heartbeat. Return the log, the listener and the heartbeat's result."""

    async def story() -> tuple[Stranger, bool]:
        async with asyncio.timeout(FAR_TOO_LONG_SECONDS), listening(behave) as (url, stranger):
            post = AlarmPost(url, deadline_seconds=deadline_seconds)
            await post({"alarm": "audit_overdue"})
            has_beaten = await post.beat()
            await post.close()
            return stranger, has_beaten

    with capture_logs() as logs:
        stranger, has_beaten = asyncio.run(story())
    return logs, stranger, has_beaten


@pytest.mark.parametrize("behave", [hang, drip_the_head, interim_answers_without_end])
def test_an_address_that_gives_no_whole_answer_fails_at_the_deadline(behave: Behave) -> None:
    logs, _, has_beaten = exchange(behave, deadline_seconds=SHORT_DEADLINE_SECONDS)
    assert not has_beaten
    assert [each["error"] for each in logs] == ["no answer within 0.3 s"] * 2


def test_an_answer_whose_body_drips_counts_by_its_status_and_is_not_waited_for() -> None:
    logs, _, has_beaten = exchange(drip_the_body)
    assert has_beaten
    assert [each["action"] for each in logs] == ["alarm_posted"]


def test_the_body_of_a_huge_answer_is_dropped_unread() -> None:
    logs, stranger, has_beaten = exchange(flood)
    assert has_beaten
    assert [each["action"] for each in logs] == ["alarm_posted"]
    assert stranger.sent < 64 * MIB


def test_an_answer_with_an_endless_head_is_a_failure_and_is_not_read_on() -> None:
    logs, stranger, has_beaten = exchange(flood_the_head)
    assert not has_beaten
    assert [each["error"] for each in logs] == ["RemoteProtocolError"] * 2
    assert stranger.sent < 64 * MIB


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["/login", "https://alarm.example/", "//alarm.example", "/a-secret-path"])
def test_a_redirect_is_a_failure_and_is_not_followed(status: int, target: str) -> None:
    logs, stranger, has_beaten = exchange(answering(f"{status} Elsewhere\r\nLocation: {target}"))
    assert not has_beaten
    assert [each["error"] for each in logs] == [f"HTTP {status}, a redirect; set the address that it leads to"] * 2
    assert stranger.requests == ["POST /a-secret-path", "GET /a-secret-path"]


@pytest.mark.parametrize("status", [300, 302, 304, 400, 404, 500, 503])
def test_an_answer_other_than_success_is_a_failure(status: int) -> None:
    logs, _, has_beaten = exchange(answering(f"{status} No"))
    assert not has_beaten
    assert [each["error"] for each in logs] == [f"HTTP {status}"] * 2


def test_a_listener_that_answers_no_tls_fails_in_time_and_leaves_no_connection_open() -> None:
    async def story() -> tuple[int, int]:
        async with asyncio.timeout(FAR_TOO_LONG_SECONDS):
            with socket.create_server(("127.0.0.1", 0)) as listener:
                post = AlarmPost(f"https://127.0.0.1:{listener.getsockname()[1]}/", deadline_seconds=1.0)
                assert not await post.beat()
                before = len(list(OPEN_FILES.iterdir()))
                for _ in range(3):
                    assert not await post.beat()
                after = len(list(OPEN_FILES.iterdir()))
                await post.close()
                return before, after

    with capture_logs() as logs:
        before, after = asyncio.run(story())
    assert [each["error"] for each in logs] == ["no connection within 0.45 s"] * 4
    assert after == before
