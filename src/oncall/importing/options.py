"""Choices of an import that the file leaves open."""

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
    """What an end without a time is: the last day of the span, or the day on which the next engineer takes over."""

    LAST_DAY = "last-day"
    HANDOFF = "handoff"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """role: of rows and events that name none. until: the last date to read. sheet: the sheet of a workbook."""

    dates: DateOrder | None = None
    ends: EndDates | None = None
    role: str | None = None
    until: date | None = None
    sheet: str | None = None
