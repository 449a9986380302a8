"""The least that a pager on the given libraries does for a ticket: a floor for the processor time of `oncall serve`.

It uses uvicorn with our protocol class, the twilio library and SQLite, and nothing else of the product: no policy, no
schedule, no log, no framework. A ticket is one commit, then one request to Twilio; its two receipts are checked and
share the commits of their moment. It would lose a page in a crash, so it is no pager.

    python -m bench.bare --port 8000 --database FILE --twilio URL
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psutil
import uvicorn
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bench.running import TwilioProcess, program
from doubles.loopback import free_port
from doubles.twilio import ACCOUNT_SID, AUTH_TOKEN
from doubles.twilio_posts import NUMBER
from oncall.web.server.connection_gate import ConnectionLimits
from oncall.web.server.connection_limits import limited_protocol

RECEIPTS_PATH = "/receipts"
GATHER_SECONDS = 0.05
"""The shortest time between two commits of receipts, as in the product."""
TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE tickets (id TEXT PRIMARY KEY, body TEXT);
CREATE TABLE receipts (sid TEXT, status TEXT);
"""


@contextmanager
def bare_service(folder: Path, provider: TwilioProcess) -> Iterator[tuple[str, psutil.Process]]:
    """Run it in a process of its own. Yields its address and its process."""
    port = free_port()
    command = [sys.executable, "-m", "bench.bare", "--port", str(port), "--twilio", provider.base_url]
    with program([*command, "--database", str(folder / "bare.db")], port, log=folder / "bare.log") as process:
        yield f"http://127.0.0.1:{port}", process


class _Twilio(AsyncTwilioHttpClient):  # type: ignore[misc]  # the library publishes no types
    """The library's client, led to another host."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    async def request(self, method: str, url: str, *args: Any, **more: Any) -> Any:
        return await super().request(method, self._base + url[len("https://" + urlsplit(url).netloc) :], *args, **more)


class Bare:
    """The ASGI application."""

    def __init__(self, address: str, database: str, twilio: str) -> None:
        self._callback, self._twilio = address + RECEIPTS_PATH, twilio
        self._validator = RequestValidator(AUTH_TOKEN)
        self._writer = ThreadPoolExecutor(1)
        self._rows = sqlite3.connect(database, check_same_thread=False, isolation_level=None)
        self._rows.executescript(TABLES)
        self._client: Client | None = None
        self._receipts: list[tuple[tuple[str, str], asyncio.Future[None]]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._storing: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        """Answer one request."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        if scope["path"] == RECEIPTS_PATH:
            status = await self._receipt(scope["headers"], body)
        else:
            status = await self._ticket(body)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def _ticket(self, body: bytes) -> int:
        ticket = json.loads(body)
        await self._commit([("INSERT INTO tickets VALUES (?, ?)", [(ticket["id"], body)])])
        self._keep(asyncio.create_task(self._page(ticket)))
        return 202

    async def _page(self, ticket: dict[str, str]) -> None:
        if self._client is None:
            self._client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=_Twilio(self._twilio))
        text = f"URGENT {ticket['id']} {ticket['customer']}: {ticket['subject']}. Reply ACK 7K2"
        await self._client.messages.create_async(
            to="+13055550101", from_=NUMBER, body=text, status_callback=self._callback
        )

    async def _receipt(self, headers: list[tuple[bytes, bytes]], body: bytes) -> int:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        signature = dict(headers).get(b"x-twilio-signature", b"").decode()
        if not self._validator.validate(self._callback, form, signature):
            return 403
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._receipts.append(((form["MessageSid"], form["MessageStatus"]), stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store())
        await stored
        return 204

    async def _store(self) -> None:
        while self._receipts:
            batch, self._receipts = self._receipts, []
            await self._commit([("INSERT INTO receipts VALUES (?, ?)", [row for row, _ in batch])])
            for _, stored in batch:
                stored.set_result(None)
            await asyncio.sleep(GATHER_SECONDS)

    async def _commit(self, statements: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._writer, self._write, statements)

    def _write(self, statements: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        self._rows.execute("BEGIN IMMEDIATE")
        for statement, rows in statements:
            self._rows.executemany(statement, rows)
        self._rows.execute("COMMIT")

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(prog="python -m bench.bare")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--twilio", required=True)
    chosen = parser.parse_args()
    app = Bare(f"http://127.0.0.1:{chosen.port}", chosen.database, chosen.twilio)
    protocol = limited_protocol(ConnectionLimits())
    config = uvicorn.Config(
        app, port=chosen.port, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
