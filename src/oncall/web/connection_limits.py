"""Limits on connections, so that idle or slow clients cannot keep the pager from its provider."""

from __future__ import annotations

import asyncio
import socket
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE_SECONDS = 10.0
"""Real time for a whole request, headers and body, from its first byte or from the start of the connection. A client
that reads nothing of its answer for this time is cut off too."""
MOST_CONNECTIONS = 400
"""Well below the number of files that a process may open: the provider and the database need descriptors too."""
LARGEST_HEAD = 2**16
"""The most bytes of a request before its body. The parser itself has no limit, and keeps what it has read."""
MOST_UNDERWAY = 2**16
"""The most bytes of an answer that the system may buffer for a client. The default of several megabytes would hide
that a slow client is still reading: the system does not report how full its buffer is, and asks for more bytes only
when a third of the buffer is free."""


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with limits; without them it waits for ever for a request that is never completed."""

    patience_seconds = PATIENCE_SECONDS
    most_connections = MOST_CONNECTIONS

    _patience: asyncio.TimerHandle | None = None
    _unread = 0
    _head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the time limit of the first request; close a connection above the limit at once."""
        transport = cast("asyncio.Transport", transport)
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_UNDERWAY)
        if len(self.connections) > self.most_connections:
            transport.close()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Start the time limit of a request when its first bytes arrive, and refuse a head that is too large."""
        super().data_received(data)
        is_in_head = self.cycle is None or self.cycle.response_complete
        self._head_bytes = self._head_bytes + len(data) if is_in_head else 0
        if self._head_bytes > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")
        if self._patience is None:
            self._wait()

    def on_response_complete(self) -> None:
        """Give the next request on this connection a new time limit."""
        if self._patience is not None:
            self._patience.cancel()
        self._wait()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the time limit."""
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.patience_seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        self._patience = None
        cycle, unread = self.cycle, self.transport.get_write_buffer_size()
        if unread and unread == self._unread:
            # A client that reads nothing of its answer would keep even a closed connection for ever.
            self.transport.abort()
        elif not unread and (cycle is None or cycle.more_body or cycle.response_complete):
            self.transport.close()
        else:
            self._wait()
        self._unread = unread
