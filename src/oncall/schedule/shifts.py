"""The on-call shifts that a plan has to staff, from a calendar's windows, and those that seats are of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.rosters.roster import WeekendStyle
from oncall.schedule.plan import Seat, Shift
from oncall.support.calendar import SupportCalendar, first_instant
from oncall.support.windows import KindWindow, Window, WindowKind


def shifts_between(
    calendar: SupportCalendar, *, first_day: date, last_day: date, weekend: WeekendStyle
) -> tuple[Shift, ...]:
    """The shifts that start on the dates `first_day` to `last_day` (both inside, in the calendar's zone), in order.

    They are the on-call windows whole, so the last one may end after `last_day`. A daily weekend changes hands at the
    time of day at which the weekend ends. Raises Refused for years that the calendar does not answer for.
    """
    zone = calendar.zone
    start = first_instant(zone, datetime.combine(first_day, time()))
    end = first_instant(zone, datetime.combine(last_day + timedelta(days=1), time()))
    return tuple(
        _shift(piece, zone)
        for window in calendar.windows_between(start, end)
        if window.kind is not WindowKind.BUSINESS
        for piece in _handed_over(window, zone, weekend)
        if start <= piece.start < end
    )


def _shift(window: KindWindow, zone: ZoneInfo) -> Shift:
    first, last = window.start.astimezone(zone).date(), window.end.astimezone(zone).date()
    return Shift(Window(window.start, window.end), window.kind, first, first.toordinal(), last.toordinal())


def _handed_over(window: KindWindow, zone: ZoneInfo, weekend: WeekendStyle) -> Iterator[KindWindow]:
    """The window as it is, or a daily weekend's days one by one."""
    start = window.start
    if window.kind is WindowKind.WEEKEND and weekend is WeekendStyle.DAILY:
        last = window.end.astimezone(zone)
        day = start.astimezone(zone).date() + timedelta(days=1)
        while day < last.date():
            handover = first_instant(zone, datetime.combine(day, last.time()))
            if start < handover < window.end:
                yield KindWindow(start, handover, window.kind)
                start = handover
            day += timedelta(days=1)
    yield KindWindow(start, window.end, window.kind)


def shift_of(seat: Seat, zone: ZoneInfo) -> Shift:
    """The shift that a seat is of, with the nights that it takes in `zone`."""
    first, last = (at.astimezone(zone).date() for at in (seat.window.start, seat.window.end))
    return Shift(seat.window, seat.kind, first, first.toordinal(), last.toordinal())
