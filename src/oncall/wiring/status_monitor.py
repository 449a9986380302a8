"""Runs one round of the monitor: reads which components to probe, asks the exporters, and records the results."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

import httpx

from oncall.channels.blackbox import probe_all
from oncall.errors import Refused
from oncall.paging.ports.store import Store
from oncall.paging.ports.time_source import Clock
from oncall.status.monitoring import Looked, monitors_of, note_looks

NO_MONITORS = (
    "no component of the status page has a monitor; write one in the status file, like "
    "monitor: http://127.0.0.1:9115/probe?target=https://example.com&module=http_2xx"
)


def look_once(
    store: Store, clock: Clock, every: timedelta, *, transport: httpx.AsyncBaseTransport | None = None
) -> Looked:
    """Look once at every component that has a monitor. every: the time until the next look.

    Raises Refused if there is no status page or no monitor, and StoreUnavailable.
    """
    addresses = store.read(lambda tx: monitors_of(tx, clock.now()))
    if not addresses:
        raise Refused(NO_MONITORS)
    seen = asyncio.run(probe_all(addresses, transport=transport))
    now = clock.now().replace(microsecond=0)
    return store.write(lambda tx: note_looks(tx, seen, now, every, lambda: secrets.token_hex(6)))
