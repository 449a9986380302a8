"""The caller's answers to questions that an imported file may leave open."""

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
    """The meaning of an end without a time: the last day of the span, or the day on which the next engineer begins."""

    LAST_DAY = "last-day"
    HANDOFF = "handoff"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The caller's choices. role: for rows and events that name none. until: last date to read. sheet: one to read."""

    dates: DateOrder | None = None
    ends: EndDates | None = None
    role: str | None = None
    until: date | None = None
    sheet: str | None = None
