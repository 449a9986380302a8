"""Reads a date that is not written like `2027-01-04`, to suggest in an error message what to write instead.

Nothing here accepts such a date. A text with two readings, like `03/04/2027`, gets both in the message, and a text
without a reading gets only an example.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from oncall.file_nodes import shown
from oncall.support.coverage_days import DAYS_OF_WEEK

EXAMPLE_DAY = "2027-01-04"
FIRST_YEAR, LAST_YEAR = 2000, 2100
# The calendar module's own names follow the locale.
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SHORT_YEARS_FROM = 20
"""A year of two digits below this one is probably a day: `27/1/4` is the fourth of January."""

_MARK = r"(?:\s*[-/.,]\s*|\s+|\s*-?\s*of\s+)"
_NUMBER = r"([0-9]{1,2})(?:st|nd|rd|th)?"
_NAME = r"([a-z]{3,9})[.]?"
_YEAR = r"'?([0-9]{4}|[0-9]{2})"
_END = r"(?![0-9:])"
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})\s*[-/. ]\s*([0-9]{{1,2}})\s*[-/. ]\s*([0-9]{{1,2}}){_END}")
_EIGHT_DIGITS = re.compile(rf"(20[0-9]{{2}})([0-9]{{2}})([0-9]{{2}}){_END}")
_NAMED_YEAR_FIRST = re.compile(rf"([0-9]{{4}}){_MARK}{_NAME}{_MARK}{_NUMBER}{_END}")
_NUMBERS = re.compile(rf"([0-9]{{1,2}})\s*[-/. ]\s*([0-9]{{1,2}})\s*[-/. ]\s*{_YEAR}{_END}")
_DAY_NAMED = re.compile(rf"{_NUMBER}{_MARK}?{_NAME}{_MARK}?{_YEAR}{_END}")
_NAMED_DAY = re.compile(rf"{_NAME}{_MARK}?{_NUMBER}{_MARK}{_YEAR}{_END}")
_WEEKDAY = re.compile(r"(?:on\s+)?(mon|tue|wed|thu|fri|sat|sun)[a-z]*[.]?\s*,?\s+(?:the\s+)?")
_NO_DAY = re.compile(rf"(?:([0-9]{{4}})[-/ ]([0-9]{{1,2}})|{_NAME}{_MARK}([0-9]{{4}})|([0-9]{{1,2}})[-/.]([0-9]{{4}}))")
_NO_YEAR = re.compile(rf"(?:{_NUMBER}{_MARK}?{_NAME}|{_NAME}{_MARK}?{_NUMBER})")


class Written(NamedTuple):
    """One reading of a text as a date, which may not exist: `2027-02-30` is one."""

    year: int
    month: int
    day: int


class Reading(NamedTuple):
    """What the start of a text may mean. days: the dates that exist, at most two. rest: the text after the date.

    missing: the first reading, if no reading exists in the calendar. misfit: the weekday in the text, if it is not
    that of any reading.
    """

    days: tuple[date, ...]
    rest: str
    missing: Written | None = None
    misfit: str = ""


def days_meant(text: str) -> tuple[date, ...]:
    """Return the dates that the whole text, or the date before a time in it, may mean: none, one or two."""
    found = reading_of(text)
    return found.days if found is not None else ()


def day_fault(text: str, example: str = EXAMPLE_DAY) -> str:
    """Return the message for a text that is not a date of the form `2027-01-04`.

    example: the date in the message if the text has no reading as a date.
    """
    return f"{shown(text)} {day_advice(text, example)}"


def day_advice(text: str, example: str = EXAMPLE_DAY) -> str:
    """Return the end of the message for a text that is not a date: `is not a date; write "2027-02-15"`."""
    found = reading_of(text)
    if found is None:
        return f"is not a date; {_partial_advice(text, example)}"
    if found.missing is not None:
        return f"is not a date; {missing_words(found.missing)}"
    first = found.days[0]
    if found.misfit:
        return (
            f"is a {DAYS_OF_WEEK[first.weekday()]}, not a {found.misfit}; correct the date, and write it like {example}"
        )
    return f"is not a date; {days_words(found.days)}"


def days_words(days: tuple[date, ...]) -> str:
    """Return `write "2027-02-15"`, or both dates with their names if there are two."""
    if len(days) == 1:
        return f'write "{days[0]}"'
    return "write " + " or ".join(f'"{each}" ({each.day} {MONTHS[each.month - 1]})' for each in days)


def missing_words(written: Written) -> str:
    """Return why a date does not exist, like `February 2027 has 28 days`."""
    if not FIRST_YEAR <= written.year <= LAST_YEAR:
        return f"write a year from {FIRST_YEAR} to {LAST_YEAR}"
    if not 1 <= written.month <= len(MONTHS):
        return "months go from 01 to 12"
    return f"{MONTHS[written.month - 1]} {written.year} has {monthrange(written.year, written.month)[1]} days"


def exists(written: Written) -> bool:
    """Return True if the calendar has this date, between the years 2000 and 2100."""
    year, month, day = written
    return FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= len(MONTHS) and 1 <= day <= monthrange(year, month)[1]


def reading_of(text: str) -> Reading | None:
    """Return what the start of a text may mean as a date; None if it does not begin with one."""
    plain = " ".join(text[:100].split()).lower()
    weekday = None
    if match := _WEEKDAY.match(plain):
        weekday, plain = match[1], plain[match.end() :]
    found = list(_readings(plain))
    if not found:
        return None
    end = found[0][1]
    written = list(dict.fromkeys(each for each, _ in found))
    days = tuple(date(*each) for each in written if exists(each))
    fitting = tuple(day for day in days if weekday is None or DAYS_OF_WEEK[day.weekday()].lower().startswith(weekday))
    misfit = "" if fitting or weekday is None or not days else _full_name(weekday)
    missing = next((each for each in written if 1 <= each.month <= len(MONTHS)), written[0])
    return Reading(fitting or days, plain[end:].strip(), None if days else missing, misfit)


def _full_name(weekday: str) -> str:
    return next(name for name in DAYS_OF_WEEK if name.lower().startswith(weekday))


def _readings(text: str) -> Iterator[tuple[Written, int]]:
    """Yield the readings of the start of a text, each with the index of its end. The month first comes first."""
    if match := _YEAR_FIRST.match(text) or _EIGHT_DIGITS.match(text):
        yield Written(*(int(part) for part in match.groups())), match.end()
    elif (match := _NAMED_YEAR_FIRST.match(text)) and (month := month_named(match[2])):
        yield Written(int(match[1]), month, int(match[3])), match.end()
    elif (match := _DAY_NAMED.match(text)) and (month := month_named(match[2])):
        yield Written(_year(match[3]), month, int(match[1])), match.end()
    elif (match := _NAMED_DAY.match(text)) and (month := month_named(match[1])):
        yield Written(_year(match[3]), month, int(match[2])), match.end()
    elif match := _NUMBERS.match(text):
        first, second, year = int(match[1]), int(match[2]), match[3]
        if len(year) == 2 and int(year) < _SHORT_YEARS_FROM <= first:
            yield Written(2000 + first, second, int(year)), match.end()
            return
        yield Written(_year(year), first, second), match.end()
        yield Written(_year(year), second, first), match.end()


def month_named(name: str) -> int | None:
    """Return the number of the month that a word of at least three letters names or begins; None if there is none."""
    known = (number for number, month in enumerate(MONTHS, start=1) if month.lower().startswith(name))
    return 9 if name == "sept" else next(known, None) if len(name) >= 3 else None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def month_fault(text: str) -> str:
    """Return the message for a text that is not a month of the form `2027-01`."""
    plain = " ".join(text[:100].split()).lower()
    days = days_meant(text)
    first = _first_of_month(plain) or (days[0] if len({day.replace(day=1) for day in days}) == 1 else None)
    advice = f'write "{first:%Y-%m}"' if first is not None else 'write one like "2027-01"'
    return f"{shown(text[:40])} is not a month; {advice}"


def _first_of_month(plain: str) -> date | None:
    """Return the first day of the month that a text names without a day, like `jan 2027`; None if it names none."""
    match = _NO_DAY.fullmatch(plain)
    if match is None:
        return None
    numbers, names, reverse = match.groups()[:2], match.groups()[2:4], match.groups()[4:]
    year = numbers[0] or names[1] or reverse[1]
    month = month_named(names[0]) if names[0] else int(numbers[1] or reverse[0])
    return date(int(year), month, 1) if month is not None and exists(Written(int(year), month, 1)) else None


def _partial_advice(text: str, example: str) -> str:
    """Return the advice for a text without a whole date: one that lacks the day or the year, or any other text."""
    plain = " ".join(text[:100].split()).lower()
    if (first := _first_of_month(plain)) is not None:
        return f'the day is missing; write one like "{first}"'
    if match := _NO_YEAR.fullmatch(plain):
        month = month_named(match[2] or match[3])
        year = example[:4]
        if month is not None and exists(Written(int(year), month, int(match[1] or match[4]))):
            return f'the year is missing; write one like "{date(int(year), month, int(match[1] or match[4]))}"'
    return f'write one like "{example}"'
