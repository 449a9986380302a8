"""Whoever opens connections and says nothing does not keep others from being served."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import uvicorn

from oncall.web.connections import PatientProtocol

Send = Callable[[dict[str, Any]], Awaitable[None]]


async def hello(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """The smallest application."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


class HastyProtocol(PatientProtocol):
    """The same with less patience, so that nobody has to wait."""

    patience_seconds = 0.1
    most_connections = 3


async def served(talk: Callable[[int], Awaitable[None]], application: Any = hello) -> None:
    """Run a conversation with a server on loopback."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application, http=HastyProtocol, lifespan="off", log_config=None))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        await talk(listening.getsockname()[1])
    finally:
        server.should_exit = True
        await running
        listening.close()


async def answer_to(port: int, words: bytes) -> bytes:
    """What comes back before the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(words)
    try:
        return await asyncio.wait_for(reader.read(), timeout=5)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def test_half_a_header_and_half_a_body_end_the_connection_and_a_whole_request_is_answered() -> None:
    async def talk(port: int) -> None:
        whole = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        assert await answer_to(port, b"GET / HTTP/1.1\r\nHost:") == b""
        assert await answer_to(port, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf") == b""
        assert await answer_to(port, b"") == b""
        assert (await answer_to(port, whole)).endswith(b"ok")

    asyncio.run(served(talk))


def test_a_connection_that_is_used_again_and_again_is_not_cut_between_two_requests() -> None:
    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        ends_at = asyncio.get_running_loop().time() + 4 * HastyProtocol.patience_seconds
        while asyncio.get_running_loop().time() < ends_at:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200")
        writer.close()

    asyncio.run(served(talk))


def test_the_second_request_of_a_connection_has_no_more_time_than_the_first() -> None:
    async def talk(port: int) -> None:
        words = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET / HTTP/1.1\r\nHost:"
        assert (await answer_to(port, words)).endswith(b"ok")

    asyncio.run(served(talk))


def test_a_connection_too_many_is_closed_at_once_and_the_others_go_on() -> None:
    async def talk(port: int) -> None:
        kept = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        assert await answer_to(port, b"") == b""
        reader, writer = kept[0]
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"ok")
        for _, each in kept:
            each.close()

    asyncio.run(served(talk))


async def a_long_answer(scope: dict[str, Any], receive: Any, send: Send) -> None:
    """An application whose answer is more than any buffer between here and its reader holds."""
    while (await receive()).get("more_body"):
        pass
    size = 8_000_000
    headers = [(b"content-length", str(size).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * size})


def asking_and_reading_nothing(port: int, requests: int) -> socket.socket:
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    asking.connect(("127.0.0.1", port))
    asking.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * requests)
    return asking


def test_those_who_read_nothing_of_their_answers_keep_nobody_else_out() -> None:
    async def talk(port: int) -> None:
        silent = [asking_and_reading_nothing(port, requests) for requests in (1, 2, 3)]
        async with asyncio.timeout(20):
            while not (answer := await answer_to(port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")):
                pass
        assert answer.endswith(b"x")
        for one in silent:
            one.close()

    asyncio.run(served(talk, a_long_answer))


def test_a_long_answer_that_is_read_slowly_is_read_to_its_end() -> None:
    async def talk(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        size = 0
        while part := await reader.read(2**12):
            size += len(part)
        assert size > 8_000_000
        writer.close()
        await writer.wait_closed()

    asyncio.run(served(talk, a_long_answer))
