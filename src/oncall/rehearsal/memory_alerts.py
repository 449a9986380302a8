"""Alerts in memory, for the store of a rehearsal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oncall.paging.domain.reachability import Alert
from oncall.support.changed_row import changed


class AlertBook:
    """Stores alerts by their subject. A base class of the memory store."""

    _alerts: dict[str, Alert]

    def add_alert(self, alert: Alert) -> bool:
        """Store an alert. Returns False, and stores nothing, if there is an alert with the same subject."""
        return self._alerts.setdefault(alert.about, alert) is alert

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        """Claim all due alerts, under a lease until `lease_until` (real time), the longest overdue first."""
        due = [(alert.due_at, alert.id, alert) for alert in self._alerts.values() if alert.due_at is not None]
        found = [alert for at, _, alert in sorted(due, key=lambda each: each[:2]) if at <= real_now]
        self._alerts |= {alert.about: changed(alert, due_at=lease_until) for alert in found}
        return found

    def update_alert(self, alert: Alert) -> None:
        """Replace a stored alert."""
        self._alerts[alert.about] = alert

    def alerts(self, *, written_since: datetime) -> list[Alert]:
        """Return the alerts written since `written_since` (real time), the newest first."""
        found = [alert for alert in self._alerts.values() if alert.written_at >= written_since]
        return sorted(found, key=lambda alert: (alert.written_at, alert.id), reverse=True)

    def update_alerts(self, alerts: Sequence[Alert]) -> None:
        """Replace several stored alerts."""
        for alert in alerts:
            self.update_alert(alert)
