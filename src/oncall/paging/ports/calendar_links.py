"""Links to calendar feeds, and the versions of the schedule from which a feed is made, in the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.paging.ports.schedule_store import Schedules
from oncall.schedule.version_document import VersionRow


@dataclass(frozen=True, slots=True)
class CalendarLink:
    """A secret address of a calendar feed. Only the SHA-256 digest (hex) of the secret is kept.

    team: the team whose schedule it shows. engineer: the engineer whose shifts it shows; None: all engineers.
    created_at: real time, aware UTC. by: who made it.
    """

    digest: str
    team: str
    engineer: str | None
    created_at: datetime
    by: str


class CalendarLinks(Schedules, Protocol):
    """Stores the links, and reads the versions of the schedule."""

    def add_calendar_link(self, link: CalendarLink) -> None:
        """Store a link."""

    def calendar_link(self, digest: str) -> CalendarLink | None:
        """Return the link with this digest, or None."""

    def calendar_links(self, engineer: str | None) -> list[CalendarLink]:
        """Return the links of an engineer, or of the team (None), the oldest first."""

    def remove_calendar_links(self, engineer: str | None) -> int:
        """Delete the links of an engineer, or of the team (None). Returns how many there were."""

    def version_rows(self) -> Sequence[VersionRow]:
        """Return all versions of the schedule, in order."""
