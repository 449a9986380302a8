"""Readers of the pages, in a process of their own: open boards, customers' pages, the status page, terminals.

The process reads its `Visitors` as JSON from its first line of input, visits until the input ends, and prints what it
saw as JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, quantiles

import aiohttp

CONNECTIONS = 32
"""Connections of the readers of the status page."""
TICK = 0.005
PORTAL_EVERY, LIST_EVERY = 15.0, 2.0
"""Seconds after which a customer loads the ticket's page again, and a terminal lists the tickets again."""
_PLACE = re.compile(r'data-at="([0-9-]+)"')
_PARTS = re.compile(r'data-page="([^"]+)"')


@dataclass
class Visitors:
    """The visitors. boards: a cookie for each open board. portals: the path of each customer's open page.

    status_rate: requests a second for the status page. lists: how many terminals list the open tickets with `token`.
    """

    address: str
    boards: list[str] = field(default_factory=list)
    portals: list[str] = field(default_factory=list)
    status_rate: int = 0
    lists: int = 0
    token: str = ""


@dataclass
class Seen:
    """The answers that the visitors got, by kind, with the median and the 99th percentile in milliseconds.

    refused: how many answers were not 200; first_refusal: the text of the first of them.
    """

    seconds: float = 0.0
    answers: dict[str, int] = field(default_factory=dict)
    p50: dict[str, float] = field(default_factory=dict)
    p99: dict[str, float] = field(default_factory=dict)
    refused: int = 0
    first_refusal: str = ""


@contextmanager
def visiting(visitors: Visitors) -> Iterator[Seen]:
    """Let the visitors visit while the context lasts. The yielded result is filled in at its end."""
    command = [sys.executable, "-m", "bench.visitors"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(asdict(visitors)) + "\n")
        process.stdin.flush()
        if not process.stdout.readline():
            raise RuntimeError("the visitors did not start")
        seen = Seen()
        try:
            yield seen
        finally:
            process.stdin.close()
            told = json.loads(process.stdout.read())
            for name, value in told.items():
                setattr(seen, name, value)


