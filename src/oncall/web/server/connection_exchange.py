"""Passes client connections from one process of the service to another, with the bytes already read from each one."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress

from oncall.web.server.page_requests import LONGEST_HEAD

MOST_TAKEN = 20
"""The most connections that are received in one turn of the event loop."""


def exchange_pair() -> tuple[socket.socket, socket.socket]:
    """Return two connected sockets, one for each process. Raises OSError where the system has no such sockets."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (one, other):
        end.setblocking(False)
    return one, other


class ConnectionExchange:
    """One process's end of the exchange. Use it from one event loop.

    take: called for each connection that the other process passes on, with the bytes that were already read from it.
    heard: called when the other process reports that it is alive. lost: called once, when the other process is gone.
    """

    def __init__(
        self,
        end: socket.socket,
        take: Callable[[socket.socket, bytes], None],
        *,
        heard: Callable[[], None] = lambda: None,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._end, self._take, self._heard, self._lost = end, take, heard, lost
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self._loop.add_reader(end.fileno(), self._read)

    def give(self, connection: socket.socket, data: bytes) -> bool:
        """Pass a copy of a connection to the other process. Returns False if that is not possible now."""
        if not self._is_open:
            return False
        try:
            # A message without a byte would look like the end, so one comes first.
            socket.send_fds(self._end, [b">", data], [connection.fileno()])
        except OSError:
            # Its buffer is full, or it is gone: the reader notices that.
            return False
        return True

    def say_alive(self) -> None:
        """Report to the other process that this one is alive."""
        with suppress(OSError):
            self._end.send(b".")

    def close(self) -> None:
        """Stop the exchange. The other process then calls its `lost`."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._end.fileno())
            self._end.close()

    def _read(self) -> None:
        for _ in range(MOST_TAKEN):
            try:
                data, files, _, _ = socket.recv_fds(self._end, LONGEST_HEAD + 1, 1)
            except BlockingIOError:
                return
            except OSError:
                data, files = b"", []
            if not data:
                self.close()
                self._lost()
                return
            if files:
                os.set_inheritable(files[0], False)
                connection = socket.socket(fileno=files[0])
                connection.setblocking(False)
                self._take(connection, data[1:])
            else:
                self._heard()
