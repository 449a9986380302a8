"""Ports of 127.0.0.1 for programs that start a moment later, and sockets that reserve one."""

from __future__ import annotations

import os
import secrets
import socket
from contextlib import suppress

_PORTS = range(15_000, 32_000)
"""Ports that only a program that names one of them takes.

Systems choose higher ports by themselves, so an outgoing connection may take one of those at any moment."""
_TRIES = 1_000


def free_port() -> int:
    """Return a free port of 127.0.0.1 for a program that binds it soon. Raises OSError when none is found."""
    for _ in range(_TRIES):
        with suppress(OSError), bound(secrets.choice(_PORTS)) as probe:
            port: int = probe.getsockname()[1]
            return port
    raise OSError(f"none of {_TRIES} ports from {_PORTS.start} to {_PORTS.stop - 1} is free on 127.0.0.1")


def listening_socket() -> socket.socket:
    """Return a socket that listens on some port of 127.0.0.1, for a server of asyncio.

    It sends each part of an answer at once, as the sockets do that asyncio opens itself. Without that, the second part
    of an answer waits for the receipt of the first, which the other end delays by 40 milliseconds.
    """
    opened = socket.create_server(("127.0.0.1", 0))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def bound(port: int = 0) -> socket.socket:
    """Return a socket bound to this port of 127.0.0.1 (0: any).

    Connections are refused until it listens. Raises OSError when the port is taken.
    """
    held = socket.socket()
    try:
        if os.name == "posix":
            # Else a port could not be had again while connections to it are not forgotten.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", port))
    except OSError:
        held.close()
        raise
    return held
