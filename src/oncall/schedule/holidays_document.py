"""The holidays of a published roster as JSON, so that a schedule does not change with the holidays library."""

from __future__ import annotations

from datetime import date
from typing import NotRequired, TypedDict

from oncall.support.holidays import CompanyDays, HolidayCalendar, OwnDay


class HolidaysDocument(TypedDict):
    """The roster's holiday codes, and the dates (ISO 8601) of each year that the plan touches."""

    code: str
    """The codes, with commas between them; empty for none."""
    years: dict[str, list[str]]
    own: NotRequired[list[list[str]]]
    """Date and name of each day that the roster adds."""
    dropped: NotRequired[list[str]]
    """The dates that the roster takes away."""


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
    """Return the holiday codes of a document, with the days that the roster adds and takes away."""
    own = tuple(OwnDay(date.fromisoformat(day), name) for day, name in document.get("own", ()))
    dropped = tuple(map(date.fromisoformat, document.get("dropped", ())))
    return CompanyDays(tuple(filter(None, document["code"].split(","))), own, dropped)
