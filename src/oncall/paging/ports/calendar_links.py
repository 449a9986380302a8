"""Stored links to calendar feeds, and the versions of the schedule from which a feed is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.paging.ports.schedule_store import Schedules
from oncall.schedule.version_document import VersionRow


@dataclass(frozen=True, slots=True)
class CalendarLink:
    """A secret web address of a calendar feed. Only the SHA-256 digest (hex) of the secret is stored.

    team: the team whose schedule the feed shows. engineer: the engineer whose shifts it shows; None: all engineers.
    created_at: real time, aware UTC. by: who created the link.
    """

    digest: str
    team: str
    engineer: str | None
    created_at: datetime
    by: str


class CalendarLinks(Schedules, Protocol):
    """Stores links to calendar feeds, and reads the versions of the schedule."""

    def add_calendar_link(self, link: CalendarLink) -> None:
        """Store a link."""

    def calendar_link(self, digest: str) -> CalendarLink | None:
        """Return the link with this digest; None if there is none."""

    def calendar_links(self, engineer: str | None) -> list[CalendarLink]:
        """Return the links to the feeds of an engineer, or of the whole team (None), the oldest first."""

    def remove_calendar_links(self, engineer: str | None) -> int:
        """Delete the links to the feeds of an engineer, or of the whole team (None). Returns how many were deleted."""

    def version_rows(self) -> Sequence[VersionRow]:
        """Return all versions of the schedule, the oldest first."""
