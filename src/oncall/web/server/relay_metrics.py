"""Prometheus metrics of messages to webhooks and team channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from oncall.paging.ports.relay import SUBSCRIBER_HOOK, RelayBacklog


class RelayMetrics:
    """The relay's observer: counts what becomes of messages, by destination."""

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
        self._ended = Counter(
            "oncall_status_subscriptions_ended",
            "Subscriptions of webhooks that ended because no post was accepted for three days",
            registry=registry,
        )
        self._seen: set[str] = set()

    def carried(self, to: str) -> None:
        """Count a message that its receiver accepted. to: the destination."""
        self._sends.labels(_shown(to), "sent").inc()

    def failed(self, to: str) -> None:
        """Count a send that failed. to: the destination."""
        self._sends.labels(_shown(to), "failed").inc()

    def quarantined(self, to: str, count: int) -> None:
        """Count messages that were quarantined, so that they are not sent again. to: the destination."""
        self._sends.labels(_shown(to), "quarantined").inc(count)

    def subscription_ended(self) -> None:
        """Count a subscription of a webhook that ended because no post was accepted for three days."""
        self._ended.inc()

    def waits(self, backlogs: Mapping[str, RelayBacklog], real_now: datetime) -> None:
        """Set the metrics of waiting messages. backlogs: by destination. real_now: real time, aware UTC."""
        self._seen |= {to for to in backlogs if not _is_hook(to)}
        for to in self._seen:
            backlog = backlogs.get(to, RelayBacklog())
            age = (real_now - backlog.oldest).total_seconds() if backlog.oldest is not None else 0.0
            self._waiting.labels(to).set(backlog.waiting)
            self._oldest.labels(to).set(max(age, 0.0))


def _is_hook(to: str) -> bool:
    """Return True for a subscriber's webhook. It gets no metrics of its own, because anyone may add one."""
    return to.startswith(f"{SUBSCRIBER_HOOK}:")


def _shown(to: str) -> str:
    return SUBSCRIBER_HOOK if _is_hook(to) else to
