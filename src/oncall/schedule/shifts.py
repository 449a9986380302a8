"""The shifts that a plan has to staff, from the calendar's windows, and the shift that a seat belongs to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.rosters.roster import WeekendStyle
from oncall.schedule.plan import Seat, Shift
from oncall.support.calendar import SupportCalendar, first_instant
from oncall.support.windows import KindWindow, Window, WindowKind, weekend_kinds


def shifts_between(
    calendar: SupportCalendar, *, first_day: date, last_day: date, weekend: WeekendStyle
) -> tuple[Shift, ...]:
    """Return the shifts that start on the dates `first_day` to `last_day` (both inside, in the calendar's zone).

    A shift is a whole on-call window, so the last one may end after `last_day`. A daily weekend has a shift for each
    day; its handoffs are at the time of day at which the weekend ends. Raises Refused for years that the calendar does
    not know.
    """
    zone, weekends = calendar.zone, weekend_kinds(calendar.spans)
    start = first_instant(zone, datetime.combine(first_day, time()))
    end = first_instant(zone, datetime.combine(last_day + timedelta(days=1), time()))
    return tuple(
        _shift(piece, zone, weekends)
        for window in calendar.windows_between(start, end)
        if window.kind is not WindowKind.BUSINESS
        for piece in _pieces(window, zone, weekend, is_weekend=window.kind in weekends)
        if start <= piece.start < end
    )


def _shift(window: KindWindow, zone: ZoneInfo, weekends: Collection[WindowKind]) -> Shift:
    return shift_in(Window(window.start, window.end), window.kind, zone, weekends)


def _pieces(window: KindWindow, zone: ZoneInfo, weekend: WeekendStyle, *, is_weekend: bool) -> Iterator[KindWindow]:
    """Yield the window itself, or the days of a daily weekend one by one."""
    start = window.start
    if weekend is WeekendStyle.DAILY and is_weekend:
        last = window.end.astimezone(zone)
        day = start.astimezone(zone).date() + timedelta(days=1)
        while day < last.date():
            handoff = first_instant(zone, datetime.combine(day, last.time()))
            if start < handoff < window.end:
                yield KindWindow(start, handoff, window.kind)
                start = handoff
            day += timedelta(days=1)
    yield KindWindow(start, window.end, window.kind)


def shift_of(seat: Seat, zone: ZoneInfo, weekends: Collection[WindowKind] = (WindowKind.WEEKEND,)) -> Shift:
    """Return the shift that a seat belongs to, with its nights in `zone`. weekends: the kinds that are weekends."""
    return shift_in(seat.window, seat.kind, zone, weekends)


def shift_in(window: Window, kind: WindowKind, zone: ZoneInfo, weekends: Collection[WindowKind]) -> Shift:
    """Return the shift of a kind in a window, with its nights in `zone`."""
    first, last = window.start.astimezone(zone).date(), window.end.astimezone(zone).date()
    return Shift(window, kind, first, first.toordinal(), last.toordinal(), kind in weekends)
