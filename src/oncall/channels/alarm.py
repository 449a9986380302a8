"""The other way to an operator: an HTTP POST when pages are overdue, and a heartbeat whose absence is the alarm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import structlog

_TIMEOUT = httpx.Timeout(5.0, connect=3.0)
"""Seconds, real time: whoever listens must not hold up the pager."""


class AlarmPost:
    """Posts alarms as JSON to one address. Use it from one event loop; close it at the end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: httpx.AsyncClient | None = None
        self._log = structlog.get_logger("oncall.alarm")

    async def __call__(self, alarm: Mapping[str, Any]) -> None:
        """Post it. Never raises: an alarm that nobody takes is logged, without the address, which may be a secret."""
        failure = await self._try("POST", json=dict(alarm))
        if failure is None:
            self._log.info("alarm posted", action="alarm_posted", alarm=alarm.get("alarm"))
        else:
            self._log.error("alarm not posted", action="alarm_failed", alarm=alarm.get("alarm"), error=failure)

    async def beat(self) -> bool:
        """Fetch the address: the dead man's switch hears that the pager lives. Never raises."""
        failure = await self._try("GET")
        if failure is not None:
            self._log.warning("the heartbeat was not heard", action="heartbeat_failed", error=failure)
        return failure is None

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()

    async def _try(self, method: str, **content: Any) -> str | None:
        """Why it failed, None when it did not."""
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=True)
        try:
            answer = await self._client.request(method, self._url, **content)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return type(error).__name__
        return None if answer.is_success else f"HTTP {answer.status_code}"
