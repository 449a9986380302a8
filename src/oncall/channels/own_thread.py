"""Runs blocking work in a thread that does not delay the end of the program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_own_thread(work: Callable[[], T], *, name: str) -> T:
    """Run work in a thread with this name, and return its result or raise its error.

    The program can end before the thread.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(set_outcome: Callable[[], None]) -> None:
        if not done.done():
            set_outcome()

    def run() -> None:
        try:
            result = work()
        except Exception as error:
            failure = error
            _call(loop, lambda: tell(lambda: done.set_exception(failure)))
        else:
            _call(loop, lambda: tell(lambda: done.set_result(result)))

    threading.Thread(target=run, name=name, daemon=True).start()
    return await done


def _call(loop: asyncio.AbstractEventLoop, what: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(what)
