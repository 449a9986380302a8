"""A mail server that takes every mail and keeps none, as a process of its own.

It prints how many mails it took, in all, for each line of its input.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from doubles.loopback import free_port


class Counter:
    """Counts the mails that it takes."""

    def __init__(self) -> None:
        self.taken = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Take a mail."""
        self.taken += 1
        return "250 OK"


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
    counter, loop = Counter(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(counter, loop=loop), "127.0.0.1", port)
    async with server:
        while await asyncio.to_thread(sys.stdin.readline):
            print(counter.taken, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
