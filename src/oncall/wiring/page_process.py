"""The second process, which answers requests for web pages: `python -m oncall.wiring.page_process`.

`PageWorker` starts it. It has a low priority, so that thousands of readers never slow the pager. It gets connections
from the pager's process, reads the same database, and pages nobody. It ends when the pager's process is gone.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from oncall.channels.low_priority import lower_priority
from oncall.clock import RehearsalClock
from oncall.paging.ports.time_source import Clock
from oncall.web.edge.problem_documents import problem
from oncall.web.server.connection_exchange import ConnectionExchange
from oncall.web.server.page_requests import is_page, is_page_request
from oncall.web.server.server import HasStreams, Server, make_server
from oncall.wiring import Settings, make_clock, read_settings
from oncall.wiring.event_loop import run
from oncall.wiring.logs import start_logging
from oncall.wiring.page_service import make_page_app
from oncall.wiring.pager import freeze_loaded_objects, share_the_interpreter
from oncall.wiring.web_service import connection_limits, raise_open_files

LOW_PRIORITY = 10
ALIVE_EVERY_SECONDS = 1.0
MISDIRECTED = "this request came over a connection that was reading pages, and nothing was done; send it again"


@dataclass(frozen=True, slots=True)
class PageStart:
    """What the pager's process sends to this one at the start.

    end: the file number of this process's end of the exchange of connections. address: where the service listens.
    starts_at (aware UTC, as ISO text), began: of the rehearsal clock; None: the clock is the machine's.
    """

    end: int
    address: str
    starts_at: str | None = None
    began: float | None = None


class OnlyPages:
    """An ASGI application that refuses the requests that only the pager's process may answer, and passes on all others.

    Such a request arrives only if its client sent it without waiting for the answer to the request before it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request for a web page, and calls of other kinds than requests. Refuse any other request."""
        if scope["type"] == "http" and not is_page(scope["method"], scope["path"]):
            await problem(421, MISDIRECTED)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def end_streams(self) -> None:
        """End the update streams of open web pages."""
        if isinstance(self._app, HasStreams):
            self._app.end_streams()


class PagerProcess:
    """The pager's process, as `web.OtherProcess`. It gets every connection whose next request is not for a web page."""

    exchange: ConnectionExchange | None = None

    def takes(self, connection: socket.socket, data: bytes) -> bool:
        """Give a connection back to the pager's process. Returns False if its next request is for a web page instead.

        If it cannot be given back, the connection ends, because this process must not answer for the pager.
        """
        if is_page_request(data):
            return False
        if self.exchange is not None:
            self.exchange.give(connection, data)
        return True

    async def stop(self) -> None:
        """Close the exchange, so that no more connections are given back."""
        if self.exchange is not None:
            self.exchange.close()


async def _serve(server: Server, pager: PagerProcess, end: socket.socket) -> None:
    serving = asyncio.create_task(server.serve(sockets=[]))

    def leave() -> None:
        server.should_exit = True

    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    exchange = pager.exchange = ConnectionExchange(end, server.take, lost=leave)
    while not server.should_exit and not serving.done():
        exchange.say_alive()
        await asyncio.wait({serving}, timeout=ALIVE_EVERY_SECONDS)
    await serving


def _clock(settings: Settings, start: PageStart) -> Clock:
    """Return a clock that shows the same time as that of the pager's process."""
    if start.starts_at is None or start.began is None:
        return make_clock(settings)
    return RehearsalClock(datetime.fromisoformat(start.starts_at), settings.clock_rate, start.began)


def main() -> None:
    """Answer requests for web pages until the pager's process is gone."""
    lower_priority(LOW_PRIORITY)
    start = PageStart(**json.loads(sys.stdin.readline()))
    end = socket.socket(fileno=start.end)
    end.setblocking(False)
    start_logging()
    settings, pager = read_settings(), PagerProcess()
    app = OnlyPages(make_page_app(settings, address=start.address, clock=_clock(settings, start)))
    server = make_server(app, connection_limits(settings, open_files=raise_open_files()), pager)
    share_the_interpreter()
    freeze_loaded_objects()
    with suppress(KeyboardInterrupt):
        run(_serve(server, pager, end))


if __name__ == "__main__":
    main()
