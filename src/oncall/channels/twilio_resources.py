"""Types for those fields of the Twilio library's messages and calls that the channels read.

The library has no types.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class TwilioMessage(Protocol):
    """A message of the library. Times are aware UTC; None for those that Twilio does not know yet."""

    sid: object
    status: object
    error_code: object
    body: str | None
    date_created: datetime | None
    date_sent: datetime | None


class TwilioCall(Protocol):
    """A call of the library. Times are aware UTC; None for those that Twilio does not know yet."""

    sid: object
    status: object
    date_created: datetime | None
    start_time: datetime | None
