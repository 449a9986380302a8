"""Protocol and values for heartbeats: jobs that call regularly, and whose silence opens a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A job that calls regularly. Times are policy time, aware UTC.

    every: how often it calls. grace: how late a call may be. by: who made it. customer, plan, impact: those of its
    ticket; None: the routing table decides. last_at: its last call; None: it has never called. due_at: when its silence
    opens a ticket. ticket: the ticket that its silence has opened; None while it calls. opened: how many tickets so
    far.
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
        """Return a heartbeat and lock its row until the transaction ends; None if there is none."""

    def heartbeats(self) -> list[Heartbeat]:
        """Return every heartbeat, by name."""

    def silent_heartbeats(self, now: datetime) -> list[str]:
        """Return the names of the heartbeats that are due at `now` (policy time) and have no ticket yet."""

    def add_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Insert a heartbeat. Raises Conflict if its name is taken."""

    def update_heartbeat(self, heartbeat: Heartbeat) -> None:
        """Store the columns of a heartbeat that change: last_at, due_at, ticket and opened."""

    def remove_heartbeat(self, name: str) -> None:
        """Delete a heartbeat. Raises NotFound if there is none with this name."""
