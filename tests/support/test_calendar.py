"""Single windows: ordinary days, clock changes, skipped days, holidays, and refused patterns."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import Refused
from oncall.support.calendar import SupportCalendar, calendar_of, first_instant
from oncall.support.holidays import HolidayCalendar, public_holidays
from oncall.support.policy_file import packaged_policy
from oncall.support.windows import WindowKind
from tests.support.week_patterns import DAY, itopia_calendar, pattern

NEW_YORK = ZoneInfo("America/New_York")


def kinds_and_local_times(calendar: SupportCalendar, first: str, last: str) -> list[str]:
    """The windows that touch the local dates, like `weeknight Mon 19:01 - Tue 08:00`."""
    start = datetime.fromisoformat(first).replace(tzinfo=calendar.zone)
    end = datetime.fromisoformat(last).replace(tzinfo=calendar.zone)
    return [
        f"{w.kind} {w.start.astimezone(calendar.zone):%a %H:%M} - {w.end.astimezone(calendar.zone):%a %H:%M}"
        for w in calendar.windows_between(start, end)
    ]


def holidays(*days: str) -> HolidayCalendar:
    """Return a holiday calendar with only these days, for the years 2010 to 2030."""
    dates = [date.fromisoformat(day) for day in days]
    return HolidayCalendar(
        public_holidays("US"), {year: frozenset(d for d in dates if d.year == year) for year in range(2010, 2031)}
    )


def test_an_ordinary_week_has_business_hours_weeknights_and_one_weekend() -> None:
    assert kinds_and_local_times(itopia_calendar("America/New_York"), "2027-01-07", "2027-01-12") == [
        "weeknight Wed 19:01 - Thu 08:00",
        "business Thu 08:00 - Thu 19:01",
        "weeknight Thu 19:01 - Fri 08:00",
        "business Fri 08:00 - Fri 19:01",
        "weekend Fri 19:01 - Mon 08:00",
        "business Mon 08:00 - Mon 19:01",
        "weeknight Mon 19:01 - Tue 08:00",
    ]


@pytest.mark.parametrize(
    ("local", "kind"),
    [
        ("2027-01-08T07:59:59.999999", WindowKind.WEEKNIGHT),
        ("2027-01-08T08:00", WindowKind.BUSINESS),
        ("2027-01-08T19:00:59.999999", WindowKind.BUSINESS),
        ("2027-01-08T19:01", WindowKind.WEEKEND),
        ("2027-01-11T07:59:59.999999", WindowKind.WEEKEND),
        ("2027-01-11T08:00", WindowKind.BUSINESS),
    ],
)
def test_the_last_microsecond_of_a_named_minute_still_belongs_to_it(local: str, kind: WindowKind) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=NEW_YORK)
    assert itopia_calendar("America/New_York").window_at(at).kind is kind


@pytest.mark.parametrize(("day", "hours"), [("2027-03-12", 59.98), ("2027-11-05", 61.98), ("2027-01-08", 60.98)])
def test_a_weekend_with_a_clock_change_is_an_hour_shorter_or_longer(day: str, hours: float) -> None:
    friday = datetime.fromisoformat(f"{day}T20:00").replace(tzinfo=NEW_YORK)
    weekend = itopia_calendar("America/New_York").window_at(friday)
    assert (weekend.end - weekend.start).total_seconds() / 3600 == pytest.approx(hours, abs=0.01)


def test_a_day_that_the_clock_skipped_has_no_business_hours() -> None:
    assert kinds_and_local_times(itopia_calendar("Pacific/Apia"), "2011-12-29T12:00", "2012-01-03") == [
        "business Thu 08:00 - Thu 19:01",
        "weeknight Thu 19:01 - Sat 00:00",
        "weekend Sat 00:00 - Mon 08:00",
        "business Mon 08:00 - Mon 19:01",
        "weeknight Mon 19:01 - Tue 08:00",
    ]


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("America/New_York", "2027-03-14T02:30", "2027-03-14T07:00"),  # jumped over: at the jump
        ("America/New_York", "2027-11-07T01:30", "2027-11-07T05:30"),  # read twice: the first time
        ("Australia/Lord_Howe", "2027-10-03T02:15", "2027-10-02T15:30"),
        ("Asia/Kolkata", "2027-01-04T08:00", "2027-01-04T02:30"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),
    ],
)
def test_a_local_time_means_the_first_instant_that_reads_it_or_later(zone: str, local: str, instant: str) -> None:
    expected = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    assert first_instant(ZoneInfo(zone), datetime.fromisoformat(local)) == expected


def test_a_holiday_takes_the_business_hours_and_the_night_after_but_not_the_night_before() -> None:
    calendar = itopia_calendar("America/New_York", holidays("2027-01-06"))
    assert kinds_and_local_times(calendar, "2027-01-05", "2027-01-07T12:00") == [
        "weeknight Mon 19:01 - Tue 08:00",
        "business Tue 08:00 - Tue 19:01",
        "weeknight Tue 19:01 - Wed 08:00",
        "holiday Wed 08:00 - Thu 08:00",
        "business Thu 08:00 - Thu 19:01",
    ]


def test_a_holiday_on_friday_ends_where_the_weekend_begins() -> None:
    calendar = itopia_calendar("America/New_York", holidays("2027-01-08"))
    assert kinds_and_local_times(calendar, "2027-01-08T12:00", "2027-01-09") == [
        "holiday Fri 08:00 - Fri 19:01",
        "weekend Fri 19:01 - Mon 08:00",
    ]


def test_two_holidays_in_a_row_are_two_windows() -> None:
    calendar = itopia_calendar("America/New_York", holidays("2027-01-06", "2027-01-07"))
    assert kinds_and_local_times(calendar, "2027-01-06T12:00", "2027-01-08T12:00") == [
        "holiday Wed 08:00 - Thu 08:00",
        "holiday Thu 08:00 - Fri 08:00",
        "business Fri 08:00 - Fri 19:01",
    ]


def test_a_holiday_at_a_weekend_changes_nothing() -> None:
    with_holiday = itopia_calendar("America/New_York", holidays("2027-01-09"))
    without = itopia_calendar("America/New_York")
    week = "2027-01-04", "2027-01-18"
    assert kinds_and_local_times(with_holiday, *week) == kinds_and_local_times(without, *week)


def test_a_holiday_that_the_clock_skipped_does_not_exist() -> None:
    found = kinds_and_local_times(
        itopia_calendar("Pacific/Apia", holidays("2011-12-30")), "2011-12-29T12:00", "2012-01-02"
    )
    assert not any(window.startswith("holiday") for window in found)


def test_a_lunch_break_on_call_belongs_to_the_holiday_around_it() -> None:
    spans = [
        span
        for day in range(7)
        for span in (
            (WindowKind.BUSINESS, day * DAY + 480, day * DAY + 720),
            (WindowKind.WEEKNIGHT, day * DAY + 720, day * DAY + 780),
            (WindowKind.BUSINESS, day * DAY + 780, day * DAY + 1080),
            (WindowKind.WEEKNIGHT, day * DAY + 1080, day * DAY + 1920),
        )
    ]
    calendar = SupportCalendar(NEW_YORK, pattern(*spans), holidays("2027-01-10", "2027-01-13"))
    assert kinds_and_local_times(calendar, "2027-01-10T12:00", "2027-01-11T09:00") == [
        "holiday Sun 08:00 - Mon 08:00",
        "business Mon 08:00 - Mon 12:00",
    ]
    assert "holiday Wed 08:00 - Thu 08:00" in kinds_and_local_times(calendar, "2027-01-13", "2027-01-15")


def test_business_hours_that_never_close_lose_just_the_holiday() -> None:
    spans = pattern((WindowKind.BUSINESS, 0, 5 * DAY), (WindowKind.WEEKEND, 5 * DAY, 7 * DAY))
    calendar = SupportCalendar(NEW_YORK, spans, holidays("2027-01-06"))
    assert kinds_and_local_times(calendar, "2027-01-04", "2027-01-09") == [
        "business Mon 00:00 - Wed 00:00",
        "holiday Wed 00:00 - Thu 00:00",
        "business Thu 00:00 - Sat 00:00",
    ]


@settings(max_examples=60, deadline=None)
@given(
    days=st.sets(st.integers(0, 27)),
    zone=st.sampled_from(["America/New_York", "Asia/Kolkata", "Europe/London", "Pacific/Chatham"]),
    hours=st.lists(st.integers(0, 28 * 48 - 1), max_size=60),
)
def test_with_any_holidays_each_instant_has_the_kind_that_the_rule_says(
    days: set[int], zone: str, hours: list[int]
) -> None:
    monday = date(2027, 3, 8)  # both the American and the European clock change fall into these four weeks
    off = {monday + timedelta(days=day) for day in days}
    calendar = itopia_calendar(zone, holidays(*(day.isoformat() for day in off)))
    boundaries = [day * 48 + half for day in days for half in (16, 38)]
    for half in hours + boundaries:
        reading = datetime.combine(monday, time(0, 1)) + timedelta(minutes=30 * half)
        at = first_instant(calendar.zone, reading)
        shown = at.astimezone(calendar.zone).replace(tzinfo=None)
        assert calendar.window_at(at).kind is kind_by_rule(shown, off)


def kind_by_rule(reading: datetime, off: set[date]) -> WindowKind:
    """The design in plain words: a support day runs from 08:00 to 08:00, and the weekend begins on Friday at 19:01."""
    day = (reading - timedelta(hours=8)).date()
    evening = reading - datetime.combine(day, time()) >= timedelta(hours=19, minutes=1)
    if day.weekday() > 4 or (day.weekday() == 4 and evening):
        return WindowKind.WEEKEND
    if day in off:
        return WindowKind.HOLIDAY
    return WindowKind.WEEKNIGHT if evening else WindowKind.BUSINESS


def test_the_calendar_of_a_policy_has_its_zone_its_hours_and_the_holidays_asked_for() -> None:
    policy = packaged_policy()
    plain, with_holidays = calendar_of(policy, None), calendar_of(policy, public_holidays("US"))
    christmas_eve = datetime(2027, 12, 24, 12, tzinfo=NEW_YORK)  # Christmas 2027 is a Saturday, observed on Friday
    assert plain.window_at(christmas_eve).kind is WindowKind.BUSINESS
    assert with_holidays.window_at(christmas_eve).kind is WindowKind.HOLIDAY
    assert plain.zone == policy.zone


def test_a_time_in_any_zone_is_the_same_instant() -> None:
    calendar = itopia_calendar("America/New_York")
    at = datetime(2027, 1, 8, 23, 59, tzinfo=UTC)
    assert calendar.window_at(at.astimezone(ZoneInfo("Asia/Kathmandu"))) == calendar.window_at(at)


def test_an_empty_stretch_of_time_has_no_windows() -> None:
    at = datetime(2027, 1, 8, tzinfo=UTC)
    assert not list(itopia_calendar("UTC").windows_between(at, at))


def test_a_time_without_zone_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="a calendar needs a time with its zone"):
        itopia_calendar("UTC").window_at(datetime(2027, 1, 8))  # noqa: DTZ001


@pytest.mark.parametrize("at", ["9999-12-31T23:59:00-05:00", "0001-01-01T00:00:00+14:00", "2300-01-01T00:00:00Z"])
def test_a_year_out_of_reach_is_refused_in_words(at: str) -> None:
    asked = datetime.fromisoformat(at)
    with pytest.raises(Refused) as refusal:
        itopia_calendar("America/New_York").window_at(asked)
    assert str(refusal.value).endswith("is outside the calendar, which answers for 1970 to 2199")


def test_calendars_of_the_same_hours_are_equal_and_hash_alike() -> None:
    one, other = itopia_calendar("UTC", holidays("2027-01-06")), itopia_calendar("UTC", holidays("2027-01-06"))
    one.window_at(datetime(2027, 1, 1, tzinfo=UTC))
    assert one == other
    assert hash(one) == hash(other)
    assert one != itopia_calendar("UTC", holidays("2027-01-07"))
