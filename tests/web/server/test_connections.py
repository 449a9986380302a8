"""Clients that open connections and send nothing do not block other clients."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import uvicorn

from doubles.event_loop import turns
from doubles.loopback import listening_socket
from oncall.web.server.connection_gate import ConnectionGate, ConnectionLimits
from oncall.web.server.connection_limits import LARGEST_HEAD, PATIENCE_SECONDS, PatientProtocol

Send = Callable[[dict[str, Any]], Awaitable[None]]
ASKED = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LONG = 8_000_000
LAST_ASKED = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
FEW = ConnectionLimits(most=3, most_per_source=3)


async def hello(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """The smallest application."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def slow_hello(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """The smallest application, which answers a few turns of the event loop later."""
    await turns(20)
    await hello(scope, receive, send)


async def a_long_answer(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """An application whose answer is larger than every buffer on the way to its reader."""
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-length", str(LONG).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * LONG})


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose clock a test moves, so that no test waits and no busy machine is too late."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


class NarrowProtocol(PatientProtocol):
    """The same protocol for few connections; it counts what it receives."""

    heard = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.news = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.heard += len(data)
        self.news.set()


@dataclass
class Guest:
    """A connection, seen from both ends."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    protocol: NarrowProtocol

    async def say(self, words: bytes) -> None:
        """Write, and return when the server has read it."""
        heard = self.protocol.heard
        self.writer.write(words)
        while self.protocol.heard < heard + len(words):
            self.protocol.news.clear()
            await self.protocol.news.wait()

    async def rest(self) -> bytes:
        """Return everything that arrives before the connection ends."""
        return await rest_of(self.reader)


@dataclass
class Line:
    """A server on loopback, and a clock that the test moves."""

    loop: Loop
    server: uvicorn.Server
    port: int

    async def connect(self, *, buffer: int | None = None) -> Guest:
        """Return a connection that the server has accepted. buffer: the size of its receive buffer in bytes."""
        calling = socket.socket()
        if buffer is not None:
            calling.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        calling.setblocking(False)
        await self.loop.sock_connect(calling, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=calling)
        ours = writer.get_extra_info("sockname")
        while True:
            for each in self.server.server_state.connections:
                if isinstance(each, NarrowProtocol) and each.client == ours:
                    return Guest(reader, writer, each)
            await turns(1)

    def pass_time(self, seconds: float) -> None:
        self.loop.ahead += seconds


def on_the_line(
    talk: Callable[[Line], Awaitable[None]],
    application: Any = hello,
    *,
    limits: ConnectionLimits = FEW,
) -> None:
    """Run a conversation with a server on loopback. After two minutes it is ended."""
    with asyncio.Runner(loop_factory=Loop) as runner, listening_socket() as listening:
        loop = runner.get_loop()
        assert isinstance(loop, Loop)
        config = uvicorn.Config(
            application,
            http=type("Protocol", (NarrowProtocol,), {"gate": ConnectionGate(limits)}),
            lifespan="off",
            log_config=None,
            timeout_keep_alive=1_000_000,
        )
        line = Line(loop, uvicorn.Server(config), listening.getsockname()[1])

        async def story() -> None:
            running, talking = asyncio.create_task(line.server.serve(sockets=[listening])), asyncio.current_task()
            assert talking is not None
            watchdog = threading.Timer(120, loop.call_soon_threadsafe, [talking.cancel])
            watchdog.start()
            try:
                await talk(line)
            finally:
                watchdog.cancel()
                line.server.should_exit = True
                await running

        runner.run(story())


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    """Return everything that arrives before the connection ends."""
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""


