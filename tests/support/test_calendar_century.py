"""Every minute from 2000 to 2100, in sixteen zones, against a classification that reads only the local clock.

It shares only the weekly pattern with the calendar: it reads the zone's offset every three hours, walks every minute,
and uses the latest local time so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pytest

from oncall.rosters.roster import RotationRules, WeekendStyle
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import SupportCalendar
from oncall.support.windows import KindWindow, WeekSpan, Window, WindowKind
from tests.support.week_patterns import CENTURY_ZONES, ITOPIA, itopia_calendar, small_hours

START, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2101, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
STRIDE = 180  # minutes; no clock is changed twice in three hours
THURSDAY = 3 * 24 * 60  # 1970-01-01 was one

Minutes = npt.NDArray[np.int32]
Kinds = npt.NDArray[np.int8]
KINDS = [WindowKind.BUSINESS, WindowKind.WEEKNIGHT, WindowKind.WEEKEND, WindowKind.HOLIDAY]


def minute_of(at: datetime) -> int:
    return (at - EPOCH) // MINUTE


@cache
def clock_changes(zone: ZoneInfo) -> list[tuple[int, int]]:
    """Return epoch minute and new offset in minutes: at the start of the century, and at every change."""

    def offset(minute: int) -> int:
        reading = datetime.fromtimestamp(minute * 60, zone).utcoffset()
        assert reading is not None
        return reading // MINUTE

    # From two days before, so that the readings before the century's first minute are known.
    begin = minute_of(START) - 2880
    changes = [(begin, offset(begin))]
    for minute in range(begin, minute_of(END), STRIDE):
        if offset(minute + STRIDE) != changes[-1][1]:
            change = next(m for m in range(minute, minute + STRIDE + 1) if offset(m) != changes[-1][1])
            changes.append((change, offset(change)))
    return changes


def kinds_by_clock_reading(zone: ZoneInfo, spans: tuple[WeekSpan, ...]) -> Iterator[tuple[int, Kinds]]:
    """Yield for each year its first epoch minute, and the kind of each minute by the latest local time so far."""
    week = np.empty(7 * 24 * 60, dtype=np.int8)
    for span in spans:
        for minute in range(span.start_minute, span.end_minute):
            week[minute % len(week)] = KINDS.index(span.kind)
    changes = clock_changes(zone)
    change_minutes = np.array([minute for minute, _ in changes], dtype=np.int64)
    offsets = np.array([offset for _, offset in changes], dtype=np.int32)
    latest = np.int32(0)
    for year in range(START.year, END.year):
        first = minute_of(datetime(year, 1, 1, tzinfo=UTC)) - (2880 if year == START.year else 0)
        minutes: Minutes = np.arange(first, minute_of(datetime(year + 1, 1, 1, tzinfo=UTC)), dtype=np.int32)
        edges = np.clip(np.append(change_minutes, minutes[-1] + 1) - first, 0, len(minutes))
        readings = minutes + np.repeat(offsets, edges[1:] - edges[:-1])
        shown = np.maximum(np.maximum.accumulate(readings), latest)
        latest = shown[-1]
        skip = minute_of(datetime(year, 1, 1, tzinfo=UTC)) - first
        yield first + skip, week[(shown[skip:] + THURSDAY) % len(week)]


def kinds_by_windows(windows: list[KindWindow], first: int, count: int) -> Kinds:
    """Return the kind of each minute from `first` on, by windows that touch each other in order."""
    edges = [*(min(max(minute_of(window.start) - first, 0), count) for window in windows), count]
    lengths = [after - before for before, after in pairwise(edges)]
    return np.repeat(np.array([KINDS.index(window.kind) for window in windows], dtype=np.int8), lengths)


def assert_every_minute_is_as_the_clock_says(calendar: SupportCalendar) -> None:
    for first, expected in kinds_by_clock_reading(calendar.zone, calendar.spans):
        start = EPOCH + first * MINUTE
        found = list(calendar.windows_between(start, start + len(expected) * MINUTE))
        actual = kinds_by_windows(found, first, len(expected))
        wrong = np.flatnonzero(actual != expected)
        assert not len(wrong), f"{calendar.zone}: first at {start + int(wrong[0]) * MINUTE}"


@pytest.fixture(scope="module", params=CENTURY_ZONES)
def calendar(request: pytest.FixtureRequest) -> SupportCalendar:
    """The itopia hours in one zone; shared by the tests of that zone, because a century takes a moment to build."""
    return itopia_calendar(request.param)


@pytest.mark.slow
def test_every_minute_of_the_century_has_the_kind_that_the_local_clock_says(calendar: SupportCalendar) -> None:
    assert_every_minute_is_as_the_clock_says(calendar)


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia"])
def test_boundaries_that_fall_into_clock_changes_come_at_the_first_instant_that_reads_so(zone: str) -> None:
    assert_every_minute_is_as_the_clock_says(SupportCalendar(ZoneInfo(zone), small_hours()))


@pytest.mark.slow
def test_each_instant_a_minute_around_each_boundary_belongs_to_exactly_one_window(calendar: SupportCalendar) -> None:
    windows = list(calendar.windows_between(START, END))
    for before, after in pairwise(windows):
        boundary = after.start
        assert before.end == boundary
        assert calendar.window_at(boundary - MINUTE) == before
        assert calendar.window_at(boundary) == after
        assert calendar.window_at(boundary + MINUTE) == after


@pytest.mark.slow
def test_shifts_tile_the_on_call_time_of_the_century(calendar: SupportCalendar) -> None:
    # To a Sunday, so that no daily weekend is cut.
    days = date(2000, 1, 3), date(2100, 12, 26)
    whole = [s.window for s in shifts_between(calendar, first_day=days[0], last_day=days[1], rules=RotationRules())]
    daily = [
        s.window
        for s in shifts_between(
            calendar, first_day=days[0], last_day=days[1], rules=RotationRules(weekend=WeekendStyle.DAILY)
        )
    ]
    on_call = (
        window
        for window in calendar.windows_between(whole[0].start, whole[-1].end)
        if window.kind is not WindowKind.BUSINESS
    )
    assert len(daily) > len(whole)
    assert joined(whole) == joined(on_call)
    assert joined(daily) == joined(whole)


def joined(windows: Iterable[Window]) -> list[tuple[datetime, datetime]]:
    """Return the stretches of time that the windows cover, with touching windows joined. Fails on any overlap."""
    stretches: list[tuple[datetime, datetime]] = []
    for window in windows:
        if stretches and stretches[-1][1] == window.start:
            stretches[-1] = stretches[-1][0], window.end
        else:
            assert not stretches or stretches[-1][1] < window.start
            stretches.append((window.start, window.end))
    return stretches


def test_the_patterns_tile_the_week() -> None:
    for spans in (ITOPIA, small_hours()):
        assert sum(span.end_minute - span.start_minute for span in spans) == 7 * 24 * 60
