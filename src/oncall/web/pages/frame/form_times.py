"""Reads local times that people write into forms."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.support.likely_times import time_advice
from oncall.support.local_time import read_time


def instant_of(field: str, text: str, zone: ZoneInfo) -> str:
    """Return the local time in a form as an instant (ISO 8601 with an offset).

    Raises FieldFaults for text that is no time, and for a time that the clocks skip.
    """
    try:
        at: datetime = read_time(text[:40], zone).at
    except Refused as skipped:
        raise FieldFaults([FieldFault(field, str(skipped))]) from skipped
    except (ValueError, OverflowError) as error:
        advice = time_advice(text[:100], example='write one like "2027-01-09T19:00"')
        words = f"is not a time; {advice}, on the clock of {zone.key}"
        raise FieldFaults([FieldFault(field, words)]) from error
    return at.isoformat()
