"""Alarms to the operator that need no Twilio: an HTTP POST, and a heartbeat for a dead man's switch."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
import structlog

DEADLINE_SECONDS = 5.0
"""Real seconds for one whole exchange, from the connection to the answer. A slow receiver must not delay the pager."""

CONNECT_SHARE = 0.45
"""The share of the deadline for the TCP connection, and again for TLS.

The HTTP library closes a connection without TLS only when its own limit ends it. If the whole deadline cut it off
first, each heartbeat would leave one more connection open.
"""


class AlarmPost:
    """Posts alarms as JSON to one address. Use it from one event loop and close it at the end.

    deadline_seconds: real time after which an exchange fails, whichever part of it is slow.
    """

    def __init__(self, url: str, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._url = url
        self._deadline_seconds = deadline_seconds
        self._client: httpx.AsyncClient | None = None
        self._log = structlog.get_logger("oncall.alarm")

    async def __call__(self, alarm: Mapping[str, object]) -> None:
        """Post the alarm. Never raises: a failure is logged, without the address, which may be a secret."""
        try:
            failure = await self._request("POST", dict(alarm))
        except asyncio.CancelledError:
            self._log_failed_alarm(alarm, "the pager stops")
            raise
        if failure is None:
            self._log.info("alarm posted", action="alarm_posted", alarm=alarm.get("alarm"))
        else:
            self._log_failed_alarm(alarm, failure)

    async def beat(self) -> bool:
        """Fetch the address of the dead man's switch and return True if that succeeds. Never raises."""
        failure = await self._request("GET")
        if failure is not None:
            self._log.warning("the heartbeat failed", action="heartbeat_failed", error=failure)
        return failure is None

    async def close(self) -> None:
        """Close the network connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    def _log_failed_alarm(self, alarm: Mapping[str, object], failure: str) -> None:
        self._log.error("alarm not posted", action="alarm_failed", alarm=alarm.get("alarm"), error=failure)

    async def _request(self, method: str, content: dict[str, object] | None = None) -> str | None:
        """Send one request. Returns why it failed; None if it succeeded."""
        try:
            async with asyncio.timeout(self._deadline_seconds):
                return await self._exchange(method, content)
        except httpx.ConnectTimeout:
            return f"no connection within {CONNECT_SHARE * self._deadline_seconds:g} s"
        except (TimeoutError, httpx.TimeoutException):
            return f"no answer within {self._deadline_seconds:g} s"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__

    async def _exchange(self, method: str, content: dict[str, object] | None) -> str | None:
        """Send one request, without reading the body of the answer. Returns why it failed; None if it succeeded."""
        if self._client is None:
            # A redirect can turn a POST into a GET without the alarm, so none is followed.
            limits = httpx.Timeout(self._deadline_seconds, connect=CONNECT_SHARE * self._deadline_seconds)
            self._client = httpx.AsyncClient(timeout=limits, follow_redirects=False)
        async with self._client.stream(method, self._url, json=content) as answer:
            if answer.has_redirect_location:
                return f"HTTP {answer.status_code}, a redirect; set the address that it leads to"
            return None if answer.is_success else f"HTTP {answer.status_code}"
