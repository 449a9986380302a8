"""One running pager: its store, channel and engine, and whoever watches over it; with HTTP around it or without."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from oncall.clock import SystemClock
from oncall.errors import Refused, StoreError
from oncall.paging.ports.clock import Clock
from oncall.paging.sending.engine import Engine
from oncall.store.sql_store import SqlStore
from oncall.web.metrics import Metrics
from oncall.web.worker_probes import worker_probes
from oncall.wiring import Settings, make_channel, make_clock, make_store, make_voice, sqlite_path, why_no_calls
from oncall.wiring.pager_watch import Watch


@dataclass(frozen=True, slots=True)
class Pager:
    """What runs. `registry` holds its metrics."""

    engine: Engine
    clock: Clock
    watch: Watch
    registry: CollectorRegistry


@asynccontextmanager
async def open_pager(settings: Settings, *, callback_url: str | None) -> AsyncIterator[Pager]:
    """A pager at work until the context is left. callback_url: where the provider reports to; None: nowhere."""
    clock, store = make_clock(settings), make_store(settings)
    _begin_after_the_last(clock, store)
    channel, registry = make_channel(settings, callback_url=callback_url), CollectorRegistry()
    voice = make_voice(settings, callback_url=callback_url)
    worker, metrics = f"{socket.gethostname()}:{os.getpid()}", Metrics(registry)
    engine = Engine(
        store=store,
        channels={"sms": channel} if voice is None else {"sms": channel, "voice": voice},
        clock=clock,
        worker=worker,
        is_alone=sqlite_path(settings) is not None,
        observer=metrics,
        no_calls_because=why_no_calls(settings, callback_url=callback_url),
    )
    watch = Watch(settings, engine, clock, metrics, worker=worker)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    waker = threading.Thread(target=_wake, args=(store, stop, loop, engine), name="store-watch", daemon=True)
    running = [asyncio.create_task(engine.run(stop)), asyncio.create_task(watch.run(stop))]
    waker.start()
    try:
        yield Pager(engine, clock, watch, registry)
    finally:
        stop.set()
        await asyncio.gather(*running)
        await asyncio.to_thread(waker.join)
        await channel.close()
        if voice is not None:
            await voice.close()
        await asyncio.to_thread(store.close)


def _begin_after_the_last(clock: Clock, store: SqlStore) -> None:
    """What the last pager wrote must not lie ahead of this one because the machine's clock was set back meanwhile."""
    beat = store.read(lambda tx: tx.last_beat())
    if beat is not None and isinstance(clock, SystemClock):
        clock.begin_at(beat[0])


def _wake(store: SqlStore, stop: asyncio.Event, loop: asyncio.AbstractEventLoop, engine: Engine) -> None:
    """Wake the engine when another process has written something for it, such as a terminal's acknowledgement."""
    while not stop.is_set():
        try:
            changed = store.wait_for_change(0.5)
        except StoreError:
            time.sleep(0.5)
            continue
        if changed and not loop.is_closed():
            loop.call_soon_threadsafe(engine.wake)


def refuse_to_work_on_sqlite(settings: Settings) -> None:
    """Raises Refused: a SQLite file has one pager, which `oncall serve` is."""
    path = sqlite_path(settings)
    if path is not None:
        raise Refused(
            f"`oncall worker` needs PostgreSQL, and the database is the SQLite file {path}; a SQLite file serves one "
            "`oncall serve`, which is its pager: set ONCALL_DATABASE_URL to postgresql://..., or run `oncall serve`"
        )


def settle_in() -> None:
    """Tell the garbage collector that what this process has loaded by now stays. Otherwise it looks through all of it
    every few thousand pages, and for a tenth of a second nothing is answered."""
    gc.collect()
    gc.freeze()


def run_worker(settings: Settings, probes: socket.socket | None = None) -> None:
    """A pager without the API, until SIGINT or SIGTERM. Raises SettingsError or StoreError before it begins.

    probes: a bound socket on which its metrics and its state are shown; None: nowhere.
    """
    asyncio.run(_work(settings, probes))


async def _work(settings: Settings, probes: socket.socket | None) -> None:
    told_to_stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for stopping in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stopping, told_to_stop.set)
    async with open_pager(settings, callback_url=settings.public_url) as pager:
        shown: AbstractContextManager[None] = nullcontext()
        if probes is not None:
            shown = worker_probes(probes, pager.registry, lambda: pager.watch.problems)
        with shown:
            await told_to_stop.wait()
