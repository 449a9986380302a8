"""Stores the holidays of a published roster as JSON, so that a new holidays library does not change the schedule."""

from __future__ import annotations

from datetime import date
from typing import NotRequired, TypedDict

from oncall.support.holidays import CompanyDays, HolidayCalendar, OwnDay


class HolidaysDocument(TypedDict):
    """The holiday codes of a roster. years: the dates (ISO 8601) of the holidays in each year that the plan touches."""

    code: str
    """The holiday codes, separated by commas; empty if there are none."""
    years: dict[str, list[str]]
    own: NotRequired[list[list[str]]]
    """The date and the name of each holiday that the roster adds."""
    dropped: NotRequired[list[str]]
    """The dates of holidays that the roster drops."""


def holidays_document(days: CompanyDays | None, first: int, last: int) -> HolidaysDocument | None:
    """Return the holidays of the years `first` to `last` as JSON; None for a roster without holidays."""
    if days is None:
        return None
    years = HolidayCalendar(days).known_years(first, last)
    document: HolidaysDocument = {
        "code": ",".join(days.codes),
        "years": {str(year): sorted(day.isoformat() for day in found) for year, found in years.items()},
    }
    if days.own:
        document["own"] = [[each.day.isoformat(), each.name] for each in days.own]
    if days.dropped:
        document["dropped"] = [day.isoformat() for day in days.dropped]
    return document


def company_days_in(document: HolidaysDocument) -> CompanyDays:
    """Return the holidays that a document describes: the codes, and the days that the roster adds and drops."""
    own = tuple(OwnDay(date.fromisoformat(day), name) for day, name in document.get("own", ()))
    dropped = tuple(map(date.fromisoformat, document.get("dropped", ())))
    return CompanyDays(tuple(filter(None, document["code"].split(","))), own, dropped)
