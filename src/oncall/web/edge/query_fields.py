"""Reads the query of a request, and reports all wrong, unknown and repeated fields together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from starlette.datastructures import QueryParams

from oncall.paging.actions.field_faults import FieldFault, FieldFaults, instant, no_time
from oncall.paging.domain.quoted_text import clean, quoted
from oncall.suggestions import suggestion
from oncall.support.calendar import FIRST_YEAR, LAST_YEAR
from oncall.support.likely_days import EXAMPLE_DAY, day_advice
from oncall.web.edge.plain_route import PlainRoute

WordT = TypeVar("WordT", bound=StrEnum)
_UNREAD_DAY = date(2000, 1, 1)


class QueryReader:
    """Reads the fields of one query and collects every fault.

    After a fault a method returns a placeholder: call `refuse_faults` before you use any value.
    """

    def __init__(self, given: QueryParams, known: Iterable[str]) -> None:
        self._given = given
        self._faults: list[FieldFault] = []
        names, seen = list(known), set()
        for name, _ in given.multi_items():
            if name not in names:
                self.fault(quoted(name)[1:-1], f"is not a field of this query; {_hint(name, names)}")
            elif name in seen:
                self.fault(name, "is given twice; write it once")
            seen.add(name)

    def fault(self, field: str, message: str) -> None:
        """Record a fault of a field. message: what is wrong and what to write."""
        self._faults.append(FieldFault(field, message))

    def refuse_faults(self) -> None:
        """Raise FieldFaults if a fault was recorded."""
        if self._faults:
            raise FieldFaults(self._faults)

    def text(self, name: str) -> str | None:
        """Return a field's text on one line, without control characters; None if the field is absent or empty."""
        return clean(self._given.get(name, "")) or None

    def needed_text(self, name: str) -> str:
        """Return the text of a field. Records a fault if the field is absent or empty."""
        value = self.text(name)
        if value is None:
            self.fault(name, "missing")
        return value or ""

    def words(self, name: str, known: type[WordT], message: str) -> tuple[WordT, ...]:
        """Return the words of a comma-separated field; empty if it is absent.

        message: the fault for an unknown word.
        """
        words = [word.strip() for word in self._given.get(name, "").split(",") if word.strip()]
        if not all(word in set(known) for word in words):
            self.fault(name, message)
            return ()
        return tuple(known(word) for word in words)

    def word(self, name: str, known: tuple[WordT, ...], default: WordT) -> WordT:
        """Return the word in a field; `default` if it is absent. Records a fault if the word is not one of `known`."""
        value = self._given.get(name, default.value)
        for word in known:
            if word.value == value:
                return word
        self.fault(name, f"write {', '.join(known[:-1])} or {known[-1]}")
        return default

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return the whole number in a field; `default` if it is absent. Records a fault outside `least` to `most`."""
        value = self._given.get(name, str(default))
        if value.isascii() and value.isdigit() and len(value) <= len(str(most)) and least <= int(value) <= most:
            return int(value)
        self.fault(name, f"write a number from {least} to {most}")
        return default

    def number_or_none(self, name: str, *, least: int, most: int) -> int | None:
        """Return the whole number in a field; None if it is absent. Records a fault outside `least` to `most`."""
        return self.number(name, least, least=least, most=most) if name in self._given else None

    def day(self, name: str) -> date:
        """Return the date in a field. Records a fault if the field is absent or not a date."""
        value = self._given.get(name)
        try:
            return date.fromisoformat(value or "")
        except ValueError:
            words = f'missing; write "{EXAMPLE_DAY}"' if value is None else f"{quoted(value)} {day_advice(value)}"
            self.fault(name, words)
            return _UNREAD_DAY

    def time(self, name: str, default: datetime) -> datetime:
        """Return the time (aware UTC) in a field; `default` if it is absent. Records a fault if it is not a time."""
        value = self._given.get(name)
        if value is None:
            return default
        # A plus sign that was not escaped arrives as a blank.
        at = instant(value.replace(" ", "+"))
        if at is None:
            self.fault(name, no_time(value))
        elif not FIRST_YEAR < at.year < LAST_YEAR:
            self.fault(name, f"is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}")
        else:
            return at
        return default

    def time_or_day(self, name: str, default: datetime, zone: ZoneInfo, *, at_its_end: bool) -> datetime:
        """Return the time (aware UTC) in a field; `default` if it is absent. The field may also be a date.

        A date means the start of the day in `zone`, or its end if `at_its_end`.
        """
        day = _day(self._given.get(name, ""))
        if day is None:
            return self.time(name, default)
        return datetime.combine(day + timedelta(days=1 if at_its_end else 0), time(), zone).astimezone(UTC)


def _hint(name: str, known: list[str]) -> str:
    return suggestion(name, known) if known else "it takes none"


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == len("2027-01-09") else None
    except ValueError:
        return None
    return day if day is not None and FIRST_YEAR < day.year < LAST_YEAR else None


async def _query(request: Request) -> QueryReader:
    route = request.scope["route"]
    assert isinstance(route, PlainRoute)
    return QueryReader(request.query_params, route.query_names)


QueryDep = Annotated[QueryReader, Depends(_query)]
