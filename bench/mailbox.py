"""A mail server that takes every mail and keeps none, as a process of its own.

It prints how many mails it took, in all, for each line of its input. It stands for a server on another machine, so it
uses as little processor time as possible.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from doubles.loopback import free_port

END = b"\r\n.\r\n"


class Conversation(asyncio.Protocol):
    """One connection of a client that waits for the answer to each command. taken: called for each mail."""

    def __init__(self, taken: Callable[[], None]) -> None:
        self._taken, self._received, self._is_mail = taken, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(b"220 bench\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer a command, or a mail when its last line has come."""
        self._received += data
        if not self._received.endswith(END if self._is_mail else b"\r\n"):
            return
        command, self._received = self._received[:4].upper(), b""
        if self._is_mail:
            self._is_mail = False
            self._taken()
            self._transport.write(b"250 OK\r\n")
        elif command == b"DATA":
            self._is_mail = True
            self._transport.write(b"354 go on\r\n")
        else:
            self._transport.write(b"221 bye\r\n" if command == b"QUIT" else b"250 OK\r\n")


class Mailbox:
    """The running process."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process, self.port = process, port

    def taken(self) -> int:
        """Return how many mails were taken."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Run the mail server until the context ends."""
    port = free_port()
    command = [sys.executable, "-m", "bench.mailbox", str(port)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]
    ) as process:
        box = Mailbox(process, port)
        try:
            box.taken()
            yield box
        finally:
            process.terminate()


async def serve(port: int) -> None:
    """Serve until the input ends."""
    taken = 0

    def count() -> None:
        nonlocal taken
        taken += 1

    server = await asyncio.get_running_loop().create_server(lambda: Conversation(count), "127.0.0.1", port)
    async with server:
        while await asyncio.to_thread(sys.stdin.readline):
            print(taken, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
