"""Public holidays by date. The `holidays` library is imported only for years that are not stored already."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

from oncall.errors import Refused


@dataclass(frozen=True, slots=True)
class Feast:
    """A holiday of one year.

    year: the year to which it belongs. New Year's Day that is observed on 31 December belongs to the next year.
    """

    name: str
    year: int


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A day that a company has off in addition to public holidays. name: empty if the day has none."""

    day: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class CompanyDays:
    """The holidays of a team or of one person.

    codes: countries of the `holidays` library, some with a part of the country after a dash ("US", "US-FL"). own: more
    days off. dropped: holidays of the codes on which people work.
    """

    codes: tuple[str, ...] = ()
    own: tuple[OwnDay, ...] = ()
    dropped: tuple[date, ...] = ()

    def __contains__(self, day: date) -> bool:
        return day in _days_in(self, day.year)

    @property
    def text(self) -> str:
        """Return the codes in words, like `US and GB-ENG`; `this team` if there are only own days."""
        return " and ".join(self.codes) or "this team"

    @property
    def days_text(self) -> str:
        """Return the days in words: `the holidays of US and GB-ENG`, or `the holidays 2027-01-14 (Pongal)`."""
        if self.codes:
            return f"the holidays of {self.text}"
        days = (f"{each.day} ({each.name})" if each.name else str(each.day) for each in self.own)
        return f"the holidays {', '.join(days)}"

    def title_of(self, day: date) -> str:
        """Return the name of the holiday on a day and the places that have it: `Thanksgiving, holiday of US-NY`."""
        names = " and ".join(feast.name for feast in self.feasts_on(day))
        places = [code for code in self.codes if day not in self.dropped and _feasts_in(code, day.year).get(day)]
        title = f"holiday of {' and '.join(places)}" if places else "own holiday"
        return f"{names}, {title}" if names else title

    def in_year(self, year: int) -> frozenset[date]:
        """Return the dates of the holidays in one year. Raises Refused if the library does not know a code."""
        return _days_in(self, year)

    def feasts_on(self, day: date) -> tuple[Feast, ...]:
        """Return the holidays on a day with their names, including those that are observed on it.

        Imports the library.
        """
        if day in self.dropped:
            return ()
        found = [feast for code in self.codes for feast in _feasts_in(code, day.year).get(day, ())]
        own = [Feast(each.name, day.year) for each in self.own if each.day == day and each.name]
        return tuple(dict.fromkeys([*found, *own]))


def public_holidays(*codes: str) -> CompanyDays:
    """Return the public holidays of the places with these codes, without other days off."""
    return CompanyDays(codes)


@cache
def _days_in(days: CompanyDays, year: int) -> frozenset[date]:
    public = frozenset().union(*(_from_library(code, year) for code in days.codes))
    own = frozenset(each.day for each in days.own if each.day.year == year)
    return (public - frozenset(days.dropped)) | own


@dataclass(frozen=True)
class HolidayCalendar:
    """The holidays of one team, on the days on which they are observed.

    days: None for no holidays. known: stored dates by year, which are not looked up, so that a published schedule does
    not change when the `holidays` library does. Calendars with the same days and known years are equal.
    """

    days: CompanyDays | None = None
    known: Mapping[int, frozenset[date]] = field(default_factory=dict)

    def __contains__(self, day: date) -> bool:
        return self.days is not None and day in self.in_year(day.year)

    def __hash__(self) -> int:
        return hash((self.days, tuple(sorted(self.known))))

    def in_year(self, year: int) -> frozenset[date]:
        """Return the dates of the holidays in one year. Raises Refused if the library does not know a code."""
        if self.days is None:
            return frozenset()
        known = self.known.get(year)
        return self.days.in_year(year) if known is None else known

    def known_years(self, first: int, last: int) -> dict[int, frozenset[date]]:
        """Return the dates of the holidays by year, from the year `first` to the year `last` inclusive, for storing."""
        return {year: self.in_year(year) for year in range(first, last + 1)}


_EXAMPLE_YEAR = 2027
_OBSERVED = timedelta(days=3)
"""A holiday can be observed on another day, at most this long before its own date."""


NO_HOLIDAYS = HolidayCalendar()


@cache
def _feasts_in(code: str, year: int) -> dict[date, tuple[Feast, ...]]:
    from holidays.utils import country_holidays

    country, _, part = code.partition("-")
    found = country_holidays(country, subdiv=part or None, years=year)
    return {
        day: tuple(Feast(re.sub(r" *\([^)]*\)$", "", name), (day + _OBSERVED).year) for name in names.split("; "))
        for day, names in found.items()
    }


@cache
def parts_with_more_days(code: str) -> tuple[tuple[str, ...], str]:
    """Return the codes of a country's parts that have a holiday that the whole country lacks, and a name of such a day.

    Only a day that more than half of the parts have counts, because then most teams mean one of the parts. Both values
    are empty if there is no such day, or if `code` is a part already. Imports the library.
    """
    from holidays.utils import country_holidays, list_supported_countries

    parts = list_supported_countries().get(code, [])
    alone = country_holidays(code, years=_EXAMPLE_YEAR) if parts else {}
    having: dict[date, list[str]] = {}
    names: dict[date, str] = {}
    for part in parts:
        for day, name in country_holidays(code, subdiv=part, years=_EXAMPLE_YEAR).items():
            if day.year == _EXAMPLE_YEAR and day not in alone:
                having.setdefault(day, []).append(f"{code}-{part}")
                names.setdefault(day, name)
    common = [day for day in sorted(having) if 2 * len(having[day]) > len(parts)]
    if not common:
        return (), ""
    return tuple(dict.fromkeys(part for day in common for part in having[day])), names[common[0]]


@cache
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
