"""Asks Prometheus's blackbox exporters whether targets answer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

import httpx

from oncall.status.observations import Seen

PROBE_SECONDS = 8
"""How long (real seconds) the exporter may try to reach its target. After that it answers that the probe failed."""
WAIT_SECONDS = 10.0
"""How long (real seconds) the exporter may take to answer."""
MOST_BYTES = 1024 * 1024
_AT_ONCE = 20
_SUCCESS = re.compile(rb"^probe_success ([01])(?:\.0)?\s*$", re.MULTILINE)


async def probe_all(
    addresses: Mapping[str, str], *, transport: httpx.AsyncBaseTransport | None = None, seconds: float = WAIT_SECONDS
) -> dict[str, Seen]:
    """Probe all addresses at once, and return the results by the names of `addresses`.

    A result is SILENT if the exporter gave no good answer in time.
    """
    limit = asyncio.Semaphore(_AT_ONCE)
    headers = {"X-Prometheus-Scrape-Timeout-Seconds": str(PROBE_SECONDS)}
    async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=seconds, headers=headers) as client:

        async def probed(address: str) -> Seen:
            async with limit:
                return await _probe(client, address, seconds)

        return dict(zip(addresses, await asyncio.gather(*map(probed, addresses.values())), strict=True))


async def _probe(client: httpx.AsyncClient, address: str, seconds: float) -> Seen:
    try:
        async with asyncio.timeout(seconds), client.stream("GET", address) as answer:
            if answer.status_code != httpx.codes.OK:
                return Seen.SILENT
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    return Seen.SILENT
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        return Seen.SILENT
    found = set(_SUCCESS.findall(body))
    if len(found) != 1:
        return Seen.SILENT
    return Seen.UP if found == {b"1"} else Seen.DOWN
