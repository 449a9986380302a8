"""Sends alarms of this process to the operator's address and to the team channels."""

from __future__ import annotations

from collections.abc import Mapping

from oncall.channels.alarm import AlarmPost
from oncall.wiring.relay import Relay


class Alarms:
    """Sends alarms to the address in the settings, and to the team channels that have the topic of alarms."""

    def __init__(self, address: str | None, relay: Relay | None) -> None:
        self._post = AlarmPost(address) if address is not None else None
        self._relay = relay

    async def __call__(self, alarm: Mapping[str, object]) -> None:
        """Send an alarm. Never raises."""
        if self._relay is not None:
            self._relay.alarm(alarm)
        if self._post is not None:
            await self._post(alarm)

    async def close(self) -> None:
        """Close the network connections."""
        if self._post is not None:
            await self._post.close()
