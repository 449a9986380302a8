"""UTC times as SQLite stores them: ISO 8601 text of a fixed width, which sorts like the times."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_to_text(at: datetime) -> str:
    """Return a time (aware UTC) as text, exact to the microsecond."""
    return at.isoformat(timespec="microseconds")


def utc_from_text(text: str) -> datetime:
    """Parse the text of a time. Returns aware UTC."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is UTC else at.astimezone(UTC)
