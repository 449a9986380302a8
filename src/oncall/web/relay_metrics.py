"""Metrics of messages to webhooks and team channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from oncall.paging.ports.relay import RelayBacklog


class RelayMetrics:
    """The relay's observer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sends = Counter(
            "oncall_relay_messages",
            "Messages to webhooks and team channels, by destination and result",
            ["to", "result"],
            registry=registry,
        )
        self._waiting = Gauge("oncall_relay_waiting", "Messages that wait, by destination", ["to"], registry=registry)
        self._oldest = Gauge(
            "oncall_relay_oldest_seconds",
            "Age of the oldest waiting message, by destination",
            ["to"],
            registry=registry,
        )
        self._seen: set[str] = set()

    def carried(self, to: str) -> None:
        """Count a message that arrived."""
        self._sends.labels(to, "sent").inc()

    def failed(self, to: str) -> None:
        """Count a send that failed."""
        self._sends.labels(to, "failed").inc()

    def quarantined(self, to: str, count: int) -> None:
        """Count messages that are not sent again."""
        self._sends.labels(to, "quarantined").inc(count)

    def waits(self, backlogs: Mapping[str, RelayBacklog], real_now: datetime) -> None:
        """Show what each destination has not received."""
        self._seen |= backlogs.keys()
        for to in self._seen:
            backlog = backlogs.get(to, RelayBacklog())
            age = (real_now - backlog.oldest).total_seconds() if backlog.oldest is not None else 0.0
            self._waiting.labels(to).set(backlog.waiting)
            self._oldest.labels(to).set(max(age, 0.0))
