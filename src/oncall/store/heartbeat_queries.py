"""Queries for heartbeats in one open transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, update

from oncall.errors import NotFound
from oncall.paging.ports.heartbeat_store import Heartbeat
from oncall.store.heartbeat_table import heartbeats
from oncall.store.rows import Row, Values
from oncall.store.statements import Statements

_HEARTBEAT = select(heartbeats).where(heartbeats.c.name == bindparam("wanted"))
_LOCK_HEARTBEAT = _HEARTBEAT.with_for_update()
_HEARTBEATS = select(heartbeats).order_by(heartbeats.c.name)
_SILENT = (
    select(heartbeats.c.name)
    .where(heartbeats.c.due_at <= bindparam("now"), heartbeats.c.ticket.is_(None))
    .order_by(heartbeats.c.due_at, heartbeats.c.name)
)
_UPDATE = update(heartbeats).where(heartbeats.c.name == bindparam("wanted"))


class HeartbeatQueries(Statements):
    """The queries for heartbeats."""

    def heartbeat(self, name: str) -> Heartbeat | None:
        """Return the heartbeat with this name and lock its row until the transaction ends; None if there is none."""
        row = self._run(_LOCK_HEARTBEAT if self._writes else _HEARTBEAT, {"wanted": name}).one_or_none()
        return None if row is None else _heartbeat(row)

    def heartbeats(self) -> list[Heartbeat]:
        """Return every heartbeat, sorted by name."""
        return [_heartbeat(row) for row in self._run(_HEARTBEATS)]

    def silent_heartbeats(self, now: datetime) -> list[str]:
        """Return the names of the heartbeats that are overdue at `now` (policy time) and have opened no ticket yet."""
        return list(self._run(_SILENT, {"now": now}).scalars())

    def add_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Insert a heartbeat. Raises Conflict if its name is taken."""
        values = {
            "name": heartbeat.name,
            "every_seconds": int(heartbeat.every.total_seconds()),
            "grace_seconds": int(heartbeat.grace.total_seconds()),
            "by": heartbeat.by,
            "created_at": heartbeat.created_at,
            "customer": heartbeat.customer,
            "plan": heartbeat.plan,
            "impact": heartbeat.impact,
            **_changes(heartbeat),
        }
        self._change(insert(heartbeats), values, subject=f'heartbeat "{heartbeat.name}"')

    def update_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Update a stored heartbeat: write last_at, due_at, ticket and opened."""
        self._run(_UPDATE, {"wanted": heartbeat.name, **_changes(heartbeat)})

    def remove_heartbeat(self, name: str) -> None:
        """Delete a heartbeat. Raises NotFound if there is none with this name."""
        if self._run(delete(heartbeats).where(heartbeats.c.name == name)).rowcount == 0:
            raise NotFound(f'there is no heartbeat "{name[:60]}"; `oncall heartbeat list` shows them')


def _changes(heartbeat: Heartbeat) -> Values:
    return {
        "last_at": heartbeat.last_at,
        "due_at": heartbeat.due_at,
        "ticket": heartbeat.ticket,
        "opened": heartbeat.opened,
    }


def _heartbeat(row: Row) -> Heartbeat:
    name, every, grace, by, created_at, due_at, *rest = row
    return Heartbeat(name, timedelta(seconds=every), timedelta(seconds=grace), by, created_at, due_at, *rest)
