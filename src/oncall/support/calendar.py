"""Finds the window of the weekly pattern that contains an instant, in any zone, across clock changes and holidays.

A window begins at the first instant at which the local clock reads its start or later. If the clock skips the start,
the window begins at the jump; if the clock shows the start twice, it begins at the first time. Each instant belongs to
exactly one window. A window that the clock skips entirely does not exist.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.support.coverage_days import MONDAY_TO_FRIDAY
from oncall.support.holidays import NO_HOLIDAYS, CompanyDays, HolidayCalendar
from oncall.support.windows import KindWindow, WeekSpan, WindowKind

if TYPE_CHECKING:
    from oncall.support.policy import Policy

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""The years (UTC) in which a calendar has windows."""
LAST_DAY = date(LAST_YEAR - 1, 12, 31)
"""The last date that users may write, for example in a file or a command."""

_DAY = 24 * 60
_WEEK = 7 * _DAY
_MINUTE_0 = datetime.combine(date.min, time())
_SECOND = timedelta(seconds=1)
_MAX_CACHED_WEEKS = 6000


def first_instant(zone: ZoneInfo, local: datetime) -> datetime:
    """Return the first instant (aware UTC) at which a clock in `zone` reads `local` (naive) or later."""
    # With fold=0 a repeated reading is the first one. A skipped reading gets the offset from before the jump, so its
    # instant is at or after the jump, where the clock reads something else.
    instant = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return instant
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = (instant - before) // _SECOND
    low, high = 0, seconds
    while low < high:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(zone).replace(tzinfo=None) >= local:
            high = middle
        else:
            low = middle + 1
    return before + low * _SECOND


class _Piece(NamedTuple):
    """A window in minutes of local time, where 0 is 0001-01-01 00:00, a Monday."""

    kind: WindowKind
    start: int
    end: int
    span: int
    """Identifies the span and the week from which the piece was cut, so that pieces of one span can be joined again."""
    continues_holiday: bool = False


class _Week(NamedTuple):
    """The windows that touch one week of UTC time, in order, and the list of their starts, for a binary search."""

    starts: list[datetime]
    windows: list[KindWindow]