class _Crowd:
    """All visitors of one process."""

    def __init__(self, visitors: Visitors) -> None:
        self._visitors = visitors
        self._taken: dict[str, list[float]] = {}
        self._refused, self._first_refusal = 0, ""

    async def visit(self) -> Seen:
        """Visit until the input ends."""
        own, began = self._visitors, time.monotonic()
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(own.address, connector=connector, timeout=timeout) as session:
            work = [self._board(session, cookie, number) for number, cookie in enumerate(own.boards)]
            work += [
                self._again(session, "portal", path, PORTAL_EVERY, number) for number, path in enumerate(own.portals)
            ]
            listing = "/v1/tickets?state=open"
            work += [self._again(session, "list", listing, LIST_EVERY, number) for number in range(own.lists)]
            if own.status_rate:
                work.append(self._status())
            tasks = [asyncio.create_task(each) for each in work]
            await self._until_first_round()
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.read)
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        broken = [each for each in ended if isinstance(each, Exception)]
        if broken:
            print(f"{len(broken)} visitors ended early: {broken[0]!r}", file=sys.stderr)
        return self._seen(time.monotonic() - began)

    async def _until_first_round(self) -> None:
        """Wait until every board is open: opening two hundred at once is not measured."""
        own, until = self._visitors, time.monotonic() + 60
        while time.monotonic() < until and len(self._taken.get("board", [])) < len(own.boards):
            await asyncio.sleep(0.05)
        self._taken.clear()

    def _seen(self, seconds: float) -> Seen:
        found = Seen(seconds, refused=self._refused, first_refusal=self._first_refusal)
        for kind, taken in self._taken.items():
            found.answers[kind] = len(taken)
            found.p50[kind] = median(taken) * 1000
            found.p99[kind] = quantiles(taken, n=100)[98] * 1000 if len(taken) > 1 else taken[0] * 1000
        return found

    async def _get(self, session: aiohttp.ClientSession, kind: str, path: str, headers: dict[str, str]) -> str:
        sent_at = time.monotonic()
        async with session.get(path, headers=headers) as answer:
            text = await answer.text()
            if answer.status != 200:
                self._refused += 1
                self._first_refusal = self._first_refusal or f"{kind}: HTTP {answer.status} {text[-300:]}"
        self._taken.setdefault(kind, []).append(time.monotonic() - sent_at)
        return text

    async def _board(self, session: aiohttp.ClientSession, cookie: str, number: int) -> None:
        """Open a board and load it again whenever its stream says that something changed, as its script does."""
        await asyncio.sleep(number * 0.05)
        headers = {"Cookie": cookie}
        page = await self._get(session, "board", "/board?weeks=13", headers)
        place, parts = _PLACE.search(page), _PARTS.search(page)
        after = place.group(1) if place is not None else ""
        path = parts.group(1).replace("&amp;", "&") if parts is not None else "/board?weeks=13"
        changed, stream = asyncio.Event(), f"/board/events?after={after}"
        async with session.get(stream, headers=headers) as events:
            loading = asyncio.create_task(self._load(session, path, headers, changed))
            try:
                async for line in events.content:
                    if line.startswith(b"event: changed"):
                        changed.set()
            finally:
                loading.cancel()

    async def _load(
        self, session: aiohttp.ClientSession, path: str, headers: dict[str, str], changed: asyncio.Event
    ) -> None:
        while await changed.wait():
            changed.clear()
            await self._get(session, "reload", path, headers)

    async def _again(self, session: aiohttp.ClientSession, kind: str, path: str, every: float, number: int) -> None:
        headers = {"Authorization": f"Bearer {self._visitors.token}"} if kind == "list" else {}
        await asyncio.sleep(number * 0.037 % every)
        while True:
            await self._get(session, kind, path, headers)
            await asyncio.sleep(every)

    async def _status(self) -> None:
        """Ask for the status page at a steady rate over a few connections, even when answers are late."""
        loop = asyncio.get_running_loop()
        host, _, port = self._visitors.address.rpartition("/")[2].partition(":")
        waiting: deque[float] = deque()
        taken = self._taken.setdefault("status", [])
        idle: list[_Reader] = []
        for _ in range(CONNECTIONS):
            _, reader = await loop.create_connection(lambda: _Reader(idle, waiting, taken), host, int(port))
            idle.append(reader)
        began, asked = time.monotonic(), 0
        while True:
            due = int((time.monotonic() - began) * self._visitors.status_rate)
            waiting.extend([time.monotonic()] * (due - asked))
            asked = due
            while idle and waiting:
                idle.pop().ask(waiting.popleft())
            await asyncio.sleep(TICK)


class _Reader(asyncio.Protocol):
    """One connection of a reader of the status page, as cheap as it can be, because it shares the machine."""

    _request = b"GET /status HTTP/1.1\r\nHost: status\r\nAccept-Encoding: gzip\r\n\r\n"

    def __init__(self, idle: list[_Reader], waiting: deque[float], taken: list[float]) -> None:
        self._idle, self._waiting, self._taken = idle, waiting, taken
        self._asked_at = 0.0
        self._left = -1
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, due_at: float) -> None:
        """Send a request that was due at this instant."""
        self._asked_at, self._left, self._head = due_at, -1, b""
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._head[:end].lower()
            if not head.startswith(b"http/1.1 200"):
                raise RuntimeError(head.decode())
            length = head.index(b"content-length:") + 15
            self._left = int(head[length:].split(b"\r\n", 1)[0]) - (len(self._head) - end - 4)
        else:
            self._left -= len(data)
        if self._left == 0:
            self._taken.append(time.monotonic() - self._asked_at)
            if self._waiting:
                self.ask(self._waiting.popleft())
            else:
                self._idle.append(self)


def main() -> None:
    """Visit as the first line of input says."""
    visitors = Visitors(**json.loads(sys.stdin.readline()))
    print(json.dumps(asdict(asyncio.run(_Crowd(visitors).visit()))))


if __name__ == "__main__":
    main()
