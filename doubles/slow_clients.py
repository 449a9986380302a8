"""Clients on loopback that keep connections open and never finish a request or an answer."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

PAUSE_SECONDS = 1.0
"""Real time between two bytes of a drip."""
AT_ONCE = 200
"""New connections that are being made at the same time; more would only fill the system's queue."""
_SMALL_BUFFER = 2_048
_LONG_ANSWER = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
_SHORT_ANSWER = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send nothing at all until the server ends the connection."""
    await reader.read()


async def drip_the_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the header of a request, byte by byte."""
    writer.write(b"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    await _drip(reader, writer)


async def drip_the_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the body of a request, byte by byte. The service must read it to its end before it can answer."""
    writer.write(b"POST /webhooks/twilio/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
    await _drip(reader, writer)


async def read_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask for a long answer and read none of it, until the server ends the connection."""
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(_LONG_ANSWER)
    await asyncio.sleep(3_600)


async def pipeline(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send several requests at once, the last one incomplete, and read the answers.

    Pauses before it returns, because a client that sends whole requests without a pause is not slow.
    """
    writer.write(_SHORT_ANSWER * 3 + b"GET /healthz HTTP/1.1\r\nHost:")
    await reader.read()
    await asyncio.sleep(5 * PAUSE_SECONDS)


async def half_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send half a request and close one direction of the connection only."""
    writer.write(b"GET /healthz HTTP/1.1\r\nHost:")
    writer.write_eof()
    await reader.read()
    await asyncio.sleep(PAUSE_SECONDS)


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    ended = asyncio.ensure_future(reader.read())
    try:
        while not ended.done():
            writer.write(b"x")
            await asyncio.wait({ended}, timeout=PAUSE_SECONDS)
    finally:
        ended.cancel()


KINDS: dict[str, Behave] = {
    "silent": say_nothing,
    "header byte by byte": drip_the_header,
    "body byte by byte": drip_the_body,
    "unread answers": read_nothing,
    "pipelining": pipeline,
    "half-closed": half_close,
}


class SlowClients:
    """A number of clients of one kind, in their own thread. Each opens a new connection when the server ends one."""

    def __init__(self, address: str, count: int, behave: Behave) -> None:
        at = urlsplit(address)
        self._host, self._port = at.hostname or "127.0.0.1", at.port or 80
        self._count, self._behave = count, behave
        self._connected = 0
        self._all_connected = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="slow-clients", daemon=True)

    @property
    def connected(self) -> int:
        """Return how many connections were made so far."""
        return self._connected

    def __enter__(self) -> Self:
        """Return when every client has been connected once."""
        self._thread.start()
        if not self._all_connected.wait(120):
            raise TimeoutError(f"{self._connected} of {self._count} slow clients are connected after 120 s")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self._all())

    async def _all(self) -> None:
        self._stop, self._room = asyncio.Event(), asyncio.Semaphore(AT_ONCE)
        clients = [asyncio.create_task(self._client()) for _ in range(self._count)]
        await self._stop.wait()
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    async def _client(self) -> None:
        is_first = True
        while True:
            with suppress(OSError):
                async with self._room:
                    reader, writer = await self._connect()
                if is_first:
                    is_first = False
                    self._connected += 1
                    if self._connected == self._count:
                        self._all_connected.set()
                try:
                    await self._behave(reader, writer)
                finally:
                    writer.transport.abort()
            await asyncio.sleep(0.01)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        calling = socket.socket()
        calling.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        calling.setblocking(False)
        try:
            await self._loop.sock_connect(calling, (self._host, self._port))
        except BaseException:
            calling.close()
            raise
        return await asyncio.open_connection(sock=calling)
