"""UTC times as the text that SQLite holds: ISO 8601, one fixed width, so that the text sorts as the times do."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_to_text(at: datetime) -> str:
    """`at` (aware UTC) as text, exact to the microsecond."""
    return at.isoformat(timespec="microseconds")


def utc_from_text(text: str) -> datetime:
    """The aware UTC time that was written as `text`."""
    return datetime.fromisoformat(text).astimezone(UTC)
