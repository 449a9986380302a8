"""Reads dates and times as people write them. One decision for the whole file says whether the month comes first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.importing.claims import Place
from oncall.importing.options import DateOrder
from oncall.support.coverage_days import DAYS_OF_WEEK
from oncall.support.likely_days import Written, day_advice, days_meant, days_words, missing_words
from oncall.support.likely_times import time_advice
from oncall.support.local_time import WrittenTime, read_time

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>[a-z]{3,9})[.]?"
_DATES = (
    re.compile(r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})"),
    re.compile(r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})"),
    re.compile(rf"{_DAY}[ .-]+{_MONTH},?[ -]+(?P<year>\d{{4}})"),
    re.compile(rf"{_MONTH} {_DAY},? (?P<year>\d{{4}})"),
)
_WEEKDAY = re.compile(r"(?P<name>(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)[.]?,? +")
_CLOCK = re.compile(
    r"(?:t|,? +(?:at +)?)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.]\d+)?)?"
    r"(?: *(?P<half>[ap])[.]?m[.]?)?(?: *(?P<offset>z|utc|[+-]\d{2}:?\d{2}))?"
)
_FIRST_SERIAL = date(1899, 12, 30)
EXAMPLE = 'write "2027-01-04"'
_EXAMPLE_TIME = 'write "2027-01-04 19:01"'


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date as it was written, perhaps with a time. first, second: month and day, in the order of the text.

    is_open: the text does not show which of the two is the month. clock, offset: the time of day and the UTC offset;
    None if not written. is_next_day: the time was 24:00.
    """

    text: str
    year: int
    first: int
    second: int
    is_open: bool
    is_iso: bool
    weekday: int | None = None
    clock: time | None = None
    offset: str | None = None
    is_next_day: bool = False

    def day(self, order: DateOrder) -> date:
        """Return the date, read in the given order.

        Raises Refused if it does not exist or is written in another order.
        """
        if order is DateOrder.ISO and not self.is_iso:
            raise Refused(f'"{self.text}" is not written as year, month, day; {_likely(self.text)}')
        month, day = (self.second, self.first) if self.is_open and order is DateOrder.EU else (self.first, self.second)
        try:
            found = date(self.year, month, day)
        except ValueError:
            how = f" {ORDER_WORDS[order]}" if self.is_open else ""
            why = missing_words(Written(self.year, month, day))
            raise Refused(f'"{self.text}" is not a date{how}; {why}') from None
        if self.weekday is not None and found.weekday() != self.weekday:
            raise Refused(f'"{self.text}": {found} is a {DAYS_OF_WEEK[found.weekday()]}; correct one of the two')
        return found

    def moment(self, order: DateOrder, zone: ZoneInfo) -> WrittenTime:
        """Return the date and time as an instant. Without an offset, the time is local to `zone`.

        Raises Refused if there is no such date or time.
        """
        assert self.clock is not None
        try:
            at = datetime.combine(self.day(order) + timedelta(days=self.is_next_day), self.clock)
            return read_time(at.isoformat() + (self.offset or ""), zone)
        except (ValueError, OverflowError):
            raise Refused(f'"{self.text}" is not a time; {_EXAMPLE_TIME}') from None


def _likely(text: str) -> str:
    days = days_meant(text)
    return days_words(days) if days else EXAMPLE


ORDER_WORDS = {
    DateOrder.ISO: "with the year first",
    DateOrder.US: "with the month first",
    DateOrder.EU: "with the day first",
}


def written_date(text: str) -> WrittenDate:
    """Read a date, perhaps with a time. Raises Refused for text of another form."""
    rest = " ".join(text.split()).lower()
    if re.fullmatch(r"[3-7][0-9]{4}", rest):
        day = _FIRST_SERIAL + timedelta(days=int(rest))
        raise Refused(
            f'"{rest}" is the number by which a spreadsheet keeps {day}; show the column as dates, or write {day}'
        )
    weekday = None
    if match := _WEEKDAY.match(rest):
        weekday = _weekday(match["name"])
        rest = rest[match.end() :]
    for form in _DATES:
        if match := form.match(rest):
            break
    else:
        raise Refused(f'"{text[:60]}" {day_advice(text)}')
    groups = match.groupdict()
    clock, offset, is_next_day = _clock(text, rest[match.end() :])
    if "first" in groups:
        first, second = int(groups["first"]), int(groups["second"])
    else:
        first, second = _month(text, groups["month"]), int(groups["day"])
    is_open, is_iso = "first" in groups, form is _DATES[0]
    return WrittenDate(
        text[:60], int(groups["year"]), first, second, is_open, is_iso, weekday, clock, offset, is_next_day
    )


