"""Types of values in JSON answers, with their descriptions for `/openapi.json`.

In the `Annotated` types of an answer, a text describes the field, and a `Keyword` adds a keyword to its JSON Schema.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, slots=True)
class Keyword:
    """A keyword of JSON Schema and its value."""

    name: str
    value: str | tuple[str, ...]


IsoTime = Annotated[str, Keyword("format", "date-time"), Keyword("examples", ("2027-01-09T03:12:00-05:00",))]
"""An instant in ISO 8601, with the offset of the policy's zone."""
IsoDate = Annotated[str, Keyword("format", "date"), Keyword("examples", ("2027-01-09",))]
"""A date in ISO 8601."""
