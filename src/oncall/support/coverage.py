"""When a plan's promise holds, and when a target that counts from an instant is due."""

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
from oncall.support.policy import Counting, Coverage, Target
from oncall.support.windows import Window, WindowKind

_FAR = timedelta(days=400)
"""Business hours that do not come within this time never come: every pattern repeats weekly, holidays yearly."""


def is_covered(coverage: Coverage, calendar: SupportCalendar, at: datetime) -> bool:
    """Whether the promise holds at `at` (aware UTC)."""
    match coverage:
        case Coverage.ALWAYS:
            return True
        case Coverage.WEEKDAYS:
            return at in _weekdays_around(calendar.zone, at)
        case Coverage.BUSINESS:
            return calendar.window_at(at).kind is WindowKind.BUSINESS


def next_covered(coverage: Coverage, calendar: SupportCalendar, at: datetime) -> datetime:
    """The first instant from `at` on (aware UTC) at which the promise holds; `at` itself when it holds already.

    Raises Refused when business hours never come.
    """
    if coverage is Coverage.ALWAYS:
        return at
    hours = _hours_of_year(coverage, calendar, at.year)
    index = bisect_right(hours.ends, at)
    if index < len(hours.ends):
        return max(hours.starts[index], at)
    return max(next(_covered_from(coverage, calendar, at)).start, at)


def deadline(target: Target, coverage: Coverage, calendar: SupportCalendar, start: datetime) -> datetime:
    """The instant (aware UTC) at which a target that counts from `start` is reached unmet.

    Calendar counting takes every minute. Coverage counting takes only time in which the promise holds, from the next
    such instant on. Raises Refused when business hours never come.
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
    raise AssertionError("covered time goes on without end")


def counted(target: Target, coverage: Coverage, calendar: SupportCalendar, start: datetime, end: datetime) -> timedelta:
    """How much of a target the time from `start` to `end` (aware UTC) uses up."""
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
    """The covered windows of a year and a bit, in order, and how much covered time there is up to the end of each."""

    starts: list[datetime]
    ends: list[datetime]
    totals: list[timedelta]

    def used(self, at: datetime) -> timedelta | None:
        """The covered time from the first window to `at`; None when `at` lies behind the last one."""
        index = bisect_right(self.ends, at)
        if index == len(self.ends):
            return None
        return self.totals[index] - (self.ends[index] - max(self.starts[index], at))


_TAIL = timedelta(days=90)
"""How far the hours of a year reach into the next one, so that few deadlines lie behind them."""


def _hours_of_year(coverage: Coverage, calendar: SupportCalendar, year: int) -> _Hours:
    """The windows that end after the year's first instant (UTC); worked out once."""
    # A number is found faster than a pair; clocks ask for millions.
    key = year if coverage is Coverage.BUSINESS else -year
    hours: _Hours | None = calendar.memo.get(key)
    if hours is None:
        hours = calendar.memo[key] = _worked_out(coverage, calendar, year)
    return hours


def _worked_out(coverage: Coverage, calendar: SupportCalendar, year: int) -> _Hours:
    first = datetime(year, 1, 1, tzinfo=UTC)
    last = first + timedelta(days=366) + _TAIL
    windows: list[Window] = []
    try:
        for window in _covered_from(coverage, calendar, first):
            windows.append(window)
            if window.end > last:
                break
    except Refused:
        # The calendar ends here, or business hours never come; who asks for what lies behind is told so.
        pass
    lengths = accumulate(window.end - window.start for window in windows)
    return _Hours([window.start for window in windows], [window.end for window in windows], list(lengths))


def _covered_from(coverage: Coverage, calendar: SupportCalendar, at: datetime) -> Iterator[Window]:
    """The covered windows that end after `at`, whole, in order, without end."""
    return _weekdays_from(calendar.zone, at) if coverage is Coverage.WEEKDAYS else _business_from(calendar, at)


def _weekdays_from(zone: ZoneInfo, at: datetime) -> Iterator[Window]:
    window = _weekdays_around(zone, at)
    if at >= window.end:
        window = _weekdays_around(zone, window.end + timedelta(days=4))
    while True:
        yield window
        # Four days after Friday 24:00 is Wednesday, whatever the clock does in between.
        window = _weekdays_around(zone, window.end + timedelta(days=4))


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


def _weekdays_around(zone: ZoneInfo, at: datetime) -> Window:
    """Monday 00:00 to Friday 24:00 of the local week that holds `at`."""
    local = at.astimezone(zone).toordinal()
    monday = local - (local - 1) % 7
    window = _weekdays_of(zone, monday)
    # A clock that goes back over Monday 00:00 reads Sunday again in a week that has already begun.
    following = _weekdays_of(zone, monday + 7)
    return following if at >= following.start else window


@lru_cache(maxsize=2000)
def _weekdays_of(zone: ZoneInfo, monday: int) -> Window:
    first, last = (datetime.combine(date.fromordinal(day), time()) for day in (monday, monday + 5))
    return Window(first_instant(zone, first), first_instant(zone, last))
