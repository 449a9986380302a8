"""What this process did, counted for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from oncall.paging.domain.ticket import AttemptStatus

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_MINUTES = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0)


class Metrics:
    """`paging.observing.Observer` on a registry. Counts start at nought with the process."""

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
        self._claimed = Counter("oncall_claims", "Tries that this pager took over", registry=registry)
        self._resent = Counter("oncall_resends", "Tries sent again after an answer in doubt", registry=registry)
        self._bundles = Counter("oncall_bundles", "Messages with several pages in them", registry=registry)
        self._bundled = Counter("oncall_bundled_pages", "Pages that went in such a message", registry=registry)
        self._rests = Counter(
            "oncall_rests", "Pauses between looks at the store, by what ended them", ["ended_by"], registry=registry
        )
        self._queue_age = Gauge("oncall_queue_age_seconds", "How long the oldest work has been due", registry=registry)
        self._alarms = Counter("oncall_alarms", "Alarms raised for an operator, by kind", ["kind"], registry=registry)
        self._delivered = Histogram(
            "oncall_page_delivered_seconds",
            "Real time from the writing of a page to its carrier's receipt",
            buckets=_SECONDS,
            registry=registry,
        )
        self._taken = Histogram(
            "oncall_ticket_acknowledged_seconds",
            "Policy time from the receipt of a ticket until somebody took it",
            buckets=_MINUTES,
            registry=registry,
        )
        self._overdue = Gauge("oncall_audit_overdue", "Pages that should have gone out and did not", registry=registry)
        self._audited = Gauge("oncall_audit_pages", "Pages of open tickets, by status", ["status"], registry=registry)
        self._audited_at = Gauge("oncall_audit_time_seconds", "When the auditor last looked", registry=registry)
        for kind in ("operator", "audit"):
            self._alarms.labels(kind)
        # A rate over a label that was never seen has no value; each begins at nought instead.
        for action in ("page", "desk", "hold"):
            self._tickets.labels(action)
        for status in AttemptStatus:
            self._tries.labels(status.value)
        for cause in ("change", "time"):
            self._rests.labels(cause)

    def ticket_accepted(self, action: str) -> None:
        """A new ticket was stored."""
        self._tickets.labels(action).inc()

    def acknowledged(self, seconds: float) -> None:
        """A person took a ticket so many seconds of policy time after it was received."""
        self._acknowledged.inc()
        self._taken.observe(seconds)

    def tried(self, status: AttemptStatus) -> None:
        """A try came to this status."""
        self._tries.labels(status.value).inc()

    def page_accepted(self, seconds: float) -> None:
        """A provider accepted a page after so many real seconds."""
        self._accepted.observe(seconds)

    def due(self, count: int) -> None:
        """So many tickets wait."""
        self._due.set(count)

    def claimed(self, count: int) -> None:
        """Tries were taken over."""
        self._claimed.inc(count)

    def resent(self) -> None:
        """A try in doubt is sent again."""
        self._resent.inc()

    def bundled(self, count: int) -> None:
        """A message with so many pages in it went out."""
        self._bundles.inc()
        self._bundled.inc(count)

    def rested(self, *, was_woken: bool) -> None:
        """A pause is over, because of a change or because it was time."""
        self._rests.labels("change" if was_woken else "time").inc()

    def queue_age(self, seconds: float) -> None:
        """What waits longest has been due for so long."""
        self._queue_age.set(seconds)

    def alarmed(self, kind: str) -> None:
        """An operator is needed."""
        self._alarms.labels(kind).inc()

    def page_delivered(self, seconds: float) -> None:
        """A page was delivered after so many real seconds."""
        self._delivered.observe(seconds)

    def audited(self, *, overdue: int, pages: Mapping[str, int], at: datetime) -> None:
        """The auditor looked: so many pages are overdue, and those of open tickets stand so."""
        self._overdue.set(overdue)
        for status in AttemptStatus:
            self._audited.labels(status.value).set(pages.get(status.value, 0))
        self._audited_at.set(at.timestamp())
