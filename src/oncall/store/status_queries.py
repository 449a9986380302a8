"""Queries for the log of the status page and for published status files, in one open transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import bindparam, insert, select, text, update

from oncall.status.status_events import MonitorLook, PublishedStatusFile, StatusEvent, StatusEventKind
from oncall.store.rows import Row, Values
from oncall.store.statements import Statements
from oncall.store.tables import monitor_looks, schedule_versions, status_events

_EVENTS = select(status_events).order_by(status_events.c.seq)
_OPENED = select(status_events).where(status_events.c.kind == StatusEventKind.OPENED.value)
_OF_SUBJECTS = (
    select(status_events)
    .where(status_events.c.subject.in_(bindparam("subjects", expanding=True)))
    .order_by(status_events.c.seq)
)
_SOURCES = (
    select(schedule_versions.c.at, schedule_versions.c.sources)
    .where(schedule_versions.c.kind == "publish")
    .order_by(schedule_versions.c.version)
)
_LOOKS = select(monitor_looks).order_by(monitor_looks.c.component)
_UPDATE_LOOK = update(monitor_looks).where(monitor_looks.c.component == bindparam("wanted"))
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_LOG = 500000651893
"""The key of the advisory lock of the status page's log; `attempt_queries` has the other keys."""
_TEXTS = ("title", "state", "message", "reason", "ticket", "request")


class StatusQueries(Statements):
    """The queries for the log of the status page, the looks of its monitor, and published status files."""

    def status_events(self) -> Sequence[StatusEvent]:
        """Return all events of the status page, in the order in which they were written."""
        return [status_event_of(row) for row in self._run(_EVENTS)]

    def status_events_of_ticket(self, ticket: str) -> Sequence[StatusEvent]:
        """Return the events of every incident that was opened from a ticket, in the order in which they were written.

        ticket: the ticket's id.
        """
        opened = [status_event_of(row) for row in self._run(_OPENED)]
        subjects = [each.subject for each in opened if each.ticket == ticket]
        if not subjects:
            return []
        return [status_event_of(row) for row in self._run(_OF_SUBJECTS, {"subjects": subjects})]

    def add_status_event(self, event: StatusEvent) -> None:
        """Append an event to the log of the status page."""
        values: Values = {
            "subject": event.subject,
            "kind": event.kind.value,
            "at": event.at,
            "written_at": event.written_at,
            "by": event.by,
            "details": _details(event),
        }
        self._change(insert(status_events), values, subject=f"event of {event.subject}")

    def lock_status_log(self) -> None:
        """Wait for the lock of the log, and keep it until the transaction ends. SQLite has only one writer."""
        if self._connection.dialect.name == "postgresql":
            self._run(_LOCK, {"key": _LOG})

    def monitor_looks(self) -> Sequence[MonitorLook]:
        """Return the last look at each component that ever had a monitor, ordered by component."""
        return [_look(row) for row in self._run(_LOOKS)]

    def note_look(self, look: MonitorLook) -> None:
        """Store a look at a component. It replaces the last look at this component."""
        values: Values = {
            "looked_at": look.looked_at,
            "counts_until": look.counts_until,
            "recent": [[at.isoformat(), seen] for at, seen in look.recent],
        }
        if self._run(_UPDATE_LOOK, {"wanted": look.component, **values}).rowcount == 0:
            self._change(insert(monitor_looks), {"component": look.component, **values}, subject="the monitor's look")

    def status_files(self) -> Sequence[PublishedStatusFile]:
        """Return the status file of each publication that had one, the oldest first."""
        rows = [tuple(row) for row in self._run(_SOURCES)]
        return [
            PublishedStatusFile(at, sources["status"], sources["policy_zone"])
            for at, sources in rows
            if sources.get("status")
        ]


def _details(event: StatusEvent) -> dict[str, object]:
    """Return the non-empty fields of an event that have no column of their own, by name."""
    found: dict[str, object] = {name: getattr(event, name) for name in _TEXTS}
    found["components"] = dict(event.components)
    found["start"] = event.start.isoformat() if event.start is not None else None
    found["end"] = event.end.isoformat() if event.end is not None else None
    return {name: value for name, value in found.items() if value}


def status_event_of(row: Row) -> StatusEvent:
    """Convert a row of `status_events`, with its columns in the table's order, to an event."""
    seq, subject, kind, at, written_at, by, details = row
    return StatusEvent(
        subject,
        StatusEventKind(kind),
        at,
        written_at,
        by,
        start=_time(details, "start"),
        end=_time(details, "end"),
        components=details.get("components", {}),
        seq=seq,
        **{name: details[name] for name in _TEXTS if name in details},
    )


def _look(row: Row) -> MonitorLook:
    component, looked_at, counts_until, recent = row
    times = tuple((datetime.fromisoformat(at).astimezone(UTC), seen) for at, seen in recent)
    return MonitorLook(component, looked_at, counts_until, times)


def _time(details: Mapping[str, str], name: str) -> datetime | None:
    text = details.get(name)
    return datetime.fromisoformat(text).astimezone(UTC) if text is not None else None
