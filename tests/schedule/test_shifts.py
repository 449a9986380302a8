"""The shifts of a span of dates: their times, and the nights that each takes."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from oncall.rosters.roster import RotationRules, WeekendStyle
from oncall.schedule.plan import Shift
from oncall.schedule.shifts import shifts_between
from oncall.support.calendar import SupportCalendar
from oncall.support.holidays import HolidayCalendar, public_holidays
from oncall.support.policy_file import packaged_policy

BLOCK, DAILY = WeekendStyle.BLOCK, WeekendStyle.DAILY


def shifts(
    first: str,
    last: str,
    weekend: WeekendStyle = BLOCK,
    *,
    holidays: tuple[str, ...] = (),
    zone: str = "America/New_York",
) -> tuple[Shift, ...]:
    days = frozenset(date.fromisoformat(day) for day in holidays)
    known = HolidayCalendar(public_holidays("US"), dict.fromkeys(range(2009, 2029), days))
    calendar = SupportCalendar(ZoneInfo(zone), packaged_policy().spans, known)
    return shifts_between(
        calendar,
        first_day=date.fromisoformat(first),
        last_day=date.fromisoformat(last),
        rules=RotationRules(weekend=weekend),
    )


def told(found: tuple[Shift, ...], zone: str = "America/New_York") -> list[str]:
    """Return text such as `weeknight Mon 19:01 - Tue 08:00 (1)`, with the number of nights."""
    tz = ZoneInfo(zone)
    return [
        f"{s.kind} {s.window.start.astimezone(tz):%a %H:%M} - {s.window.end.astimezone(tz):%a %H:%M}"
        f" ({s.end_night - s.first_night})"
        for s in found
    ]


def test_a_week_has_four_nights_and_a_weekend() -> None:
    assert told(shifts("2027-01-04", "2027-01-10")) == [
        "weeknight Mon 19:01 - Tue 08:00 (1)",
        "weeknight Tue 19:01 - Wed 08:00 (1)",
        "weeknight Wed 19:01 - Thu 08:00 (1)",
        "weeknight Thu 19:01 - Fri 08:00 (1)",
        "weekend Fri 19:01 - Mon 08:00 (3)",
    ]


def test_a_daily_weekend_changes_hands_at_eight() -> None:
    assert told(shifts("2027-01-08", "2027-01-10", DAILY)) == [
        "weekend Fri 19:01 - Sat 08:00 (1)",
        "weekend Sat 08:00 - Sun 08:00 (1)",
        "weekend Sun 08:00 - Mon 08:00 (1)",
    ]


def test_only_shifts_that_start_on_the_days_asked_for_are_there() -> None:
    assert told(shifts("2027-01-09", "2027-01-11")) == ["weeknight Mon 19:01 - Tue 08:00 (1)"]
    assert told(shifts("2027-01-09", "2027-01-09", DAILY)) == ["weekend Sat 08:00 - Sun 08:00 (1)"]


@pytest.mark.parametrize("weekend", list(WeekendStyle))
def test_a_holiday_friday_gives_way_to_the_weekend_and_takes_no_night(weekend: WeekendStyle) -> None:
    friday = shifts("2027-01-08", "2027-01-08", weekend, holidays=("2027-01-08",))
    assert told(friday)[0] == "holiday Fri 08:00 - Fri 19:01 (0)"
    assert friday[1].first_night == friday[0].end_night


def test_a_holiday_in_the_week_takes_its_own_night() -> None:
    assert told(shifts("2027-01-06", "2027-01-07", holidays=("2027-01-06",))) == [
        "holiday Wed 08:00 - Thu 08:00 (1)",
        "weeknight Thu 19:01 - Fri 08:00 (1)",
    ]


def test_free_nights_are_the_later_first_night_less_the_earlier_end_night() -> None:
    monday, *_, thursday, weekend = shifts("2027-01-04", "2027-01-10")
    assert thursday.first_night - monday.end_night == 2
    assert weekend.first_night - thursday.end_night == 0


def test_a_shift_belongs_to_the_local_date_on_which_it_starts() -> None:
    found = shifts("2027-01-04", "2027-01-08", zone="Asia/Kathmandu")
    assert [shift.day.isoformat() for shift in found] == [f"2027-01-0{day}" for day in range(4, 9)]
    assert found[0].first_night == date(2027, 1, 4).toordinal()


def test_a_weekend_whose_friday_was_skipped_starts_on_saturday() -> None:
    found = shifts("2011-12-29", "2012-01-01", DAILY, zone="Pacific/Apia")
    assert told(found, "Pacific/Apia") == [
        "weeknight Thu 19:01 - Sat 00:00 (2)",
        "weekend Sat 00:00 - Sun 08:00 (1)",
        "weekend Sun 08:00 - Mon 08:00 (1)",
    ]


def test_a_last_day_before_the_first_has_no_shifts() -> None:
    assert shifts("2027-01-10", "2027-01-04") == ()
