"""The two column types that the tables need beyond the plain ones: times that stay UTC, and JSON kept as text."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import TIMESTAMP, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from oncall.store.times import utc_from_text, utc_to_text


class UtcDateTime(TypeDecorator[datetime]):
    """A time that goes in as `datetime.UTC` and comes back as `datetime.UTC`, exact to the microsecond.

    Anything else is refused with ValueError. SQLite knows no time zone, so it holds ISO 8601 text of one fixed width,
    which sorts as the times do; PostgreSQL holds `timestamptz`.
    """

    impl = TIMESTAMP(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, `timestamptz` elsewhere."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(TIMESTAMP(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """What the database is given."""
        if value is None:
            return None
        if value.tzinfo is not UTC:
            raise ValueError(f"a stored time needs datetime.UTC, got {value!r}")
        return utc_to_text(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """What the database gave, whatever its session's time zone is."""
        if value is None:
            return None
        return utc_from_text(value) if isinstance(value, str) else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """A JSON value kept as ASCII text, the same on both databases; a NUL or a lone surrogate in it is escaped."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """What the database is given."""
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """What the database gave."""
        if value is None:
            return None
        # Most events have no details, and reports read hundreds of thousands of them.
        return {} if value == "{}" else json.loads(value)
