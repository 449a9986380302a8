"""Quarters of a year, which business reviews are about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.reports.sla_report import Days
from oncall.support.calendar import FIRST_YEAR, LAST_YEAR


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months of the calendar year. `number`: 1 to 4."""

    year: int
    number: int

    @property
    def first_day(self) -> date:
        """Return the first date of the quarter."""
        return date(self.year, self.number * 3 - 2, 1)

    def days(self, zone: ZoneInfo) -> Days:
        """Return the quarter's dates in `zone`."""
        return Days(self.first_day, self.next.first_day - timedelta(days=1), zone)

    @property
    def next(self) -> Quarter:
        """Return the next quarter."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def before(self) -> Quarter:
        """Return the previous quarter."""
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


def quarter_of(text: str) -> Quarter:
    """Parse a quarter like `2027Q1` or `2027-q1`. Raises Refused for any other text."""
    found = re.fullmatch(r"([0-9]{4})[- ]?[Qq]([1-4])", text.strip())
    if not found or not FIRST_YEAR < int(found[1]) < LAST_YEAR:
        raise Refused(f'"{text[:40]}" is not a quarter; write "2027Q1"')
    return Quarter(int(found[1]), int(found[2]))