@dataclass(frozen=True)
class SupportCalendar:
    """The business hours and on-call hours of a policy in real time. `spans` cover each minute of the local week once.

    coverage_days: the days of 24x5 coverage; Monday is 0.
    """

    zone: ZoneInfo
    spans: tuple[WeekSpan, ...]
    holidays: HolidayCalendar = NO_HOLIDAYS
    coverage_days: tuple[int, ...] = MONDAY_TO_FRIDAY
    _weeks: dict[int, _Week] = field(default_factory=dict, init=False, repr=False, compare=False)
    _local_weeks: dict[int, tuple[KindWindow, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    memo: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Caches for other modules what they computed from these hours.

    `Any`: each module knows the type behind its own keys.
    """

    def window_at(self, at: datetime) -> KindWindow:
        """Return the whole window that contains `at` (aware). Raises Refused outside FIRST_YEAR to LAST_YEAR."""
        if at.tzinfo is not UTC:
            at = _in_utc(at)
        number = at.toordinal() // 7
        week = self._weeks.get(number) or self._build_week(number)
        return week.windows[bisect_right(week.starts, at) - 1]

    def windows_between(self, start: datetime, end: datetime) -> Iterator[KindWindow]:
        """Yield every window that touches [start, end), whole and in order, without gaps. Both are aware.

        Raises Refused outside FIRST_YEAR to LAST_YEAR.
        """
        start, end = _in_utc(start), _in_utc(end)
        at = start
        while at < end:
            window = self.window_at(at)
            yield window
            at = window.end

    def _build_week(self, number: int) -> _Week:
        first = datetime.fromordinal(max(number * 7, 1)).replace(tzinfo=UTC)
        if not FIRST_YEAR - 1 <= first.year <= LAST_YEAR:
            raise _outside(first.year)
        last = first + timedelta(days=7)
        # A window is at most a week long, and local time is at most 26 hours from UTC.
        around = [window for near in (-2, -1, 0, 1) for window in self._local_week(number + near)]
        windows = [window for window in around if window.start < last and first < window.end]
        if len(self._weeks) >= _MAX_CACHED_WEEKS:
            self._weeks.clear()
            self._local_weeks.clear()
        week = self._weeks[number] = _Week([window.start for window in windows], windows)
        return week

    def _local_week(self, number: int) -> tuple[KindWindow, ...]:
        """Return the windows that start in a local week. number: counts weeks; that of 0001-01-01 is 0."""
        cached = self._local_weeks.get(number)
        if cached is None:
            cached = self._local_weeks[number] = tuple(self._windows_from(number))
        return cached

    def _windows_from(self, number: int) -> Iterator[KindWindow]:
        # A holiday may reach into the week after it.
        weeks = (number,) if self.holidays.days is None else (number - 1, number, number + 1)
        pieces = [piece for week in weeks for piece in _pieces_of(self.spans, week)]
        boundary, instant = -1, datetime.min.replace(tzinfo=UTC)
        for piece in _joined(self._with_holidays(pieces)):
            if piece.start // _WEEK == number:
                start = instant if piece.start == boundary else self._instant(piece.start)
                boundary, instant = piece.end, self._instant(piece.end)
                if start < instant:
                    yield KindWindow(start, instant, piece.kind)

    def _instant(self, minute: int) -> datetime:
        return first_instant(self.zone, _MINUTE_0 + timedelta(minutes=minute))

    def _with_holidays(self, pieces: Iterable[_Piece]) -> Iterator[_Piece]:
        """Yield the pieces after placing the holidays among them.

        A holiday replaces the business hours of its day and the nights that follow, until the next business hours or
        weekend begin.
        """
        holiday: _Piece | None = None
        for piece in pieces:
            day = piece.start // _DAY
            if holiday is not None:
                same_day = piece.kind is WindowKind.BUSINESS and day == holiday.start // _DAY
                if same_day or piece.continues_holiday:
                    holiday = holiday._replace(end=piece.end)
                    continue
                yield holiday
                holiday = None
            if piece.kind is WindowKind.BUSINESS and date.fromordinal(day + 1) in self.holidays:
                holiday = piece._replace(kind=WindowKind.HOLIDAY)
            else:
                yield piece
        if holiday is not None:
            yield holiday


def calendar_of(policy: Policy, holidays: CompanyDays | None) -> SupportCalendar:
    """Return the calendar with a policy's hours, zone and coverage days, and these holidays.

    holidays: None for none.
    """
    return shared(SupportCalendar(policy.zone, policy.spans, HolidayCalendar(holidays), policy.coverage_days))


@lru_cache(maxsize=64)
def shared(calendar: SupportCalendar) -> SupportCalendar:
    """Return one shared object for all equal calendars, so that each week is computed once."""
    return calendar


def _pieces_of(spans: tuple[WeekSpan, ...], number: int) -> Iterator[_Piece]:
    """Yield the spans of one week as pieces.

    Business hours of more than a day are cut at midnight, where holidays begin.
    """
    base = number * _WEEK
    for index, span in enumerate(sorted(spans, key=lambda span: span.start_minute)):
        start, end = base + span.start_minute, base + span.end_minute
        cuts = [start, end]
        if span.kind is WindowKind.BUSINESS and end - start > _DAY:
            cuts[1:1] = range(start - start % _DAY + _DAY, end, _DAY)
        for left, right in pairwise(cuts):
            yield _Piece(span.kind, left, right, number * len(spans) + index, span.continues_holiday)


def _joined(pieces: Iterable[_Piece]) -> Iterator[_Piece]:
    """Yield the pieces, with neighbours joined if both are business hours of the same span. Holidays stay separate."""
    held: _Piece | None = None
    for piece in pieces:
        if held is not None and held.span == piece.span and held.kind is piece.kind is WindowKind.BUSINESS:
            held = held._replace(end=piece.end)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def _in_utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"a calendar needs a time with its zone, got {at!r}")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise _outside(at.year) from None


def refuse_outside_years(day: date) -> None:
    """Raise Refused for a date that, in some time zone, lies outside the years of the calendar."""
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise Refused(f"{day} is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}")


def _outside(year: int) -> Refused:
    return Refused(f"the year {year} is outside the calendar, which answers for {FIRST_YEAR} to {LAST_YEAR}")
