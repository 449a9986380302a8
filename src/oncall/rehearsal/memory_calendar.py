"""Calendar links in memory, for the store of a rehearsal."""

from __future__ import annotations

from collections.abc import Sequence

from oncall.paging.ports.calendar_links import CalendarLink
from oncall.schedule.version_document import VersionRow


class CalendarBook:
    """Stores links to calendar feeds by digest. A base class of the memory store."""

    _links: dict[str, CalendarLink]

    def add_calendar_link(self, link: CalendarLink) -> None:
        """Store a link."""
        self._links[link.digest] = link

    def calendar_link(self, digest: str) -> CalendarLink | None:
        """Return the link with this digest; None if there is none."""
        return self._links.get(digest)

    def calendar_links(self, engineer: str | None) -> list[CalendarLink]:
        """Return the links to the feeds of an engineer, or of the whole team (None), the oldest first."""
        return [link for link in self._links.values() if link.engineer == engineer]

    def remove_calendar_links(self, engineer: str | None) -> int:
        """Delete the links to the feeds of an engineer, or of the whole team (None). Returns how many were deleted."""
        found = self.calendar_links(engineer)
        for link in found:
            del self._links[link.digest]
        return len(found)

    def version_rows(self) -> Sequence[VersionRow]:
        """Return no versions, because the schedule of a rehearsal never changes."""
        return ()
