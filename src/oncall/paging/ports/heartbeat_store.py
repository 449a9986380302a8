"""Protocol and values for heartbeats: jobs that must call regularly. A job that does not call opens a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A job that must call regularly. Times are policy time, aware UTC.

    every: how often the job must call. grace: how late a call may be. by: who created the heartbeat. customer, plan,
    impact: those of the ticket that it opens; None: the routing table decides. last_at: its last call; None: it has
    never called. due_at: when a ticket is opened if no call comes. ticket: the id of the ticket that is open because of
    it; None while the job calls. opened: how many tickets it has opened.
    """

    name: str
    every: timedelta
    grace: timedelta
    by: str
    created_at: datetime
    due_at: datetime
    customer: str | None = None
    plan: str | None = None
    impact: str | None = None
    last_at: datetime | None = None
    ticket: str | None = None
    opened: int = 0


class Heartbeats(Protocol):
    """Reads and writes heartbeats."""

    def heartbeat(self, name: str) -> Heartbeat | None:
        """Return the heartbeat with this name and lock its row until the transaction ends; None if there is none."""

    def heartbeats(self) -> list[Heartbeat]:
        """Return every heartbeat, sorted by name."""

    def silent_heartbeats(self, now: datetime) -> list[str]:
        """Return the names of the heartbeats that are overdue at `now` (policy time) and have opened no ticket yet."""

    def add_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Insert a heartbeat. Raises Conflict if its name is taken."""

    def update_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Update a stored heartbeat: write last_at, due_at, ticket and opened."""

    def remove_heartbeat(self, name: str) -> None:
        """Delete a heartbeat. Raises NotFound if there is none with this name."""
