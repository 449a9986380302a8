"""Connections that are worth keeping: whoever opens one and says nothing must not keep the pager from its provider."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE_SECONDS = 10.0
"""Real time for a whole request, headers and body, from its first byte or from the connection's begin. Whoever reads
nothing of the answer for so long is cut off as well."""
MOST_CONNECTIONS = 400
"""Well below what a process may hold open: the provider and the database need descriptors too."""
MOST_UNDERWAY = 2**16
"""Bytes of an answer that the system may hold for whoever reads it. With its own megabytes nobody could tell for a long
while whether a slow reader reads: what it holds is not told, and more is asked for only when a third of it is gone."""


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, which by itself waits for ever for a request that is never completed."""

    patience_seconds = PATIENCE_SECONDS
    most_connections = MOST_CONNECTIONS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._patience: asyncio.TimerHandle | None = None
        self._unread = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for the first request; a connection too many is closed at once."""
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_UNDERWAY)
        if len(self.connections) > self.most_connections:
            transport.close()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """More of a request came; its time runs from the first part."""
        super().data_received(data)
        if self._patience is None:
            self._wait()

    def on_response_complete(self) -> None:
        """The next request on this connection has a time of its own: what is in use is not cut."""
        if self._patience is not None:
            self._patience.cancel()
        self._wait()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.patience_seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        self._patience = None
        cycle, unread = self.cycle, self.transport.get_write_buffer_size()
        if unread and unread == self._unread:
            # Whoever asks and reads nothing of the answer would keep the connection for ever, closed or not.
            self.transport.abort()
        elif not unread and (cycle is None or cycle.more_body or cycle.response_complete):
            self.transport.close()
        else:
            self._wait()
        self._unread = unread
