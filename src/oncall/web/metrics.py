"""What this process did, counted for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from oncall.paging.ticket import AttemptStatus

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)


class Metrics:
    """`paging.ports.Observer` on a registry. Counts start at nought with the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tickets = Counter("oncall_tickets_accepted", "New tickets, by verdict", ["action"], registry=registry)
        self._acknowledged = Counter("oncall_acknowledgements", "Tickets that a person took", registry=registry)
        self._tries = Counter("oncall_tries", "Messages that came to a status", ["status"], registry=registry)
        self._accepted = Histogram(
            "oncall_page_accepted_seconds",
            "Real time from the writing of a page to its provider's acceptance",
            buckets=_SECONDS,
            registry=registry,
        )
        self._due = Gauge("oncall_due_tickets", "Tickets that are due and wait for this pager", registry=registry)
        # A rate over a label that was never seen has no value; each begins at nought instead.
        for action in ("page", "desk", "hold"):
            self._tickets.labels(action)
        for status in AttemptStatus:
            self._tries.labels(status.value)

    def ticket_accepted(self, action: str) -> None:
        """A new ticket was stored."""
        self._tickets.labels(action).inc()

    def acknowledged(self) -> None:
        """A person took a ticket."""
        self._acknowledged.inc()

    def tried(self, status: AttemptStatus) -> None:
        """A try came to this status."""
        self._tries.labels(status.value).inc()

    def page_accepted(self, seconds: float) -> None:
        """A provider accepted a page after so many real seconds."""
        self._accepted.observe(seconds)

    def due(self, count: int) -> None:
        """So many tickets wait."""
        self._due.set(count)
