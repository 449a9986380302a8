"""Who can be reached, and messages that belong to no ticket, as queries on one open transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from oncall.errors import Conflict
from oncall.paging.reachability import Alert, Reachability
from oncall.store import rows
from oncall.store.conflicts import conflict
from oncall.store.published import PublishedView
from oncall.store.tables import alerts, reachability

_DEAF = (
    select(reachability)
    .where(
        reachability.c.seq.in_(
            select(func.max(reachability.c.seq)).group_by(reachability.c.person, reachability.c.channel)
        ),
        reachability.c.state == "deaf",
    )
    .order_by(reachability.c.person, reachability.c.channel)
)
_ALERT_ABOUT = select(alerts.c.id).where(alerts.c.about == bindparam("wanted"))
_DUE_ALERTS = (
    select(alerts)
    .where(alerts.c.due_at.is_not(None), alerts.c.due_at <= bindparam("now"))
    .order_by(alerts.c.due_at, alerts.c.id)
    .with_for_update(skip_locked=True)
)
_UPDATE_ALERT = update(alerts).where(alerts.c.id == bindparam("wanted"))


class ReachQueries:
    """The part of a transaction that knows who has sent STOP, and whom the manager was told of."""

    def __init__(self, connection: Connection, published: PublishedView) -> None:
        self._connection = connection
        self._published = published
        self.touched_pages = False
        """Whether a ticket, an attempt or the schedule was written, which is what wakes the pagers."""
        self.spoiled: Conflict | None = None

    def note_reachability(self, mark: Reachability) -> None:
        """Append it: it is the latest word on this person and channel."""
        values = {name: getattr(mark, name) for name in ("person", "channel", "since", "why", "phone")}
        self._connection.execute(insert(reachability), {**values, "state": mark.state.value})
        self._published.deaf = None
        self.touched_pages = True

    def deaf(self) -> list[Reachability]:
        """Whom a channel does not reach, by its latest word, in the order of ids."""
        view = self._published
        if view.deaf is None:
            view.deaf = [rows.reachability(row) for row in self._connection.execute(_DEAF)]
        return view.deaf

    def add_alert(self, alert: Alert) -> bool:
        """Keep it, unless there is one about the same already."""
        if self._connection.execute(_ALERT_ABOUT, {"wanted": alert.about}).one_or_none() is not None:
            return False
        names = ("id", "about", "to", "body", "written_at", "due_at", "tries", "provider_id", "error")
        try:
            self._connection.execute(insert(alerts), {name: getattr(alert, name) for name in names})
        except IntegrityError as error:
            self.spoiled = conflict(error, f"alert {alert.about}")
            raise self.spoiled from error
        self.touched_pages = True
        return True

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        """Take over alerts that are due, the longest overdue first."""
        found = [rows.alert(row) for row in self._connection.execute(_DUE_ALERTS, {"now": real_now})]
        for alert in found:
            self._connection.execute(_UPDATE_ALERT, {"wanted": alert.id, "due_at": lease_until})
        return found

    def update_alert(self, alert: Alert) -> None:
        """Write what changes in an alert's life."""
        values = {name: getattr(alert, name) for name in ("due_at", "tries", "provider_id", "error")}
        self._connection.execute(_UPDATE_ALERT, {"wanted": alert.id, **values})
