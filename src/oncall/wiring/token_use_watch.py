"""Stores when tokens were last used, for all tokens in one write, at most once a minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from oncall.errors import StoreError
from oncall.paging.sending.engine import Engine
from oncall.web.access.token_use import TokenUse

SAVE_EVERY_SECONDS = 60.0


@asynccontextmanager
async def storing_token_use(token_use: TokenUse, engine: Engine) -> AsyncIterator[None]:
    """Store the uses of tokens in the background until the context ends, and then the last uses."""
    running = asyncio.create_task(_store_again_and_again(token_use, engine))
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await _store(token_use.rest(), token_use, engine)


async def _store_again_and_again(token_use: TokenUse, engine: Engine) -> None:
    while True:
        await asyncio.sleep(SAVE_EVERY_SECONDS)
        await _store(token_use.unsaved(), token_use, engine)


async def _store(used: Mapping[str, datetime], token_use: TokenUse, engine: Engine) -> None:
    """Store these uses. If the store is away, they are kept and stored the next time."""
    if used:
        with suppress(StoreError):
            await engine.write(lambda tx: tx.note_token_use(used))
            token_use.saved(used)
