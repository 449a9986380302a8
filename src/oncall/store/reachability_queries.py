"""Queries for opt-outs, for the texts that our number has sent, and for alerts, in one open transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, func, insert, select, union_all, update

from oncall.paging.domain.reachability import Alert, Reachability
from oncall.paging.ports.records import SentText
from oncall.store import rows
from oncall.store.statements import Query, Statements
from oncall.store.tables import alerts, attempts, inbound, reachability, was_answered

_OPTED_OUT = (
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
_ALERTS_SINCE = (
    select(alerts)
    .where(alerts.c.written_at >= bindparam("since"))
    .order_by(alerts.c.written_at.desc(), alerts.c.id.desc())
)
_UPDATE_ALERT = update(alerts).where(alerts.c.id == bindparam("wanted"))
_CLAIM_ALERTS = (
    update(alerts).where(alerts.c.id.in_(bindparam("wanted", expanding=True))).values(due_at=bindparam("lease"))
)
_CONFIRMED = union_all(
    select(attempts.c.to.label("person"), attempts.c.at).where(
        attempts.c.status == "delivered", attempts.c.channel != "desk"
    ),
    select(inbound.c.by.label("person"), inbound.c.at),
).subquery()
_LAST_CONFIRMED = select(_CONFIRMED.c.person, func.max(_CONFIRMED.c.at).label("at")).group_by(_CONFIRMED.c.person)


def _latest(at: ColumnElement[datetime], text: ColumnElement[str], *conditions: ColumnElement[bool]) -> Query:
    """Build a query for the newest texts of one table since `since`, at most `most`.

    Both are parameters of the query.
    """
    went_out = select(at.label("at"), text.label("text")).where(at.is_not(None), at >= bindparam("since"), *conditions)
    return select(went_out.order_by(at.desc()).limit(bindparam("most")).subquery())


def _newest_of(*tables: Query) -> Query:
    together = union_all(*tables).subquery()
    return select(together).order_by(together.c.at.desc()).limit(bindparam("most"))


_TEXT = func.coalesce(attempts.c.sent_text, attempts.c.body)
_OF_TICKETS = _latest(attempts.c.sent_at, _TEXT, attempts.c.channel != "voice")
_OF_TICKETS_TO = _latest(attempts.c.sent_at, _TEXT, attempts.c.channel != "voice", attempts.c.to == bindparam("person"))
_ALERTS = _latest(alerts.c.sent_at, alerts.c.body)
_ALERTS_TO = _latest(alerts.c.sent_at, alerts.c.body, alerts.c.to == bindparam("person"))
_ANSWERS = _latest(inbound.c.at, inbound.c.answer, was_answered)
_TEXTS_SENT = _newest_of(_OF_TICKETS, _ALERTS, _ANSWERS)
_TEXTS_SENT_TO = _newest_of(_OF_TICKETS_TO, _ALERTS_TO)


class ReachabilityQueries(Statements):
    """The queries for opt-outs, sent texts and alerts."""

    def note_reachability(self, mark: Reachability) -> None:
        """Record that a person opted out of a channel, or opted in again. The latest record counts."""
        self._run(insert(reachability), rows.reachability_row(mark))
        self._published.opted_out = None
        self.touched_pages = True

    def opted_out(self) -> list[Reachability]:
        """Return the latest record of each person and channel that is opted out, ordered by the person's id."""
        view = self._published
        if view.opted_out is None:
            view.opted_out = [rows.reachability(row) for row in self._run(_OPTED_OUT)]
        return view.opted_out

    def reached(self) -> dict[str, datetime]:
        """Return, by the person's id, when (policy time) a message to them was last delivered or one from them came.

        Reads the whole table, so only commands may call it.
        """
        return {row["person"]: row["at"] for row in self._run(_LAST_CONFIRMED).mappings()}

    def texts_sent(self, *, since: datetime, most: int, to: str | None = None) -> list[SentText]:
        """Return at most `most` texts sent since an instant (policy time), the newest first.

        A bundle counts as one text. to: only texts to this person, without answers to their own SMS; None: all texts,
        with such answers.
        """
        wanted = {"since": since, "most": most}
        found = self._run(_TEXTS_SENT, wanted) if to is None else self._run(_TEXTS_SENT_TO, {**wanted, "person": to})
        return [SentText(row.at, row.text) for row in found]

    def add_alert(self, alert: Alert) -> bool:
        """Store an alert. Returns False, and stores nothing, if there is an alert with the same subject."""
        if self._run(_ALERT_ABOUT, {"wanted": alert.about}).one_or_none() is not None:
            return False
        self._change(insert(alerts), rows.alert_row(alert), subject=f"alert {alert.about}")
        self.touched_pages = True
        return True

    def claim_alerts(self, *, real_now: datetime, lease_until: datetime) -> list[Alert]:
        """Claim all due alerts, under a lease until `lease_until` (real time), the longest overdue first.

        No two callers get the same alert.
        """
        found = [rows.alert(row) for row in self._run(_DUE_ALERTS, {"now": real_now})]
        if found:
            self._run(_CLAIM_ALERTS, {"wanted": [alert.id for alert in found], "lease": lease_until})
        return found

    def update_alert(self, alert: Alert) -> None:
        """Update a stored alert: write due_at, sends, provider id, error and sent_at."""
        self._run(_UPDATE_ALERT, {"wanted": alert.id, **rows.alert_changes(alert)})

    def alerts(self, *, written_since: datetime) -> list[Alert]:
        """Return the alerts written since `written_since` (real time), the newest first."""
        return [rows.alert(row) for row in self._run(_ALERTS_SINCE, {"since": written_since})]
