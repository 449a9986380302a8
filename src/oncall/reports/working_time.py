"""Checks the published schedule against the daily rest and the working week of the European Working Time Directive.

On-call time counts as working time here, from the first minute of a shift to the last. That is the strict reading, for
engineers who must be ready within minutes. Time at the desk is not known, so it does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from oncall.support.calendar import first_instant
from oncall.support.windows import Window

DAILY_REST = timedelta(hours=11)
LONGEST_WEEK = timedelta(hours=48)
AROUND = timedelta(days=8)
"""How long before and after a span the schedule must be known to check the span."""
_DAY = timedelta(days=1)


class WorkingTimeRule(StrEnum):
    """The rules that are checked."""

    DAILY_REST = "daily_rest"
    WEEKLY_HOURS = "weekly_hours"


@dataclass(frozen=True, slots=True)
class WorkingTimeBreach:
    """A breach of a rule by one engineer. window: the stretch on call without enough rest, or the week.

    length: the longest rest in 24 hours, or the on-call time of the week.
    """

    engineer: str
    rule: WorkingTimeRule
    window: Window
    length: timedelta


def breaches_of(engineer: str, duties: Iterable[Window], span: Window, zone: ZoneInfo) -> list[WorkingTimeBreach]:
    """Return an engineer's breaches in a span.

    A breach of the daily rest counts if its stretch on call starts in the span; one of the week, if the week ends in
    it. duties: the engineer's time on call, from `AROUND` before the span to `AROUND` after it. A week is Monday to
    Sunday in `zone`.
    """
    busy = joined_windows(duties)
    rests = [each for each in _short_rests(engineer, busy) if each.window.start in span]
    return [*rests, *_long_weeks(engineer, busy, span, zone)]


def joined_windows(windows: Iterable[Window]) -> list[Window]:
    """Return the time that any of the windows covers, as windows that do not touch, in order."""
    joined: list[Window] = []
    for each in sorted(windows, key=lambda window: window.start):
        if joined and each.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, each.end))
        else:
            joined.append(each)
    return joined


def within(windows: Iterable[Window], span: Window) -> timedelta:
    """Return how much time of the windows is in `span`. windows: must not overlap."""
    parts = (min(each.end, span.end) - max(each.start, span.start) for each in windows)
    return sum((part for part in parts if part > timedelta(0)), timedelta(0))


def _short_rests(engineer: str, busy: Sequence[Window]) -> Iterator[WorkingTimeBreach]:
    """Yield a breach for each stretch on call that leaves less than 11 hours of rest in some 24 hours.

    The first 24 hours begin with the stretch. The next 24 hours follow, and so on while the stretch lasts.
    """
    for place, stretch in enumerate(busy):
        least = DAILY_REST
        start = stretch.start
        while start < stretch.end:
            least = min(least, _longest_rest(busy[place : place + 50], Window(start, start + _DAY)))
            start += _DAY
        if least < DAILY_REST:
            yield WorkingTimeBreach(engineer, WorkingTimeRule.DAILY_REST, stretch, least)


def _longest_rest(busy: Sequence[Window], day: Window) -> timedelta:
    longest, free_since = timedelta(0), day.start
    for each in busy:
        if each.start >= day.end:
            break
        if each.end > day.start:
            longest, free_since = max(longest, each.start - free_since), each.end
    return max(longest, day.end - free_since)


def _long_weeks(engineer: str, busy: Sequence[Window], span: Window, zone: ZoneInfo) -> Iterator[WorkingTimeBreach]:
    monday = span.start.astimezone(zone).date()
    monday -= timedelta(days=monday.weekday())
    while (week := Window(_begin(monday, zone), _begin(monday + timedelta(days=7), zone))).start < span.end:
        if span.start < week.end <= span.end and (hours := within(busy, week)) > LONGEST_WEEK:
            yield WorkingTimeBreach(engineer, WorkingTimeRule.WEEKLY_HOURS, week, hours)
        monday += timedelta(days=7)


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return first_instant(zone, datetime.combine(day, time()))
