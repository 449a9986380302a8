"""Serves the web application on a bound socket: uvicorn with this product's limits."""

from __future__ import annotations

import socket
from typing import Protocol, runtime_checkable

import uvicorn
from starlette.types import ASGIApp

from oncall.web.server.connection_gate import ConnectionLimits
from oncall.web.server.connection_limits import limited_protocol

BACKLOG = 2_048
"""Connections that the system completes before the server takes them. A burst must not wait for the client to retry."""
TURNS_PER_LIMIT = 4
"""The event loop needs a few turns to read the request of a new connection. In one turn it takes so small a part of the
limit of connections that no burst can make it drop a connection whose request it has not read."""
STOP_SECONDS = 5
"""Real time for the requests in progress when the service is told to stop."""


@runtime_checkable
class HasStreams(Protocol):
    """An application with answers that do not end by themselves."""

    def end_streams(self) -> None:
        """End them."""


class Server(uvicorn.Server):
    """uvicorn's server, which takes few connections in one turn of the event loop but lets many wait."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen. The loop uses one number for both limits, so the longer queue is set afterwards."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(BACKLOG)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, without waiting for answers that do not end by themselves."""
        if isinstance(self.config.app, HasStreams) and self.started:
            self.config.app.end_streams()
        await super().shutdown(sockets)


def make_server(app: ASGIApp, limits: ConnectionLimits) -> Server:
    """Return a server for the application. Run it with the bound socket: `serve(sockets=[...])`."""
    return Server(
        uvicorn.Config(
            app,
            http=limited_protocol(limits),
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
        )
    )
