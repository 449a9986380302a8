"""Two column types: times in UTC, and JSON as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import TIMESTAMP, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from oncall.store.times import utc_from_text, utc_to_text


class UtcDateTime(TypeDecorator[datetime]):
    """A column of times in `datetime.UTC`, exact to the microsecond. Raises ValueError for a time in any other zone.

    SQLite has no time zones, so it stores ISO 8601 text of a fixed width, which sorts like the times. PostgreSQL stores
    `timestamptz`.
    """

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:  # Text for SQLite, a time for PostgreSQL
        """Return the column type of this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Convert a value to what the database stores."""
        if value is None:
            return None
        if value.tzinfo is not UTC:
            raise ValueError(f"a stored time needs datetime.UTC, got {value!r}")
        return utc_to_text(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Convert a stored time to aware UTC, whatever time zone the database session has."""
        if value is None:
            return None
        return utc_from_text(value) if isinstance(value, str) else value.astimezone(UTC)


class JsonText(TypeDecorator[object]):
    """A column of JSON values, stored as ASCII text on both databases.

    NUL characters and lone surrogates are escaped.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """Convert a value to what the database stores."""
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> object:
        """Convert stored text back to a value."""
        if value is None:
            return None
        # Most events have no details, so skip the parser: reports read hundreds of thousands of events.
        return {} if value == "{}" else json.loads(value)
