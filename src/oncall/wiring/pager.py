"""One running pager: its store, channels, engine and watch. `oncall worker` runs it without the web service."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from prometheus_client import CollectorRegistry

from oncall.clock import SystemClock
from oncall.errors import Refused, StoreError
from oncall.paging.actions.permissions import Operation, why_ended, why_forbidden
from oncall.paging.ports.time_source import Clock
from oncall.paging.sending.engine import Engine
from oncall.store.sql_store import SqlStore
from oncall.web.access.bearer import bearer_digest
from oncall.web.server.metrics import Metrics
from oncall.web.server.relay_metrics import RelayMetrics
from oncall.web.server.worker_probes import worker_probes
from oncall.wiring import Settings, make_channels, make_clock, make_store, sqlite_path
from oncall.wiring.event_loop import run
from oncall.wiring.heartbeat_watch import HeartbeatWatch
from oncall.wiring.pager_watch import Watch
from oncall.wiring.relay import Relay
from oncall.wiring.status_watch import StatusWatch

_LOOK_UP_SECONDS = 5.0
TURN_SECONDS = 0.0005
"""How long (real seconds) a thread keeps the interpreter while another thread waits for it."""


@dataclass(frozen=True, slots=True)
class Pager:
    """A running pager. `registry` has its metrics. worker: the pager's name in logs and in the store.

    relay: sends messages to webhooks, team channels, subscribers and customers.
    """

    engine: Engine
    clock: Clock
    watch: Watch
    registry: CollectorRegistry
    worker: str
    relay: Relay


@asynccontextmanager
async def open_pager(
    settings: Settings, *, callback_url: str | None, address: str | None = None
) -> AsyncIterator[Pager]:
    """Run a pager until the context ends. callback_url: where Twilio posts receipts and replies; None: it posts none.

    address: the address of this process's own web service, for links if there is no public address; None: no service.
    """
    clock, store = make_clock(settings), make_store(settings)
    last_beat = _start_no_earlier_than_the_last_pager(clock, store)
    channels, registry = make_channels(settings, callback_url=callback_url), CollectorRegistry()
    worker, metrics = f"{socket.gethostname()}:{os.getpid()}", Metrics(registry)
    engine = Engine(
        store=store,
        channels=channels.by_name(),
        clock=clock,
        worker=worker,
        is_alone=sqlite_path(settings) is not None,
        observer=metrics,
        no_calls_because=channels.why_no_calls,
    )
    relay = Relay(settings, store, clock, RelayMetrics(registry), links=settings.public_url or address)
    watch = Watch(settings, engine, clock, metrics, worker=worker, prove_writable=store.prove_writable, relay=relay)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    waker = threading.Thread(target=_wake, args=(store, stop, loop, engine), name="store-watch", daemon=True)
    heartbeats = HeartbeatWatch(engine, clock, last_beat)
    running = [asyncio.create_task(each.run(stop)) for each in (engine, watch, heartbeats, StatusWatch(engine))]
    waker.start()
    await asyncio.to_thread(relay.start)
    try:
        yield Pager(engine, clock, watch, registry, worker, relay)
    finally:
        stop.set()
        await asyncio.gather(*running)
        await asyncio.to_thread(relay.stop)
        store.end_waits()
        await asyncio.to_thread(waker.join)
        await channels.close()
        await asyncio.to_thread(store.close)


def _start_no_earlier_than_the_last_pager(clock: Clock, store: SqlStore) -> datetime | None:
    """Start policy time at the latest time that a pager has recorded, if the machine's clock was set back behind it.

    Returns when (real time) a pager last recorded that it was alive; None if none ever did.
    """
    beat = store.read(lambda tx: tx.last_beat())
    if beat is not None and isinstance(clock, SystemClock):
        clock.begin_at(beat[0])
    return beat[0] if beat is not None else None


def _wake(store: SqlStore, stop: asyncio.Event, loop: asyncio.AbstractEventLoop, engine: Engine) -> None:
    """Wake the engine when another process changes the store, for example by acknowledging a ticket on a terminal."""
    while not stop.is_set():
        try:
            changed = store.wait_for_change(0.5)
        except StoreError:
            time.sleep(0.5)
            continue
        if changed and not loop.is_closed():
            loop.call_soon_threadsafe(engine.wake)


def refuse_to_work_on_sqlite(settings: Settings) -> None:
    """Raise Refused if the database is a SQLite file, because only one `oncall serve` may use such a file."""
    path = sqlite_path(settings)
    if path is not None:
        raise Refused(
            f"`oncall worker` needs PostgreSQL, but the database is the SQLite file {path}; "
            "set ONCALL_DATABASE_URL to postgresql://..., or run `oncall serve`, the one pager of a SQLite file"
        )


def share_the_interpreter() -> None:
    """Let threads take turns ten times as often as by Python's default.

    Otherwise the writing thread waits up to 5 ms for its next turn at each statement while the event loop is busy.
    """
    sys.setswitchinterval(TURN_SECONDS)


def freeze_loaded_objects() -> None:
    """Exclude the objects that exist now from garbage collection.

    Otherwise all loaded modules are scanned every few thousand pages, and the service answers nothing for a tenth of a
    second.
    """

    gc.collect()
    gc.freeze()


def run_worker(settings: Settings, probes: socket.socket | None = None) -> None:
    """Run a pager without the web service until SIGINT or SIGTERM.

    Raises SettingsError or StoreError if it cannot start.
    probes: a bound socket on which it serves its metrics and its state; None: it does not.
    """
    run(_run_worker(settings, probes))


async def _run_worker(settings: Settings, probes: socket.socket | None) -> None:
    stop_requested, loop = asyncio.Event(), asyncio.get_running_loop()
    for stopping in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(stopping, stop_requested.set)
    async with open_pager(settings, callback_url=settings.public_url) as pager:
        probe_server: AbstractContextManager[None] = nullcontext()
        if probes is not None:
            seen_by = partial(_may_read, pager, loop)
            probe_server = worker_probes(probes, pager.registry, lambda: pager.watch.problems, seen_by)
        with probe_server:
            await stop_requested.wait()


def _may_read(pager: Pager, loop: asyncio.AbstractEventLoop, authorization: str) -> bool:
    """Return True if an Authorization header has the token of a caller that may read. Any thread may call this."""
    key = bearer_digest(authorization)
    if key is None:
        return False
    looking = asyncio.run_coroutine_threadsafe(pager.engine.read(lambda tx: tx.token_by_digest(key)), loop)
    try:
        token = looking.result(_LOOK_UP_SECONDS)
    except (StoreError, TimeoutError):
        return False
    if token is None or why_ended(token, key, pager.clock.real_now()) is not None:
        return False
    return why_forbidden(token, Operation.READ) is None
