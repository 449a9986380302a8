"""Serves the web application on a bound socket, with uvicorn and limits on connections."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol, cast, runtime_checkable

import uvicorn
from starlette.types import ASGIApp

from oncall.web.server.connection_gate import ConnectionLimits
from oncall.web.server.connection_limits import OtherProcess, PatientProtocol, limited_protocol

BACKLOG = 2_048
"""How many new connections may queue in the operating system. It is high, so that no client must retry in a burst."""
TURNS_PER_LIMIT = 4
"""In one turn the event loop accepts at most the limit of connections divided by this number.

The loop needs a few turns to read the request of a new connection. So even a burst cannot make the server drop a
connection whose request it has not read yet.
"""
STOP_SECONDS = 5
"""How long (real seconds) requests in progress may take after the service was told to stop."""


@runtime_checkable
class HasStreams(Protocol):
    """An application with update streams, which do not end by themselves."""

    def end_streams(self) -> None:
        """End all update streams."""


class Server(uvicorn.Server):
    """uvicorn's server, which accepts few connections in one turn of the event loop but lets many queue."""

    def __init__(self, config: uvicorn.Config, other: OtherProcess | None = None) -> None:
        super().__init__(config)
        self._other = other
        self._taking: set[asyncio.Task[None]] = set()

    def take(self, connection: socket.socket, data: bytes) -> None:
        """Serve a connection that another process accepted.

        data: the bytes of the next request that it has already read.
        """
        task = asyncio.get_running_loop().create_task(self._serve_connection(connection, data))
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)

    async def _serve_connection(self, connection: socket.socket, data: bytes) -> None:
        def protocol() -> PatientProtocol:
            make = cast("type[PatientProtocol]", self.config.http_protocol_class)
            made = make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
            made.first_bytes = data
            return made

        try:
            await asyncio.get_running_loop().connect_accepted_socket(protocol, connection)
        except OSError:
            connection.close()  # Its client is gone.

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen.

        Then lengthen the queue: asyncio uses one number for it and for the connections of one turn.
        """
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(BACKLOG)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop the server. Ends the update streams first, because they would not end by themselves."""
        if isinstance(self.config.app, HasStreams) and self.started:
            self.config.app.end_streams()
        if self._other is not None:
            await self._other.stop()
        await super().shutdown(sockets)


def make_server(app: ASGIApp, limits: ConnectionLimits, other: OtherProcess | None = None) -> Server:
    """Return a server for the application. Run it with the bound socket: `serve(sockets=[...])`.

    other: the process that answers some of the requests; None: there is none.
    """
    return Server(
        uvicorn.Config(
            app,
            http=limited_protocol(limits, other),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            backlog=max(limits.most_per_source // TURNS_PER_LIMIT, 1),
            proxy_headers=bool(limits.forwarding),
            forwarded_allow_ips=[str(network) for network in limits.forwarding],
            timeout_graceful_shutdown=STOP_SECONDS,
        ),
        other,
    )
