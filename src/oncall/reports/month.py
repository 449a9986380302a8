"""Calendar months, which reports on duty and pay are about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.reports.sla_report import Days
from oncall.support.calendar import FIRST_YEAR, LAST_YEAR
from oncall.support.likely_days import month_fault


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month. `number`: 1 to 12."""

    year: int
    number: int

    def days(self, zone: ZoneInfo) -> Days:
        """Return the month's dates in `zone`."""
        first = date(self.year, self.number, 1)
        following = (first + timedelta(days=31)).replace(day=1)
        return Days(first, following - timedelta(days=1), zone)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"


def month_of(text: str) -> Month:
    """Parse a month like `2027-01`. Raises Refused for any other text."""
    found = re.fullmatch(r"([0-9]{4})-([0-9]{2})", text.strip())
    if not found or not FIRST_YEAR < int(found[1]) < LAST_YEAR or not 1 <= int(found[2]) <= 12:
        raise Refused(month_fault(text))
    return Month(int(found[1]), int(found[2]))
