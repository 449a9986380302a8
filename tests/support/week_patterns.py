"""Weekly patterns and zones shared by the tests of time."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from oncall.support.calendar import SupportCalendar
from oncall.support.holidays import NO_HOLIDAYS, HolidayCalendar
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import WeekSpan, WindowKind

DAY = 24 * 60
ITOPIA = packaged_policy().spans
"""Business Monday to Friday [08:00, 19:01), on call at night and at the weekend."""

CENTURY_ZONES = (
    "UTC",
    "America/New_York",
    "America/St_Johns",  # half an hour off, and its clock changed at 00:01
    "America/Caracas",  # went half an hour back and came back
    "America/Santiago",
    "Europe/London",
    "Europe/Istanbul",
    "Europe/Moscow",
    "Africa/Casablanca",  # summer time stops for Ramadan
    "Africa/Cairo",  # its clock changes at midnight
    "Asia/Kolkata",
    "Asia/Kathmandu",  # 45 minutes off
    "Asia/Pyongyang",
    "Australia/Lord_Howe",  # changes by half an hour
    "Pacific/Chatham",
    "Pacific/Apia",  # skipped a whole day
)


def pattern(*spans: tuple[WindowKind, int, int]) -> tuple[WeekSpan, ...]:
    """Return a week from (kind, first minute, minute after the last), with Monday 00:00 as 0."""
    return tuple(WeekSpan(*span) for span in spans)


def small_hours() -> tuple[WeekSpan, ...]:
    """A night desk whose boundaries, 00:00, 01:30 and 02:30, fall where clocks are changed."""
    spans: list[tuple[WindowKind, int, int]] = []
    for day in range(7):
        spans += [
            (WindowKind.WEEKNIGHT, day * DAY, day * DAY + 90),
            (WindowKind.BUSINESS, day * DAY + 90, day * DAY + 150),
            (WindowKind.WEEKEND, day * DAY + 150, (day + 1) * DAY),
        ]
    return pattern(*spans)


def itopia_calendar(zone: str, holidays: HolidayCalendar = NO_HOLIDAYS) -> SupportCalendar:
    """The itopia hours in a zone."""
    return SupportCalendar(ZoneInfo(zone), ITOPIA, holidays)
