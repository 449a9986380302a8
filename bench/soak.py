"""Ten minutes of steady load with receipts, one outage of Twilio, and one restart of each part: nothing is lost or sent
twice, and memory does not grow.

The real service gets 50 urgent tickets a second. A minute after its 202 each ticket is resolved, as a help desk does.
Twilio's stand-in, a process of its own, reports each message as sent and delivered, and stops answering for a while.
Then the pager is restarted, and on PostgreSQL the server too, both while the load goes on. Memory is the resident
memory of the pager: its growth is the last fifth of the longest stretch between two starts against the fifth after the
warm-up.

    make bench ONLY=soak                                  SQLite and PostgreSQL, about 24 minutes
    BENCH_SECONDS=180 BENCH_ROWS=sqlite make bench ONLY=soak

BENCH_SECONDS: length of each row; 600 when absent. BENCH_ROWS: words, of which a row's name must contain one.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

import aiohttp
import psutil

from bench.judging import settle
from bench.paging_rows import tickets
from bench.running import TwilioProcess, program
from bench.tables import print_table
from bench.victims import Process, environment, publish
from doubles.loopback import free_port
from doubles.postgres_servers import BundledServer, bundled_server
from oncall.paging.domain.ticket import Attempt, AttemptStatus

RATE = 50
OUTAGE_AT, RESTART_AT, DATABASE_AT = 0.1, 0.2, 0.3
"""When each fault comes, as parts of the whole time. The long stretch without any is at the end."""
OUTAGE_SECONDS = 30.0
RESOLVE_AFTER_SECONDS = 60.0
SAMPLE_SECONDS = 2.0
LIMITS = (
    "limits: {bundle_urgent_for: 0s, per_phone: {most: 10000, within: 1s}, sender: {most: 10000, within: 1s}, "
    "urgent_per_phone: {most: 1000000, within: 1s}, urgent_per_caller: {most: 1000000, within: 1s}}\n"
)
"""One phone gets every page of the load, each in a text of its own."""
HEADER = ["pager", "seconds", "accepted", "repeats", "texts", "lost", "withdrawn", "doubled", "MiB after warm-up",
          "MiB at the end", "growth"]  # fmt: skip


@dataclass
class Soak:
    """The result of one run. memory: (seconds since the start, MiB) of the pager, in stretches between its starts.

    withdrawn: tickets that were resolved before their page had left; a machine that keeps up has none.
    """

    name: str
    seconds: int
    accepted: list[str] = field(default_factory=list)
    repeats: int = 0
    memory: list[list[tuple[float, float]]] = field(default_factory=list)
    texts: int = 0
    lost: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    @property
    def ends(self) -> tuple[float, float]:
        """Return the memory (MiB) after the warm-up and at the end of the longest stretch: means of a fifth each."""
        longest = max(self.memory, key=len)
        fifth = max(len(longest) // 5, 1)
        return mean(mib for _, mib in longest[fifth : 2 * fifth]), mean(mib for _, mib in longest[-fifth:])

    def cells(self) -> list[str]:
        """Return the line of the table."""
        before, after = self.ends
        faults = (len(self.lost), len(self.withdrawn), len(self.doubled))
        counts = (self.seconds, len(self.accepted), self.repeats, self.texts, *faults)
        return [self.name, *map(str, counts), f"{before:.1f}", f"{after:.1f}", f"{after / before - 1:+.1%}"]


def main() -> None:
    """Run on SQLite and on PostgreSQL, and print the table and the memory over time."""
    seconds = int(os.environ.get("BENCH_SECONDS", "600"))
    wanted = os.environ.get("BENCH_ROWS", "").lower().split(",")
    print(
        f"\n{RATE} urgent tickets a second with receipts, an outage and restarts (real service, loopback)", flush=True
    )
    found = []
    for name, has_server in (("oncall, SQLite", False), ("oncall, PostgreSQL", True)):
        if any(word in name.lower() for word in wanted):
            with ExitStack() as stack:
                server = stack.enter_context(bundled_server()) if has_server else None
                found.append(soak(Soak(name, seconds), server))
    print_table(HEADER, [each.cells() for each in found])
    for each in found:
        print(f"{each.name}: MiB every minute or so: {_over_time(each)}")


def soak(found: Soak, server: BundledServer | None) -> Soak:
    """Run one soak. server: its PostgreSQL, which is restarted; None: SQLite."""
    with tempfile.TemporaryDirectory() as place:
        folder, port = Path(place), free_port()
        url = server.url if server is not None else f"sqlite:///{folder}/oncall.db"
        command = [
            sys.executable,
            "-m",
            "doubles.twilio",
            "--port",
            str(port),
            "--auto-deliver",
            "--delivery-seconds",
            "0.2",
        ]
        with program(command, port, log=folder / "twilio.log") as provider_process:
            provider = TwilioProcess(f"http://127.0.0.1:{port}")
            settings = environment(url, provider)
            token = publish(folder, settings, limits=LIMITS)
            own_port = free_port()
            address = f"http://127.0.0.1:{own_port}"
            pager = Process(["serve", "--port", str(own_port)], settings, folder / "serve.log", address)
            pager.start()
            try:
                with Watched(pager, found.memory) as watched:
                    faults = _faults(found.seconds, provider_process, watched, server)
                    asyncio.run(_load(found, address, token, faults))
                    pages = settle(url, found.accepted)
            finally:
                pager.stop()
            _judge(found, [str(message["body"]) for message in provider.ask("messages")["messages"]], pages)
    return found


Fault = tuple[float, Callable[[], None]]
"""After how many seconds something happens, and what; it runs in a thread."""


class Watched:
    """Samples the memory of the pager until the context ends, and restarts the pager."""

    def __init__(self, pager: Process, memory: list[list[tuple[float, float]]]) -> None:
        self._pager, self._memory = pager, memory
        self._began = time.monotonic()
        self._is_over = threading.Event()
        self._restarting = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watched:
        self._memory.append([])
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def restart(self) -> None:
        """Stop the pager as an operator does, and start it again."""
        with self._restarting:
            self._pager.stop()
            self._pager.start()
            self._memory.append([])

    def _run(self) -> None:
        while not self._is_over.wait(SAMPLE_SECONDS):
            with self._restarting:
                mib = psutil.Process(self._pager.pid).memory_info().rss / 2**20
                self._memory[-1].append((time.monotonic() - self._began, mib))


def _faults(seconds: int, provider: psutil.Process, watched: Watched, server: BundledServer | None) -> list[Fault]:
    def outage() -> None:
        provider.suspend()
        time.sleep(min(OUTAGE_SECONDS, seconds / 10))
        provider.resume()

    found: list[Fault] = [(OUTAGE_AT * seconds, outage), (RESTART_AT * seconds, watched.restart)]
    if server is not None:
        found.append((DATABASE_AT * seconds, lambda: server.control("-m", "fast", "restart")))
    return found


async def _load(found: Soak, address: str, token: str, faults: Sequence[Fault]) -> None:
    """Post the tickets at a steady rate and resolve each a minute after its acceptance, while the faults occur."""
    tasks = [asyncio.create_task(_later(after, fault)) for after, fault in faults]
    connector, limit = aiohttp.TCPConnector(limit=200), aiohttp.ClientTimeout(total=30)
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(connector=connector, timeout=limit, headers=headers) as session:
        began = time.monotonic()
        for number, (ticket, body) in enumerate(tickets("S", RATE * found.seconds)):
            await asyncio.sleep(max(began + number / RATE - time.monotonic(), 0))
            tasks.append(asyncio.create_task(_one(session, found, f"{address}/v1/tickets", ticket, body)))
        await asyncio.gather(*tasks)


async def _later(seconds: float, fault: Callable[[], None]) -> None:
    await asyncio.sleep(seconds)
    await asyncio.to_thread(fault)


async def _one(session: aiohttp.ClientSession, found: Soak, url: str, ticket: str, body: object) -> None:
    await _post(session, found, url, body)
    found.accepted.append(ticket)
    await asyncio.sleep(RESOLVE_AFTER_SECONDS)
    await _post(session, found, f"{url}/{ticket}/events", {"kind": "resolved", "id": f"{ticket}-resolved"})


async def _post(session: aiohttp.ClientSession, found: Soak, url: str, body: object) -> None:
    """Post until the ticket is accepted, as an intake system does."""
    while True:
        try:
            async with session.post(url, json=body) as answer:
                if answer.status in (200, 202):
                    return
                if answer.status not in (429, 503):
                    raise RuntimeError(f"HTTP {answer.status}: {await answer.text()}")
        except (aiohttp.ClientError, TimeoutError):
            pass
        found.repeats += 1
        await asyncio.sleep(1.0)


def _judge(found: Soak, bodies: Sequence[str], pages: dict[str, list[Attempt]]) -> None:
    """Compare the accepted tickets with Twilio's list: each ticket's page must be there, and each page's text once."""
    arrived = Counter(body for body in bodies if " Reply ACK " in body)
    owed = Counter(page.text for tries in pages.values() for page in tries if not page.is_member)
    found.texts = sum(arrived.values())
    missing = [ticket for ticket in found.accepted if not any(page.text in arrived for page in pages[ticket])]
    found.withdrawn = [ticket for ticket in missing if pages[ticket] and not any(map(_may_leave, pages[ticket]))]
    found.lost = [ticket for ticket in missing if ticket not in set(found.withdrawn)]
    found.doubled = [text for text, times in arrived.items() if times > owed[text]]


def _may_leave(page: Attempt) -> bool:
    """Return True unless the page was cancelled before any provider had it."""
    return page.status is not AttemptStatus.FAILED or page.sends > 0


def _over_time(found: Soak) -> str:
    samples = [sample for stretch in found.memory for sample in stretch]
    step = max(len(samples) // 10, 1)
    return ", ".join(f"{mib:.0f} at {at:.0f} s" for at, mib in samples[::step])


if __name__ == "__main__":
    main()
