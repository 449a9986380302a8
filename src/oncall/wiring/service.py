"""The running product: the engine, the web service around it, and what keeps them awake, in one process."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta

from fastapi import FastAPI
from filelock import FileLock, Timeout
from prometheus_client import CollectorRegistry

from oncall.channels.twilio_webhooks import parse_inbound, parse_status, reply_twiml, verify
from oncall.errors import Refused, StoreError
from oncall.paging.engine import Engine
from oncall.paging.ports import Clock, Receipt
from oncall.schedule.schedule import Schedule
from oncall.store.sqlstore import SqlStore
from oncall.web.app import Services, create_app
from oncall.web.metrics import Metrics
from oncall.web.ports import Sms
from oncall.wiring import TWILIO_URL, Settings, make_channel, make_clock, make_store, sqlite_path


def make_app(settings: Settings, *, address: str) -> FastAPI:
    """The service with its pager in one process. `address`: where it listens; callbacks come there when no public
    URL is set. Raises SettingsError or StoreError before anything listens."""
    callback_url = settings.public_url or (address if settings.twilio_url != TWILIO_URL else None)
    make_channel(settings, callback_url=callback_url)
    make_store(settings).close()
    return create_app(lambda: _open_services(settings, callback_url=callback_url, address=address))


SILENCE = timedelta(seconds=20)
"""Real time after which a pager that wrote nothing counts as stuck; it writes every few seconds."""


def raise_open_files() -> None:
    """Let this process hold as many files and connections open as the machine allows it to."""
    try:
        import resource
    except ImportError:  # Windows has no such limit.
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextmanager
def only_pager(settings: Settings) -> Iterator[None]:
    """Hold the lock that keeps a second pager off a SQLite file; nothing to hold on PostgreSQL, where many may work.

    Raises Refused when another process has it.
    """
    path = sqlite_path(settings)
    if path is None:
        yield
        return
    lock = FileLock(f"{path}.pager")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Refused(
            f"another `oncall serve` is running on {path}; a SQLite file serves one, PostgreSQL serves many"
        ) from None
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def _open_services(settings: Settings, *, callback_url: str | None, address: str) -> AsyncIterator[Services]:
    """Everything the routes need, with the engine running until the service stops."""
    clock, store = make_clock(settings), make_store(settings)
    channel, registry = make_channel(settings, callback_url=callback_url), CollectorRegistry()
    engine = Engine(
        store=store,
        channels={"sms": channel},
        clock=clock,
        worker=f"{socket.gethostname()}:{os.getpid()}",
        is_alone=sqlite_path(settings) is not None,
        observer=Metrics(registry),
    )
    webhooks = _TwilioWebhooks(auth_token=settings.auth_token, public_url=settings.public_url or address)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    watcher = threading.Thread(target=_watch, args=(store, stop, loop, engine), name="store-watch", daemon=True)
    running = asyncio.create_task(engine.run(stop))
    watcher.start()
    try:
        yield Services(engine, clock, webhooks, _Readiness(engine, clock), registry)
    finally:
        stop.set()
        await running
        await asyncio.to_thread(watcher.join)
        await channel.close()
        await asyncio.to_thread(store.close)


def _watch(store: SqlStore, stop: asyncio.Event, loop: asyncio.AbstractEventLoop, engine: Engine) -> None:
    """Wake the engine when another process has written something for it, such as a terminal's acknowledgement."""
    while not stop.is_set():
        try:
            changed = store.wait_for_change(0.5)
        except StoreError:
            time.sleep(0.5)
            continue
        if changed and not loop.is_closed():
            loop.call_soon_threadsafe(engine.wake)


class _TwilioWebhooks:
    """`web.ports.Webhooks` for Twilio. An unset token refuses everything."""

    def __init__(self, *, auth_token: str, public_url: str) -> None:
        self._tokens, self._public_url = [auth_token], public_url

    def is_authentic(self, path_and_query: str, form: Mapping[str, str], signature: str | None) -> bool:
        return verify(path_and_query, form, signature, self._tokens, self._public_url)

    def sms(self, form: Mapping[str, str]) -> Sms:
        inbound = parse_inbound(form)
        return Sms(inbound.message_sid, inbound.from_number, inbound.body)

    def status(self, form: Mapping[str, str]) -> Receipt:
        return parse_status(form).receipt

    def answer(self, text: str) -> str:
        return reply_twiml(text)


class _Readiness:
    """`web.ports.Readiness`: the store takes writes, somebody is on call, and the provider takes messages."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    async def problems(self) -> Sequence[str]:
        """What would stop a page now. Says nothing of where the database lies: anybody may ask."""
        try:
            schedule = await asyncio.wait_for(self._engine.read(lambda tx: tx.schedule()), timeout=5)
        except StoreError:
            return ["the database cannot be read"]
        except TimeoutError:
            return ["the database does not answer"]
        found = [*self._pager_problems(), *_schedule_problems(schedule, self._clock.now())]
        if self._engine.trouble is not None:
            found.append(self._engine.trouble)
        return found

    def _pager_problems(self) -> list[str]:
        beat_at = self._engine.beat_at
        if beat_at is None:
            return ["the pager has not written to the database yet"]
        silent = self._clock.real_now() - beat_at
        return [f"the pager could not write to the database for {silent.seconds} s"] if silent > SILENCE else []


def _schedule_problems(schedule: Schedule, now: datetime) -> list[str]:
    if schedule.latest is None:
        return ["no schedule is published: nobody can be paged; see `oncall publish`"]
    missing = schedule.who(now).missing
    return [f"the schedule has a gap now: nobody is {' or '.join(missing)}"] if missing else []
