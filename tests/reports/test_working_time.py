"""The rules of working time: 11 hours of rest in each 24, and weeks of 48 hours, with on-call time as work."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oncall.reports.sla_report import Days
from oncall.reports.working_time import WorkingTimeRule, breaches_of
from oncall.support.windows import Window

from .shop import NEW_YORK, at

JANUARY = Days(date(2027, 1, 1), date(2027, 1, 31), NEW_YORK).window
REST, WEEK = WorkingTimeRule.DAILY_REST, WorkingTimeRule.WEEKLY_HOURS


def breaches(*spans: tuple[str, str]) -> list[tuple[WorkingTimeRule, str, float]]:
    found = breaches_of("ana", [Window(at(start), at(end)) for start, end in spans], JANUARY, NEW_YORK)
    hour = timedelta(hours=1)
    return [
        (each.rule, f"{each.window.start.astimezone(NEW_YORK):%Y-%m-%d %H:%M}", round(each.length / hour, 2))
        for each in found
    ]


def test_weeknights_in_a_row_leave_eleven_hours_of_rest() -> None:
    nights = [(f"2027-01-0{day} 19:01", f"2027-01-0{day + 1} 08:00") for day in (4, 5, 6)]
    assert breaches(*nights) == []


def test_a_shorter_day_between_two_nights_is_a_breach() -> None:
    found = breaches(("2027-01-04 19:01", "2027-01-05 08:00"), ("2027-01-05 16:00", "2027-01-06 02:00"))
    assert found == [(REST, "2027-01-04 19:01", 8.0)]


def test_shifts_that_touch_are_one_time_on_call() -> None:
    found = breaches(("2027-01-04 20:00", "2027-01-05 08:00"), ("2027-01-05 08:00", "2027-01-05 10:00"))
    assert found == [(REST, "2027-01-04 20:00", 10.0)]


def test_a_weekend_on_call_breaks_both_rules() -> None:
    found = breaches(("2027-01-08 19:01", "2027-01-11 08:00"), ("2027-01-12 19:01", "2027-01-13 08:00"))
    assert found == [(REST, "2027-01-08 19:01", 0.0), (WEEK, "2027-01-04 00:00", 52.98)]


@pytest.mark.parametrize("start", ["2026-12-31 12:00", "2027-02-01 00:00"])
def test_time_on_call_that_begins_in_another_month_is_that_month_s(start: str) -> None:
    assert breaches((start, "2027-02-03 00:00" if start.startswith("2027") else "2027-01-02 12:00")) == []
