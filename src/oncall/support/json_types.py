"""Types of values in JSON answers.

In the `Annotated` types of an answer, a text describes the field and a mapping adds JSON Schema keywords. The web
publishes both in `/openapi.json`.
"""

from __future__ import annotations

from typing import Annotated

IsoTime = Annotated[str, {"format": "date-time", "examples": ["2027-01-09T03:12:00-05:00"]}]
"""An instant in ISO 8601, with the offset of the policy's zone."""
IsoDate = Annotated[str, {"format": "date", "examples": ["2027-01-09"]}]
"""A date in ISO 8601."""