def _weekday(name: str) -> int | None:
    return next((number for number, day in enumerate(DAYS_OF_WEEK) if day.lower().startswith(name[:3])), None)


def _month(text: str, name: str) -> int:
    if name.isdigit():
        return int(name)
    for names in (_MONTHS, _LONG_MONTHS):
        if name in names:
            return names.index(name) + 1
    raise Refused(f'"{text[:60]}" {day_advice(text)}')


def _clock(text: str, rest: str) -> tuple[time | None, str | None, bool]:
    """Return the time of day, the UTC offset, and True for 24:00, from the text after a date.

    rest: the text after the date. The time and the offset are None if not written. Raises Refused for any other text.
    """
    if not rest:
        return None, None, False
    match = _CLOCK.fullmatch(rest)
    if match is None:
        advice = time_advice(text, example=f'{EXAMPLE} or "2027-01-04 19:01"')
        raise Refused(f'"{text[:60]}" is not a date, or a date and a time; {advice}')
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            raise Refused(f'"{text[:60]}" is not a time; {_EXAMPLE_TIME}')
        hour = hour % 12 + (12 if match["half"] == "p" else 0)
    offset = match["offset"]
    offset = "+00:00" if offset in {"z", "utc"} else offset
    if (hour, minute, second) == (24, 0, 0):
        return time(), offset, True
    try:
        return time(hour, minute, second), offset, False
    except ValueError:
        raise Refused(f'"{text[:60]}" is not a time; {_EXAMPLE_TIME}') from None


def order_of(dates: Iterable[tuple[Place, WrittenDate]], asked: DateOrder | None) -> tuple[DateOrder, str | None]:
    """Return the order in which a file writes dates, and a note to the user if one date of the file decided it.

    asked: the user's choice; None if not given. Raises Refused with a question if neither the user nor the file
    decides.
    """
    if asked is not None:
        return asked, None
    # For each set of orders in which an open date exists: the first such date of the file.
    firsts: dict[frozenset[DateOrder], tuple[Place, WrittenDate]] = {}
    for place, each in dates:
        if each.is_open and each.first != each.second:
            firsts.setdefault(_orders(each), (place, each))
    either = firsts.get(frozenset({DateOrder.US, DateOrder.EU}))
    us, eu = (firsts.get(frozenset({order})) for order in (DateOrder.US, DateOrder.EU))
    if us and eu:
        raise Refused(
            f'"{us[1].text}" ({us[0].text}) has the month first and "{eu[1].text}" ({eu[0].text}) the day first; '
            "write all dates like 2027-01-04"
        )
    decided, order = us or eu, DateOrder.EU if eu else DateOrder.US
    if decided is None and either is not None:
        raise Refused(_question(*either))
    if decided is None:
        return order, None
    return order, f'dates are read {ORDER_WORDS[order]}, as "{decided[1].text}" ({decided[0].text}) shows'


def _orders(each: WrittenDate) -> frozenset[DateOrder]:
    """Return the orders (month first, day first) in which this date exists."""
    orders = set()
    for order in (DateOrder.US, DateOrder.EU):
        with suppress(Refused):
            each.day(order)
            orders.add(order)
    return frozenset(orders)


def _question(place: Place, each: WrittenDate) -> str:
    us, eu = each.day(DateOrder.US), each.day(DateOrder.EU)
    return (
        f'{place.text}: "{each.text}" may be {us:%-d %B %Y} or {eu:%-d %B %Y}, and no date of the file decides it; '
        "add --dates us if the month comes first, or --dates eu if the day does"
    )
