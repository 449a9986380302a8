"""Computes which instants a plan's coverage includes, and when a target that started at an instant is due."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.support.calendar import SupportCalendar, first_instant
from oncall.support.coverage_days import runs_of_days
from oncall.support.policy import Counting, Coverage, Target
from oncall.support.windows import Window, WindowKind

_FAR = timedelta(days=400)
"""How far ahead to search for business hours. More is pointless: hours repeat weekly, and holidays yearly."""


def is_covered(coverage: Coverage, calendar: SupportCalendar, at: datetime) -> bool:
    """Return True if the coverage includes the instant `at` (aware UTC)."""
    match coverage:
        case Coverage.ALWAYS:
            return True
        case Coverage.FIVE_DAYS:
            return next(_five_days_from(calendar, at)).start <= at
        case Coverage.BUSINESS:
            return calendar.window_at(at).kind is WindowKind.BUSINESS


def next_covered(coverage: Coverage, calendar: SupportCalendar, at: datetime) -> datetime:
    """Return the first instant at or after `at` (aware UTC) that the coverage includes.

    Raises Refused if the calendar has no more business hours.
    """
    if coverage is Coverage.ALWAYS:
        return at
    hours = _hours_of_year(coverage, calendar, at.year)
    index = bisect_right(hours.ends, at)
    if index < len(hours.ends):
        return max(hours.starts[index], at)
    return max(next(_covered_from(coverage, calendar, at)).start, at)


def deadline(target: Target, coverage: Coverage, calendar: SupportCalendar, start: datetime) -> datetime:
    """Return the instant (aware UTC) at which a target that counts from `start` is used up.

    For a target with calendar counting every minute counts; with coverage counting, only covered time. Raises Refused
    if the calendar has no more business hours.
    """
    if target.counting is Counting.CALENDAR or coverage is Coverage.ALWAYS:
        return start + target.within
    left = target.within
    hours = _hours_of_year(coverage, calendar, start.year)
    if (used := hours.used(start)) is not None:
        goal = used + left
        index = bisect_left(hours.totals, goal)
        if index < len(hours.ends):
            return hours.ends[index] - (hours.totals[index] - goal)
    for window in _covered_from(coverage, calendar, start):
        begin = max(window.start, start)
        if left <= window.end - begin:
            return begin + left
        left -= window.end - begin
    raise AssertionError("covered windows never end")


def counted(target: Target, coverage: Coverage, calendar: SupportCalendar, start: datetime, end: datetime) -> timedelta:
    """Return how much of a target is used up from `start` to `end` (aware UTC).

    For a target with calendar counting this is the whole time; with coverage counting, only covered time.
    """
    if end <= start:
        return timedelta()
    if target.counting is Counting.CALENDAR or coverage is Coverage.ALWAYS:
        return end - start
    hours = _hours_of_year(coverage, calendar, start.year)
    before, after = hours.used(start), hours.used(end)
    if before is not None and after is not None:
        return after - before
    total = timedelta()
    for window in _covered_from(coverage, calendar, start):
        if window.start >= end:
            break
        total += min(window.end, end) - max(window.start, start)
    return total


class _Hours(NamedTuple):
    """The covered windows from the start of a year to `_TAIL` after its end.

    starts, ends: of each window. totals: the covered time from the first window to each end.
    """

    starts: list[datetime]
    ends: list[datetime]
    totals: list[timedelta]

    def used(self, at: datetime) -> timedelta | None:
        """Return the covered time from the first window to `at`; None if `at` is after the last window."""
        index = bisect_right(self.ends, at)
        if index == len(self.ends):
            return None
        return self.totals[index] - (self.ends[index] - max(self.starts[index], at))


_TAIL = timedelta(days=90)
"""For how long after the end of a year its covered windows are listed. So few deadlines are after the last window."""


def _hours_of_year(coverage: Coverage, calendar: SupportCalendar, year: int) -> _Hours:
    """Return the covered windows that end after the first instant of a year (UTC), if possible from a cache."""
    # An int key is found faster than a tuple, and reports ask for millions of clocks.
    key = year if coverage is Coverage.BUSINESS else -year
    hours: _Hours | None = calendar.memo.get(key)
    if hours is None:
        hours = calendar.memo[key] = _computed_hours(coverage, calendar, year)
    return hours


def _computed_hours(coverage: Coverage, calendar: SupportCalendar, year: int) -> _Hours:
    first = datetime(year, 1, 1, tzinfo=UTC)
    last = first + timedelta(days=366) + _TAIL
    windows: list[Window] = []
    try:
        for window in _covered_from(coverage, calendar, first):
            windows.append(window)
            if window.end > last:
                break
    except Refused:
        # The calendar ends here, or business hours never come. A caller that needs later hours gets the error itself.
        pass
    lengths = accumulate(window.end - window.start for window in windows)
    return _Hours([window.start for window in windows], [window.end for window in windows], list(lengths))


def _covered_from(coverage: Coverage, calendar: SupportCalendar, at: datetime) -> Iterator[Window]:
    """Yield the covered windows that end after `at`, whole and in order. The iterator does not end.

    Raises Refused if the calendar has no more business hours.
    """
    return _five_days_from(calendar, at) if coverage is Coverage.FIVE_DAYS else _business_from(calendar, at)


def _five_days_from(calendar: SupportCalendar, at: datetime) -> Iterator[Window]:
    runs = runs_of_days(calendar.coverage_days)
    today = at.astimezone(calendar.zone).toordinal()
    # One week earlier, because a run of days may reach from Sunday into this week.
    monday = today - (today - 1) % 7 - 7
    while True:
        for first, end in runs:
            window = _whole_days(calendar.zone, monday + first, monday + end)
            if window is not None and window.end > at:
                yield window
        monday += 7


def _business_from(calendar: SupportCalendar, at: datetime) -> Iterator[Window]:
    while True:
        window = calendar.window_at(at)
        last_chance = at + _FAR
        while window.kind is not WindowKind.BUSINESS:
            if window.end > last_chance:
                raise Refused("the policy has no business hours, so what counts in them is never due")
            window = calendar.window_at(window.end)
        yield window
        at = window.end


@lru_cache(maxsize=2000)
def _whole_days(zone: ZoneInfo, first_day: int, end_day: int) -> Window | None:
    """Return the window from 00:00 of one day to 00:00 of a later one; None if the clock skips all of it.

    first_day, end_day: ordinals of dates.
    """
    start, end = (first_instant(zone, datetime.combine(date.fromordinal(day), time())) for day in (first_day, end_day))
    return Window(start, end) if start < end else None