def test_silence_half_a_header_and_half_a_body_end_the_connection_and_not_a_moment_too_soon() -> None:
    async def talk(line: Line) -> None:
        for words in (b"", b"GET / HTTP/1.1\r\nHost:", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"):
            guest = await line.connect()
            await guest.say(words)
            end = asyncio.create_task(guest.rest())
            line.pass_time(PATIENCE_SECONDS / 2)
            await asyncio.wait({end}, timeout=0.01)
            assert not end.done()
            line.pass_time(PATIENCE_SECONDS / 2)
            assert await end == b""
            guest.writer.close()

    on_the_line(talk)


def test_a_whole_request_is_answered() -> None:
    async def talk(line: Line) -> None:
        guest = await line.connect()
        await guest.say(LAST_ASKED)
        assert (await guest.rest()).endswith(b"ok")
        guest.writer.close()

    on_the_line(talk)


def test_a_connection_that_is_used_again_and_again_is_not_cut_between_two_requests() -> None:
    async def talk(line: Line) -> None:
        guest = await line.connect()
        for _ in range(4):
            line.pass_time(PATIENCE_SECONDS / 2)
            await guest.say(ASKED)
            assert (await guest.reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        guest.writer.close()

    on_the_line(talk)


def test_the_second_request_of_a_connection_has_no_more_time_than_the_first() -> None:
    async def talk(line: Line) -> None:
        guest = await line.connect()
        await guest.say(ASKED + b"GET / HTTP/1.1\r\nHost:")
        assert (await guest.reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        line.pass_time(PATIENCE_SECONDS)
        assert await guest.rest() == b""
        guest.writer.close()

    on_the_line(talk)


def test_at_the_limit_the_oldest_connection_without_a_whole_request_is_dropped() -> None:
    async def talk(line: Line) -> None:
        silent, dripping, newest = [await line.connect() for _ in range(3)]
        await dripping.say(b"GET / HTTP/1.1\r\nHost:")
        fourth = await line.connect()
        assert await silent.rest() == b""
        await fourth.say(LAST_ASKED)
        assert (await fourth.rest()).endswith(b"ok")
        fifth, sixth = await line.connect(), await line.connect()
        assert await dripping.rest() == b""
        await newest.say(LAST_ASKED)
        assert (await newest.rest()).endswith(b"ok")
        for guest in (silent, dripping, newest, fourth, fifth, sixth):
            guest.writer.close()

    on_the_line(talk)


def test_a_connection_whose_request_is_being_answered_is_never_dropped() -> None:
    may_answer = asyncio.Event()

    async def when_told(scope: dict[str, Any], receive: Any, send: Send) -> None:
        await may_answer.wait()
        await hello(scope, receive, send)

    async def talk(line: Line) -> None:
        waiting = [await line.connect() for _ in range(3)]
        for guest in waiting:
            await guest.say(LAST_ASKED)
        more = [await line.connect() for _ in range(2)]
        may_answer.set()
        for guest in waiting:
            assert (await guest.rest()).endswith(b"ok")
        for guest in (*waiting, *more):
            guest.writer.close()

    on_the_line(talk, when_told)


def test_a_source_at_its_own_limit_loses_its_oldest_connection_although_there_is_room() -> None:
    async def talk(line: Line) -> None:
        first, second = await line.connect(), await line.connect()
        third = await line.connect()
        assert await first.rest() == b""
        await second.say(LAST_ASKED)
        assert (await second.rest()).endswith(b"ok")
        for guest in (first, second, third):
            guest.writer.close()

    on_the_line(talk, limits=ConnectionLimits(most=100, most_per_source=2, proxies=()))


def test_a_client_that_closes_its_half_after_the_request_gets_its_answer() -> None:
    async def talk(line: Line) -> None:
        guest = await line.connect()
        await guest.say(ASKED)
        guest.writer.write_eof()
        assert (await guest.rest()).endswith(b"ok")
        guest.writer.close()

    on_the_line(talk, slow_hello)


def test_a_client_that_closes_its_half_in_the_middle_of_a_request_is_let_go() -> None:
    async def talk(line: Line) -> None:
        guest = await line.connect()
        await guest.say(b"GET / HTTP/1.1\r\nHost:")
        guest.writer.write_eof()
        assert await guest.rest() == b""
        guest.writer.close()

    on_the_line(talk)


def test_those_who_read_nothing_of_their_answers_keep_nobody_else_out() -> None:
    async def talk(line: Line) -> None:
        silent = [await line.connect(buffer=2048) for _ in range(3)]
        for requests, guest in enumerate(silent, start=1):
            guest.reader.feed_data(b"x" * 2**20)  # More than it holds: so it reads nothing from the line.
            await guest.say(ASKED * requests)
        while line.server.server_state.connections:
            line.pass_time(PATIENCE_SECONDS)
            await turns(1)
        other = await line.connect()
        await other.say(LAST_ASKED)
        assert (await other.rest()).endswith(b"x")
        for guest in (*silent, other):
            guest.writer.close()

    on_the_line(talk, a_long_answer)


def test_a_long_answer_that_is_read_slowly_is_read_to_its_end() -> None:
    async def talk(line: Line) -> None:
        guest = await line.connect(buffer=2**16)
        await guest.say(LAST_ASKED)
        for _ in range(20):
            await guest.reader.readexactly(LONG // 25)
            line.pass_time(PATIENCE_SECONDS)
        assert (await guest.rest()).endswith(b"x" * (LONG // 5))
        guest.writer.close()

    on_the_line(talk, a_long_answer)


def test_a_head_that_never_ends_is_refused_before_it_fills_the_memory() -> None:
    async def talk(line: Line) -> None:
        guest = await line.connect()
        guest.writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Long: " + b"x" * LARGEST_HEAD)
        assert b"The head of the request is too large." in await guest.rest()
        guest.writer.close()

    on_the_line(talk)


def test_a_head_just_below_the_limit_and_a_large_body_are_read() -> None:
    async def talk(line: Line) -> None:
        guest = await line.connect()
        long = b"X-Long: " + b"x" * (LARGEST_HEAD - 200) + b"\r\n"
        body = b"x" * 3 * LARGEST_HEAD
        length = f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        guest.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + long + length + body)
        assert (await guest.rest()).endswith(b"ok")
        guest.writer.close()

    on_the_line(talk)
