"""Lets an event loop work on while a test or a double waits for what it does. No time is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

PATIENCE_SECONDS = 120.0
"""Real time after which a condition counts as one that never holds."""


async def turns(count: int = 10) -> None:
    """Let every other task run so many times, each until it waits."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(holds: Callable[[], object]) -> None:
    """Let the loop run until a condition holds. Raises TimeoutError after two minutes."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():
            await turns(1)
