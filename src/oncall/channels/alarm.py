"""Alarms to the operator that need no Twilio: an HTTP POST, and a heartbeat for a dead man's switch."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import structlog

_TIMEOUT = httpx.Timeout(5.0, connect=3.0)
"""Real seconds. A slow listener must not delay the pager."""


class AlarmPost:
    """Posts alarms as JSON to one address. Use it from one event loop and close it at the end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: httpx.AsyncClient | None = None
        self._log = structlog.get_logger("oncall.alarm")

    async def __call__(self, alarm: Mapping[str, object]) -> None:
        """Post the alarm. A failure is logged and never raised. The log omits the address, which may be a secret."""
        failure = await self._request("POST", dict(alarm))
        if failure is None:
            self._log.info("alarm posted", action="alarm_posted", alarm=alarm.get("alarm"))
        else:
            self._log.error("alarm not posted", action="alarm_failed", alarm=alarm.get("alarm"), error=failure)

    async def beat(self) -> bool:
        """Fetch the address of the dead man's switch and return True if that succeeds. Never raises."""
        failure = await self._request("GET")
        if failure is not None:
            self._log.warning("the heartbeat failed", action="heartbeat_failed", error=failure)
        return failure is None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _request(self, method: str, content: dict[str, object] | None = None) -> str | None:
        """Send one request. Returns the reason of a failure, or None if it succeeded."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=True)
        try:
            answer = await self._client.request(method, self._url, json=content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        return None if answer.is_success else f"HTTP {answer.status_code}"
