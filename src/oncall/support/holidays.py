"""Public holidays by date. The `holidays` library is imported only for years that are not stored already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

from oncall.errors import Refused


@dataclass(frozen=True)
class HolidayCalendar:
    """The public holidays of one place, observed days included.

    code: a country of the `holidays` library, with its part after a dash if any ("US", "US-FL"); None has no holidays.
    known: stored years, for which the library is not asked, so that a published schedule does not change when the
    library does. Calendars with the same code and known years are equal.
    """

    code: str | None = None
    known: Mapping[int, frozenset[date]] = field(default_factory=dict)
    _looked_up: dict[int, frozenset[date]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __contains__(self, day: date) -> bool:
        return self.code is not None and day in self.in_year(day.year)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.known))))

    def in_year(self, year: int) -> frozenset[date]:
        """Return the holidays of one year. Raises Refused when the library does not know the code."""
        if self.code is None:
            return frozenset()
        known = self.known.get(year)
        if known is None:
            known = self._looked_up.get(year)
        if known is None:
            known = self._looked_up[year] = _from_library(self.code, year)
        return known

    def known_years(self, first: int, last: int) -> dict[int, frozenset[date]]:
        """Return the holidays of the years `first` to `last`, both inside, for storing."""
        return {year: self.in_year(year) for year in range(first, last + 1)}


_OBSERVED = timedelta(days=3)
"""A holiday is observed at most this long before its own date."""


NO_HOLIDAYS = HolidayCalendar()


@dataclass(frozen=True, slots=True)
class Feast:
    """A holiday of one year. `year` is the year it belongs to: New Year's Day observed on 31 December belongs to the
    next year."""

    name: str
    year: int


def feasts_on(code: str, day: date) -> tuple[Feast, ...]:
    """Return the holidays on a day, including those observed on it. Imports the library."""
    return _feasts_in(code, day.year).get(day, ())


@cache
def _feasts_in(code: str, year: int) -> dict[date, tuple[Feast, ...]]:
    from holidays.utils import country_holidays

    country, _, part = code.partition("-")
    found = country_holidays(country, subdiv=part or None, years=year)
    return {
        day: tuple(Feast(re.sub(r" *\([^)]*\)$", "", name), (day + _OBSERVED).year) for name in names.split("; "))
        for day, names in found.items()
    }


def is_holiday_code(code: str) -> bool:
    """Return True if the `holidays` library knows this code, like "US" or "US-FL". Imports the library."""
    from holidays.utils import list_supported_countries

    country, dash, part = code.partition("-")
    supported = list_supported_countries(include_aliases=True)
    return country in supported and (not dash or part in supported[country])


def _from_library(code: str, year: int) -> frozenset[date]:
    if not is_holiday_code(code):
        raise Refused(f'holidays: no calendar is known for "{code}"; write a country like "US" or "US-FL"')
    from holidays.utils import country_holidays

    country, _, part = code.partition("-")
    return frozenset(day for day in country_holidays(country, subdiv=part or None, years=year) if day.year == year)
