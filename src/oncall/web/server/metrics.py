"""Metrics of this process for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.sending.observers import Observer

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_MINUTES = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 14400.0)


class Metrics(Observer):
    """The pager's observer: counts and times, for Prometheus, what the engine reports. Counts start at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._tickets = Counter("oncall_tickets_accepted", "New tickets, by verdict", ["action"], registry=registry)
        self._acknowledged = Counter("oncall_acknowledgements", "Tickets that a person acknowledged", registry=registry)
        self._tries = Counter("oncall_tries", "Attempts that reached a status", ["status"], registry=registry)
        self._accepted = Histogram(
            "oncall_page_accepted_seconds",
            "Real time from storing a page to the provider's acceptance",
            buckets=_SECONDS,
            registry=registry,
        )
        self._due = Gauge("oncall_due_tickets", "Tickets that are due and not advanced yet", registry=registry)
        self._claimed = Counter("oncall_claims", "Attempts that this pager claimed", registry=registry)
        self._resent = Counter("oncall_resends", "Attempts sent again after an unknown outcome", registry=registry)
        self._bundles = Counter("oncall_bundles", "Messages that carried several pages", registry=registry)
        self._bundled = Counter("oncall_bundled_pages", "Pages that went out in a bundle", registry=registry)
        self._rests = Counter(
            "oncall_rests",
            "Pauses between two passes of the pager, by what ended them",
            ["ended_by"],
            registry=registry,
        )
        self._queue_age = Gauge(
            "oncall_queue_age_seconds", "Seconds for which the oldest work has been due", registry=registry
        )
        self._alarms = Counter("oncall_alarms", "Alarms raised for an operator, by kind", ["kind"], registry=registry)
        self._strangers = Counter(
            "oncall_sms_from_unknown_numbers",
            "Texts from numbers on no roster, which change nothing",
            registry=registry,
        )
        self._delivered = Histogram(
            "oncall_page_delivered_seconds",
            "Real time from storing a page to the carrier's receipt",
            buckets=_SECONDS,
            registry=registry,
        )
        self._taken = Histogram(
            "oncall_ticket_acknowledged_seconds",
            "Policy time from the receipt of a ticket to its acknowledgement",
            buckets=_MINUTES,
            registry=registry,
        )
        self._overdue = Gauge("oncall_audit_overdue", "Pages that are overdue", registry=registry)
        self._audited = Gauge("oncall_audit_pages", "Pages of open tickets, by status", ["status"], registry=registry)
        self._audited_at = Gauge("oncall_audit_time_seconds", "Unix time of the last audit", registry=registry)
        self._start_at_zero()

    def _start_at_zero(self) -> None:
        """Set every known label to zero at the start, because Prometheus has no rate for a label that it never saw."""
        for kind in ("operator", "audit", "database", "refusals"):
            self._alarms.labels(kind)
        for action in ("page", "desk", "hold"):
            self._tickets.labels(action)
        for status in AttemptStatus:
            self._tries.labels(status.value)
        for cause in ("change", "time"):
            self._rests.labels(cause)

    def ticket_accepted(self, action: str) -> None:
        """Count a new ticket. action: its verdict, `page`, `desk` or `hold`."""
        self._tickets.labels(action).inc()

    def acknowledged(self, seconds: float) -> None:
        """Count an acknowledgement. seconds: policy time since the ticket was received."""
        self._acknowledged.inc()
        self._taken.observe(seconds)

    def tried(self, status: AttemptStatus) -> None:
        """Count an attempt that got this status."""
        self._tries.labels(status.value).inc()

    def page_accepted(self, seconds: float) -> None:
        """Record how long the provider's acceptance of a page took. seconds: real time since the page was stored."""
        self._accepted.observe(seconds)

    def due(self, count: int) -> None:
        """Set how many tickets are due."""
        self._due.set(count)

    def claimed(self, count: int) -> None:
        """Count attempts that this process claimed."""
        self._claimed.inc(count)

    def resent(self) -> None:
        """Count an attempt that is sent again because the outcome of its first send is unknown."""
        self._resent.inc()

    def bundled(self, count: int) -> None:
        """Count a message that carried `count` pages."""
        self._bundles.inc()
        self._bundled.inc(count)

    def rested(self, *, was_woken: bool) -> None:
        """Count a pause of the engine that ended. was_woken: True if `Engine.wake` ended it."""
        self._rests.labels("change" if was_woken else "time").inc()

    def queue_age(self, seconds: float) -> None:
        """Set how long the oldest due work has been due, in seconds."""
        self._queue_age.set(seconds)

    def alarmed(self, kind: str) -> None:
        """Count an alarm for an operator."""
        self._alarms.labels(kind).inc()

    def stranger_wrote(self) -> None:
        """Count a text from a number that is on no roster."""
        self._strangers.inc()

    def page_delivered(self, seconds: float) -> None:
        """Record how long the delivery of a page took. seconds: real time since the page was stored."""
        self._delivered.observe(seconds)

    def audited(self, *, overdue: int, pages: Mapping[str, int], at: datetime) -> None:
        """Set the auditor's results: overdue pages, and the number of pages of open tickets by status.

        at: real time.
        """
        self._overdue.set(overdue)
        for status in AttemptStatus:
            self._audited.labels(status.value).set(pages.get(status.value, 0))
        self._audited_at.set(at.timestamp())
