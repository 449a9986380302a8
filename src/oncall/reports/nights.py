"""Nights in the reports on duty: from 23:00 to 06:00 on the clock of the policy's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.support.calendar import first_instant
from oncall.support.windows import Window

NIGHT_BEGINS, NIGHT_ENDS = time(23), time(6)
_DAY = timedelta(days=1)
_EVENING_BEGINS = 12
"""A page from this local hour on belongs to the night that begins on the same date; an earlier one to the night before.
"""


def is_at_night(at: datetime, zone: ZoneInfo) -> bool:
    """Return True if an instant (aware) is between 23:00 and 06:00 in `zone`."""
    clock = at.astimezone(zone).time()
    return clock >= NIGHT_BEGINS or clock < NIGHT_ENDS


def night_of(at: datetime, zone: ZoneInfo) -> date:
    """Return the date on which the night of an instant (aware) begins. Before noon this is the day before."""
    local = at.astimezone(zone)
    return local.date() if local.hour >= _EVENING_BEGINS else local.date() - _DAY


def nights_in(span: Window, zone: ZoneInfo) -> Iterator[Window]:
    """Yield the nights (23:00 to 06:00) that touch a span, whole and in order."""
    day, last = span.start.astimezone(zone).date() - _DAY, span.end.astimezone(zone).date()
    while day <= last:
        night = Window(_at(day, NIGHT_BEGINS, zone), _at(day + _DAY, NIGHT_ENDS, zone))
        if night.start < span.end and span.start < night.end:
            yield night
        day += _DAY


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return first_instant(zone, datetime.combine(day, clock))
