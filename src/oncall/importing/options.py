"""The user's answers to questions that an imported file may leave open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DateOrder(StrEnum):
    """How dates are written: `2027-01-04`, `01/04/2027` with the month first, or `04.01.2027` with the day first."""

    ISO = "iso"
    US = "us"
    EU = "eu"


class EndDates(StrEnum):
    """The meaning of an end date without a time: the last day of duty, or the day on which the next engineer begins."""

    LAST_DAY = "last-day"
    HANDOFF = "handoff"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The user's choices; None: not given. role: for rows and events without a role. until: the last date to read.

    dates: how the file writes dates. ends: the meaning of end dates without a time. sheet: the name of the sheet to
    read.
    """

    dates: DateOrder | None = None
    ends: EndDates | None = None
    role: str | None = None
    until: date | None = None
    sheet: str | None = None
