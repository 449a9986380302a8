"""Runs a second process that answers requests for web pages, so that people who read web pages do not delay the pager.

The process starts at the first such request. While it is not ready, the service answers the requests itself.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from contextlib import suppress

import structlog

from oncall.clock import RehearsalClock
from oncall.paging.ports.time_source import Clock
from oncall.web.server.connection_exchange import ConnectionExchange, exchange_pair
from oncall.web.server.page_requests import is_page_request

SILENT_SECONDS = 30.0
"""How long (real time) the process may give no sign of life before it is ended.

It gives one every second, but has the lowest priority.
"""
START_SECONDS = 300.0
"""How long (real seconds) the process may take to give its first sign of life."""
LOOK_EVERY_SECONDS = 2.0
SHORTEST_REST, LONGEST_REST = 1.0, 60.0
"""Shortest and longest pause (real seconds) before the process is started again after it ended.

The pause doubles each time, unless the process ran longer than the longest pause.
"""
STOP_SECONDS = 7.0
"""How long (real seconds) the process may take to end by itself."""


class PageWorker:
    """Starts the process, gives it connections, and starts it again if it ends. Use it from one event loop.

    address: where the service listens. clock: returns the clock of the service, which the web pages use, too. take:
    serves a connection that the process gives back because its next request is not for a web page. silent_seconds: how
    long (real time) the process may give no sign of life before it is ended.
    """

    def __init__(
        self,
        address: str,
        clock: Callable[[], Clock],
        take: Callable[[socket.socket, bytes], None],
        *,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._address, self._clock, self._take = address, clock, take
        self._silent_seconds = silent_seconds
        self._exchange: ConnectionExchange | None = None
        self._running: asyncio.Task[None] | None = None
        self._is_ready = self._is_stopping = False
        self._heard_at, self._pid = 0.0, 0
        self._rest, self._rests_until = SHORTEST_REST, 0.0
        self._log = structlog.get_logger("oncall.pages")

    def takes(self, connection: socket.socket, data: bytes) -> bool:
        """Give a connection to the process if its next request is for a web page.

        Returns False if this process must answer.
        See `web.OtherProcess`.
        """
        if not is_page_request(data):
            return False
        if self._exchange is not None and self._is_ready:
            return self._exchange.give(connection, data)
        if self._running is None and not self._is_stopping and time.monotonic() >= self._rests_until:
            self._running = asyncio.get_running_loop().create_task(self._run())
        return False

    async def stop(self) -> None:
        """End the process, and wait until it has ended."""
        self._is_stopping = True
        if self._exchange is not None:
            self._exchange.close()
        if self._running is not None:
            await self._running

    async def _run(self) -> None:
        """Run the process once, from its start to its end. Never raises."""
        try:
            own, other = exchange_pair()
        except (AttributeError, OSError) as error:
            # This system cannot pass connections on, so the service goes on answering pages itself.
            self._log.warning("pages stay in the pager's process", action="pages_in_pager", error=str(error))
            self._rests_until = float("inf")
            self._running = None
            return
        began = time.monotonic()
        try:
            with other:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "oncall.wiring.page_process"),
                    stdin=PIPE,
                    stdout=DEVNULL,
                    pass_fds=[other.fileno()],
                    # Ctrl-C is for the service, which ends this process itself.
                    start_new_session=True,
                )
                self._tell(process, other.fileno())
            self._heard_at, self._pid = time.monotonic(), process.pid
            self._exchange = ConnectionExchange(own, self._take, heard=self._hear, lost=self._lose)
            await self._follow(process)
        except Exception:
            self._log.exception("the process of the pages failed", action="pages_failed")
        finally:
            self._lose()
            self._rest_before_the_next(time.monotonic() - began)
            self._running = None

    def _rest_before_the_next(self, lasted: float) -> None:
        """Set the earliest time of the next start. lasted: how long the process ran, in seconds."""
        if lasted > LONGEST_REST:
            self._rest = SHORTEST_REST
        self._rests_until = time.monotonic() + self._rest
        self._rest = min(2 * self._rest, LONGEST_REST)

    def _tell(self, process: Process, end: int) -> None:
        """Send the process what it needs: its end of the exchange, the service's address, and the rehearsal's clock."""
        clock = self._clock()
        told: dict[str, object] = {"end": end, "address": self._address}
        if isinstance(clock, RehearsalClock):
            told |= {"starts_at": clock.starts_at.isoformat(), "began": clock.began}
        assert process.stdin is not None
        process.stdin.write(json.dumps(told).encode() + b"\n")

    async def _follow(self, process: Process) -> None:
        """Wait until the process ends. End it if it is silent for too long, or if the service stops."""
        ending = asyncio.create_task(process.wait())
        while self._exchange is not None and not self._is_stopping and not ending.done():
            await asyncio.wait({ending}, timeout=LOOK_EVERY_SECONDS)
            longest = self._silent_seconds if self._is_ready else START_SECONDS
            if time.monotonic() - self._heard_at > longest:
                self._log.error("the process of the pages is silent and is ended", action="pages_silent")
                with suppress(ProcessLookupError):
                    process.kill()
        self._lose()
        if not self._is_stopping:
            self._log.error("the process of the pages ended; the pager answers pages", action="pages_ended")
        await asyncio.wait({ending}, timeout=STOP_SECONDS)
        if not ending.done():
            with suppress(ProcessLookupError):
                process.kill()
        await ending

    def _hear(self) -> None:
        if not self._is_ready:
            self._log.info("a process of its own answers pages", action="pages_ready", pid=self._pid)
        self._is_ready, self._heard_at = True, time.monotonic()

    def _lose(self) -> None:
        """Stop giving connections to the process."""
        self._is_ready = False
        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None
