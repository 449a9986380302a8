"""Who can be reached, and messages that belong to no ticket, as queries on one open transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, union_all, update

from oncall.paging.reachability import Alert, Reachability
from oncall.store import rows
from oncall.store.queries import Queries
from oncall.store.tables import alerts, attempts, inbound, reachability

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
_HEARD = union_all(
    select(attempts.c.to.label("person"), attempts.c.at).where(
        attempts.c.status == "delivered", attempts.c.channel != "desk"
    ),
    select(inbound.c.by.label("person"), inbound.c.at),
).subquery()
_REACHED = select(_HEARD.c.person, func.max(_HEARD.c.at).label("at")).group_by(_HEARD.c.person)


class ReachQueries(Queries):
    """The part of a transaction that knows who has sent STOP, and whom the manager was told of."""

    def note_reachability(self, mark: Reachability) -> None:
        """Append it: it is the latest word on this person and channel."""
        values = {name: getattr(mark, name) for name in ("person", "channel", "since", "why", "phone")}
        self._run(insert(reachability), {**values, "state": mark.state.value})
        self._published.deaf = None
        self.touched_pages = True

    def deaf(self) -> list[Reachability]:
        """Whom a channel does not reach, by its latest word, in the order of ids."""
        view = self._published
        if view.deaf is None:
            view.deaf = [rows.reachability(row) for row in self._run(_DEAF)]
        return view.deaf

    def reached(self) -> dict[str, datetime]:
        """When (policy time) a message to somebody was last delivered, or one last came from them. Reads the whole
        table: for people who wait for an answer."""
        return {row["person"]: row["at"] for row in self._run(_REACHED).mappings()}

    def add_alert(self, alert: Alert) -> bool:
        """Keep it, unless there is one about the same already."""
        if self._run(_ALERT_ABOUT, {"wanted": alert.about}).one_or_none() is not None:
            return False
        names = ("id", "about", "to", "body", "written_at", "due_at", "tries", "provider_id", "error")
        values = {name: getattr(alert, name) for name in names}
        self._change(insert(alerts), values, subject=f"alert {alert.about}")
        self.touched_pages = True
        return True

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        """Take over alerts that are due, the longest overdue first."""
        found = [rows.alert(row) for row in self._run(_DUE_ALERTS, {"now": real_now})]
        for alert in found:
            self._run(_UPDATE_ALERT, {"wanted": alert.id, "due_at": lease_until})
        return found

    def update_alert(self, alert: Alert) -> None:
        """Write what changes in an alert's life."""
        values = {name: getattr(alert, name) for name in ("due_at", "tries", "provider_id", "error")}
        self._run(_UPDATE_ALERT, {"wanted": alert.id, **values})
