"""Queries for links to calendar feeds, in one open transaction."""

from __future__ import annotations

from sqlalchemy import ColumnElement, bindparam, delete, insert, select

from oncall.paging.ports.calendar_links import CalendarLink
from oncall.store.statements import Statements
from oncall.store.tables import calendar_links

_BY_DIGEST = select(calendar_links).where(calendar_links.c.digest == bindparam("wanted"))


class CalendarQueries(Statements):
    """The queries for links to calendar feeds."""

    def add_calendar_link(self, link: CalendarLink) -> None:
        """Store a link."""
        values = {name: getattr(link, name) for name in ("digest", "team", "engineer", "created_at", "by")}
        self._change(insert(calendar_links), values, subject="calendar link")

    def calendar_link(self, digest: str) -> CalendarLink | None:
        """Return the link with this digest; None if there is none."""
        row = self._run(_BY_DIGEST, {"wanted": digest}).one_or_none()
        return None if row is None else CalendarLink(*tuple(row))

    def calendar_links(self, engineer: str | None) -> list[CalendarLink]:
        """Return the links to the feeds of an engineer, or of the whole team (None), the oldest first."""
        found = select(calendar_links).where(_is_of(engineer)).order_by(calendar_links.c.created_at)
        return [CalendarLink(*tuple(row)) for row in self._run(found)]

    def remove_calendar_links(self, engineer: str | None) -> int:
        """Delete the links to the feeds of an engineer, or of the whole team (None). Returns how many were deleted."""
        return self._run(delete(calendar_links).where(_is_of(engineer))).rowcount


def _is_of(engineer: str | None) -> ColumnElement[bool]:
    column = calendar_links.c.engineer
    return column.is_(None) if engineer is None else column == engineer
