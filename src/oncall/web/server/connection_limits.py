"""Limits on client connections, so that idle or slow clients cannot block the SMS provider's callbacks."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from oncall.web.edge.request_trace import PROVE_SOURCE
from oncall.web.server.connection_gate import ConnectionGate, ConnectionLimits
from oncall.web.services.live_feed import STREAM_PATH

PATIENCE_SECONDS = 10.0
"""The time limit (real seconds) of a whole request, headers and body. It runs from the connection or the first byte.

A client that reads nothing of its answer for this time is cut off too.
"""
LARGEST_HEAD = 2**16
"""The most bytes of a request before its body. The parser itself has no limit, and keeps all that it has read."""
MOST_UNDERWAY = 2**16
"""The most bytes of an answer that the operating system may buffer for a client.

With the default of several megabytes, a slow reader would look like a client that reads nothing: the system does not
report how full its buffer is, and takes more bytes only when a third of the buffer is free.
"""


class OtherProcess(Protocol):
    """Another process that answers some of the requests which arrive at this one."""

    def takes(self, connection: socket.socket, data: bytes) -> bool:
        """Pass the connection on and return True, if the other process answers its next request.

        data: the bytes of that request that were read. Returns False if this process must answer it.
        """

    async def stop(self) -> None:
        """Stop passing connections on, and end the other process."""


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, with limits on time and size.

    uvicorn alone would wait for ever for the rest of a request.
    gate: shared by all connections of one server; each server has a subclass that sets it. other: the process that
    answers some of the requests; None if this process answers all. first_bytes: the bytes that the other process read
    before it gave the connection back.
    """

    gate: ConnectionGate[PatientProtocol]
    other: OtherProcess | None = None
    patience_seconds = PATIENCE_SECONDS
    first_bytes = b""

    _patience: asyncio.TimerHandle | None = None
    _unread = 0
    _head_bytes = 0
    _is_in_head = False
    _is_half_closed = False
    _is_between_requests = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the time limit of the first request. If there are too many connections, drop one.

        The gate picks it: the connection that has waited longest for its client.
        """
        transport = cast("asyncio.Transport", transport)
        super().connection_made(transport)
        self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_UNDERWAY)
        self._wait()
        dropped = self.gate.enter(self, self.client[0] if self.client is not None else "")
        if dropped is not None:
            # Leave at once: the loop reports the end of the connection only after it has accepted many more.
            self.gate.leave(dropped)
            dropped.transport.abort()
        if self.first_bytes and not transport.is_closing():
            self.data_received(self.first_bytes)

    def data_received(self, data: bytes) -> None:
        """Start the time limit of a request when its first bytes arrive. Refuse headers that are too large.

        If another process answers the request, pass the connection on and close it here.
        """
        if self.other is not None and self._is_idle() and self.other.takes(self._socket(), data):
            self.transport.abort()
            return
        super().data_received(data)
        # The body of a request that was refused unread may still arrive: it is no head.
        self._head_bytes = self._head_bytes + len(data) if self._is_in_head else 0
        if self._head_bytes > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")
        if self._patience is None:
            self._wait()
        self._note_state()

    def on_message_begin(self) -> None:
        """Record that the headers of a request begin."""
        self._is_in_head, self._is_between_requests = True, False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Record that the headers of a request are complete.

        Adds to its scope the function that a route calls after it checked the provider's signature.
        """
        self._is_in_head = False
        super().on_headers_complete()
        # An ASGI server may add keys of its own; uvicorn types the scope as a TypedDict without them.
        cast("dict[str, object]", self.scope)[PROVE_SOURCE] = self._prove

    def on_message_complete(self) -> None:
        """Record that a request has arrived completely."""
        self._is_between_requests = True
        super().on_message_complete()

    # uvicorn declares None, but asyncio asks for this bool.
    def eof_received(self) -> bool:  # type: ignore[override]  # see above
        """Return True if the connection stays open after the client's last byte, because an answer is still due.

        Return False for an update stream: it never ends, so a client that closed its side does not read it any more.
        """
        super().eof_received()
        self._is_half_closed = True
        return self._is_working() and self.cycle.scope["path"] != STREAM_PATH

    def on_response_complete(self) -> None:
        """Start the time limit of the next request on this connection."""
        if self._patience is not None:
            self._patience.cancel()
        self._wait()
        super().on_response_complete()
        self._note_state()
        if self._is_half_closed and not self._is_working():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the time limit, and take the connection out of the gate."""
        if self._patience is not None:
            self._patience.cancel()
        self.gate.leave(self)
        super().connection_lost(exc)

    def _prove(self) -> None:
        self.gate.prove(self)

    def _is_idle(self) -> bool:
        """Return True if all requests that arrived are answered, so that the next bytes begin a new request."""
        is_answered = self.cycle is None or self.cycle.response_complete
        is_sent = not self.pipeline and self.transport.get_write_buffer_size() == 0
        return self._is_between_requests and is_answered and is_sent and not self.transport.is_closing()

    def _socket(self) -> socket.socket:
        return cast("socket.socket", self.transport.get_extra_info("socket"))

    def _note_state(self) -> None:
        if self._is_working():
            self.gate.work(self)
        else:
            self.gate.wait(self)

    def _is_working(self) -> bool:
        """Return True if a request has arrived completely and is not answered yet."""
        # `cycle` is the latest request. Those before it are complete, and those in `pipeline` wait for an answer.
        if self.pipeline:
            return True
        return self.cycle is not None and not self.cycle.more_body and not self.cycle.response_complete

    def _wait(self) -> None:
        self._patience = self.loop.call_later(self.patience_seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        self._patience = None
        unread = self.transport.get_write_buffer_size()
        if unread and unread == self._unread:
            # A client that reads nothing of its answer would keep even a closed connection for ever.
            self.transport.abort()
        elif not unread and not self._is_working():
            self.transport.close()
        else:
            self._wait()
        self._unread = unread


def limited_protocol(limits: ConnectionLimits, other: OtherProcess | None = None) -> type[PatientProtocol]:
    """Return the protocol class of one server. Its connections share these limits.

    other: the process that answers some of the requests; None: there is none.
    """
    return type("LimitedProtocol", (PatientProtocol,), {"gate": ConnectionGate(limits), "other": other})
