"""Faults of posted documents: each wrong field, with what to send instead. Also reads the times in such documents."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from oncall.errors import OncallError
from oncall.paging.domain.quoted_text import quoted
from oncall.support.likely_times import offset_time_advice


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One wrong field of a posted document, with what to send instead.

    on_page: the message for a reader of a web page, if `message` names a field of the API or an id; None: `message`
    itself.
    """

    field: str
    message: str
    on_page: str | None = None


_TIME_ADVICE = 'write one like "2027-01-09T03:12:00-05:00"'


class FieldFaults(OncallError):
    """Raised for a posted document with wrong fields. It has all faults, not only the first one."""

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(f"{fault.field}: {fault.message}" for fault in faults))


def instant(value: object) -> datetime | None:
    """Parse an ISO 8601 time with an offset. Returns it as aware UTC; None for anything else."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def no_time(value: object) -> str:
    """Return the fault message for a value that is not a time with an offset."""
    advice = offset_time_advice(str(value)[:100], example=_TIME_ADVICE)
    return f"{shown(value)} is not a time with an offset; {advice}"


def shown(value: object) -> str:
    """Return a posted value in the form in which fault messages quote it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping | list):
        # The value is not quoted: it may be nested deeper than Python can walk.
        return "an object" if isinstance(value, Mapping) else "a list"
    return json.dumps(value)[:40]
