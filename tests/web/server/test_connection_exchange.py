"""Two processes share the connections of one service: each request is answered by the right one, and none is lost.

Both servers run in one event loop here, each with its own application, limits and connections, as in two processes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import ASGIApp, Receive, Scope, Send

from doubles.event_loop import turns, until
from doubles.loopback import listening_socket
from oncall.web.server.connection_exchange import ConnectionExchange, exchange_pair
from oncall.web.server.connection_gate import ConnectionLimits
from oncall.web.server.page_requests import LONGEST_HEAD, is_page, is_page_request
from oncall.web.server.server import Server, make_server
from oncall.wiring.page_process import OnlyPages, PagerProcess


def named(name: str, seen: list[tuple[str, str, bytes]]) -> ASGIApp:
    """Return an application that answers with its name and the request's path and body."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        seen.append((name, scope["path"], body))
        words = f"{name} {scope['method']} {scope['path']} {len(body)}".encode()
        headers = [(b"content-length", str(len(words)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": words})

    return answer


class PageProcess:
    """The other process, as the pager sees it."""

    exchange: ConnectionExchange | None = None

    def takes(self, connection: socket.socket, data: bytes) -> bool:
        return is_page_request(data) and self.exchange is not None and self.exchange.give(connection, data)

    async def stop(self) -> None:
        if self.exchange is not None:
            self.exchange.close()


@dataclass
class Pair:
    """Both servers. seen: each request that an application got, with the name of its process."""

    port: int
    seen: list[tuple[str, str, bytes]]
    servers: dict[str, Server]
    pages: PageProcess
    pager: PagerProcess


@asynccontextmanager
async def pair() -> AsyncIterator[Pair]:
    """Run both servers until the context ends."""
    seen: list[tuple[str, str, bytes]] = []
    listening = listening_socket()
    pages, pager = PageProcess(), PagerProcess()
    servers = {
        "pager": make_server(named("pager", seen), ConnectionLimits(), pages),
        "pages": make_server(OnlyPages(named("pages", seen)), ConnectionLimits(), pager),
    }
    serving = [
        asyncio.create_task(servers["pager"]._serve([listening])),
        asyncio.create_task(servers["pages"]._serve([])),
    ]
    await until(lambda: all(server.started for server in servers.values()))
    one, other = exchange_pair()
    pages.exchange = ConnectionExchange(one, servers["pager"].take)
    pager.exchange = ConnectionExchange(other, servers["pages"].take)
    try:
        yield Pair(listening.getsockname()[1], seen, servers, pages, pager)
    finally:
        for server in servers.values():
            server.should_exit = True
        await asyncio.gather(*serving)


class Client:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *parts: bytes) -> None:
        """Send the parts, each in a packet of its own."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await turns()

    async def answer(self) -> tuple[int, str]:
        """Return the status and the body of the next answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
        return int(head.split()[1]), (await self.reader.readexactly(length)).decode()


def run(story: Callable[[Pair, Client], Awaitable[None]]) -> None:
    """Run a story with one connection to the service."""

    async def within_a_minute() -> None:
        async with asyncio.timeout(60), pair() as both:
            client = Client(*await asyncio.open_connection("127.0.0.1", both.port))
            try:
                await story(both, client)
            finally:
                client.writer.close()

    asyncio.run(within_a_minute())


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


def posted(path: str, body: bytes) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_each_request_of_one_connection_is_answered_by_its_process() -> None:
    async def story(_: Pair, client: Client) -> None:
        for sent, answer in (
            (get("/board?weeks=4"), "pages GET /board 0"),
            (get("/status"), "pages GET /status 0"),
            (posted("/v1/tickets", b"{}"), "pager POST /v1/tickets 2"),
            (get("/healthz"), "pager GET /healthz 0"),
            (get("/v1/tickets?state=open"), "pages GET /v1/tickets 0"),
            (get("/v1/tickets/T-1"), "pager GET /v1/tickets/T-1 0"),
            (posted("/board/swaps", b"x"), "pager POST /board/swaps 1"),
        ):
            await client.send(sent)
            assert await client.answer() == (200, answer)

    run(story)


def test_a_request_that_arrives_in_pieces_is_answered_where_it_began() -> None:
    async def story(_: Pair, client: Client) -> None:
        await client.send(b"GET /bo", b"ard HTTP/1.1\r\nHost: a\r\n\r\n")
        assert await client.answer() == (200, "pager GET /board 0")
        await client.send(get("/board"))
        assert await client.answer() == (200, "pages GET /board 0")
        head, body = posted("/v1/tickets", b"0123456789")[:-10], b"0123456789"
        await client.send(head[:9], head[9:], body[:4], body[4:])
        assert await client.answer() == (200, "pager POST /v1/tickets 10")

    run(story)


def test_requests_that_are_sent_along_with_a_page_request_stay_with_the_pager() -> None:
    async def story(both: Pair, client: Client) -> None:
        await client.send(get("/board") + posted("/v1/tickets", b"{}") + get("/status"))
        answers = [await client.answer() for _ in range(3)]
        assert answers == [
            (200, "pager GET /board 0"),
            (200, "pager POST /v1/tickets 2"),
            (200, "pager GET /status 0"),
        ]
        assert {name for name, _, _ in both.seen} == {"pager"}

    run(story)


def test_a_ticket_that_follows_a_page_request_too_early_is_refused_and_never_taken_by_the_wrong_process() -> None:
    async def story(both: Pair, client: Client) -> None:
        await client.send(get("/board"))
        assert (await client.answer())[0] == 200
        await client.send(get("/board"), posted("/v1/tickets", b"{}"))
        answers = [await client.answer() for _ in range(2)]
        assert answers[0] == (200, "pages GET /board 0")
        assert answers[1] in ((200, "pager POST /v1/tickets 2"), (421, answers[1][1]))
        assert ("pages", "/v1/tickets", b"{}") not in both.seen

    run(story)


def test_the_service_answers_pages_itself_once_the_other_process_is_gone() -> None:
    async def story(both: Pair, client: Client) -> None:
        assert both.pager.exchange is not None
        both.pager.exchange.close()
        await turns(20)
        await client.send(get("/board"))
        assert await client.answer() == (200, "pager GET /board 0")

    run(story)


def test_a_connection_that_cannot_be_given_back_ends_without_an_answer() -> None:
    async def story(both: Pair, client: Client) -> None:
        await client.send(get("/board"))
        assert (await client.answer())[1].startswith("pages")
        assert both.pages.exchange is not None
        both.pages.exchange.close()
        await client.send(posted("/v1/tickets", b"{}"))
        assert await client.reader.read() == b""
        assert ("pages", "/v1/tickets", b"{}") not in both.seen

    run(story)


def test_connections_that_move_leave_no_trace_behind() -> None:
    async def story(both: Pair, client: Client) -> None:
        for _ in range(20):
            await client.send(get("/board"), b"")
            await client.answer()
            await client.send(get("/healthz"))
            await client.answer()
        await turns(20)
        assert [len(both.servers[name].server_state.connections) for name in ("pager", "pages")] == [1, 0]

    run(story)


REQUESTS = st.sampled_from(
    [get("/board"), get("/status/api/v2/summary.json"), get("/healthz"), posted("/v1/tickets", b"{}"), get("/v1/who")]
)


@given(st.lists(REQUESTS, min_size=1, max_size=6), st.data())
def test_any_requests_in_any_pieces_are_answered_in_order_and_tickets_by_the_pager(
    requests: list[bytes], data: st.DataObject
) -> None:
    together = data.draw(st.booleans())
    streams = [b"".join(requests)] if together else requests
    pieces = []
    for stream in streams:
        cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=2)))
        pieces.append([stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)])

    async def story(both: Pair, client: Client) -> None:
        answers = []
        for parts in pieces:
            await client.send(*parts)
            answers += [await client.answer() for _ in (requests if together else [0])]
        for request, (status, words) in zip(requests, answers, strict=True):
            method, path = request.decode().split()[:2]
            assert status == 200 and f" {method} {path} " in words
            assert words.startswith("pager") or is_page(method, path)
        assert len(both.seen) == len(requests)

    run(story)


@pytest.mark.parametrize(
    "path",
    ["/board", "/board?weeks=4", "/board/events?after=1", "/me", "/portal", "/t/abc", "/status", "/assets/a.css"],
)
def test_pages_are_for_the_process_of_the_pages(path: str) -> None:
    assert is_page_request(get(path)) and is_page("GET", path.partition("?")[0])


@pytest.mark.parametrize(
    "data",
    [
        get("/"),
        get("/login"),
        get("/boards"),
        get("/v1/tickets/T-1"),
        get("/metrics"),
        get("/portal/link/abc"),
        b"HEAD" + get("/board")[3:],
        get("/board")[:-1],
        get("/board") + b"G",
        get("/board") + get("/board"),
        posted("/board/swaps", b""),
        b"GET /board HTTP/1.1\r\nX: " + b"x" * LONGEST_HEAD + b"\r\n\r\n",
        b"",
    ],
)
def test_everything_else_is_for_the_pager(data: bytes) -> None:
    assert not is_page_request(data)
