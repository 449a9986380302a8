"""An event loop in which a name server that does not answer delays neither other work nor the end of the process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeAlias

Address: TypeAlias = tuple[Any, Any, int, str, Any]
"""One entry in the result of `socket.getaddrinfo`."""


class EventLoop(asyncio.SelectorEventLoop):
    """asyncio's event loop, except that it looks up host names in daemon threads of its own.

    asyncio uses its thread pool for look-ups. Reads of the database need that pool, too, and the process waits for it
    before it ends. A look-up without an answer ends only after half a minute or more.
    """

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - the name that asyncio gives it
        proto: int = 0,
        flags: int = 0,
    ) -> list[Address]:
        """Return the addresses of a host, as `socket.getaddrinfo` does. Raises OSError."""
        found: asyncio.Future[list[Address]] = self.create_future()

        def settle(result: list[Address] | OSError) -> None:
            if found.done():
                return
            if isinstance(result, OSError):
                found.set_exception(result)
            else:
                found.set_result(result)

        def look_up() -> None:
            result: list[Address] | OSError
            try:
                result = list(socket.getaddrinfo(host, port, family, type, proto, flags))
            except (OSError, UnicodeError) as error:
                result = error if isinstance(error, OSError) else OSError(f"no such host name ({error})")
            with suppress(RuntimeError):  # The loop is closed, so the result is not needed.
                self.call_soon_threadsafe(settle, result)

        threading.Thread(target=look_up, name="oncall-look-up", daemon=True).start()
        return await found


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run the coroutine to its end in an `EventLoop`."""
    with asyncio.Runner(loop_factory=EventLoop) as runner:
        runner.run(main)
