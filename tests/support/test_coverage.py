"""When a coverage holds and when a target is due, compared with a walk of single minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import Refused
from oncall.support.calendar import SupportCalendar
from oncall.support.coverage import deadline, is_covered, next_covered
from oncall.support.holidays import HolidayCalendar, public_holidays
from oncall.support.policy import Counting, Coverage, Target
from oncall.support.windows import WindowKind
from tests.support.week_patterns import DAY, itopia_calendar, pattern

NEW_YORK = itopia_calendar("America/New_York")
MINUTE = timedelta(minutes=1)


def local(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("2027-01-08T23:59:59.999999", True),  # Friday
        ("2027-01-09T00:00", False),
        ("2027-01-10T23:59:59.999999", False),
        ("2027-01-11T00:00", True),
        ("2027-01-13T03:00", True),
    ],
)
def test_24x5_is_monday_midnight_to_friday_midnight(text: str, covered: bool) -> None:
    assert is_covered(Coverage.FIVE_DAYS, NEW_YORK, local(text)) is covered


def test_24x5_counts_holidays_and_business_does_not() -> None:
    calendar = itopia_calendar("America/New_York", HolidayCalendar(public_holidays("US")))
    thanksgiving = local("2027-11-25T12:00")
    assert is_covered(Coverage.FIVE_DAYS, calendar, thanksgiving)
    assert not is_covered(Coverage.BUSINESS, calendar, thanksgiving)
    assert next_covered(Coverage.BUSINESS, calendar, thanksgiving) == local("2027-11-26T08:00")


def test_24x7_always_holds() -> None:
    at = local("2027-01-09T03:12")
    assert is_covered(Coverage.ALWAYS, NEW_YORK, at)
    assert next_covered(Coverage.ALWAYS, NEW_YORK, at) == at


def test_a_saturday_ticket_of_24x5_waits_for_monday_midnight() -> None:
    assert next_covered(Coverage.FIVE_DAYS, NEW_YORK, local("2027-01-09T03:12")) == local("2027-01-11T00:00")


def test_what_is_covered_already_does_not_wait() -> None:
    at = local("2027-01-08T12:34:56.789")
    assert next_covered(Coverage.BUSINESS, NEW_YORK, at) == at


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["Africa/Cairo", "Asia/Beirut", "America/Havana"])
@pytest.mark.parametrize("year", range(2008, 2030))
def test_where_the_clock_changes_at_midnight_weekdays_still_follow_each_other_once(zone: str, year: int) -> None:
    calendar = itopia_calendar(zone)
    at, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    latest = at.astimezone(calendar.zone).replace(tzinfo=None)
    while at < end:
        # The latest reading so far decides: a clock that goes back over midnight does not begin the day again.
        latest = max(latest, at.astimezone(calendar.zone).replace(tzinfo=None))
        assert is_covered(Coverage.FIVE_DAYS, calendar, at) is (latest.weekday() < 5)
        at += timedelta(minutes=30)


def test_calendar_counting_takes_every_minute() -> None:
    target = Target(timedelta(hours=4), Counting.CALENDAR)
    assert deadline(target, Coverage.BUSINESS, NEW_YORK, local("2027-01-08T18:00")) == local("2027-01-08T22:00")


def test_coverage_counting_stops_overnight_and_goes_on_in_the_morning() -> None:
    target = Target(timedelta(hours=4), Counting.COVERAGE)
    assert deadline(target, Coverage.BUSINESS, NEW_YORK, local("2027-01-08T18:01")) == local("2027-01-11T11:00")


def test_coverage_counting_from_a_saturday_begins_on_monday() -> None:
    target = Target(timedelta(hours=1), Counting.COVERAGE)
    assert deadline(target, Coverage.FIVE_DAYS, NEW_YORK, local("2027-01-09T12:00")) == local("2027-01-11T01:00")


def test_a_target_that_is_used_up_with_the_day_is_due_at_its_end() -> None:
    target = Target(timedelta(hours=1), Counting.COVERAGE)
    assert deadline(target, Coverage.BUSINESS, NEW_YORK, local("2027-01-08T18:01")) == local("2027-01-08T19:01")


@settings(max_examples=60, deadline=None)
@given(
    coverage=st.sampled_from(list(Coverage)),
    zone=st.sampled_from(["America/New_York", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia"]),
    start=st.sampled_from(
        [
            datetime(2011, 12, 27, tzinfo=UTC),
            datetime(2027, 3, 11, tzinfo=UTC),
            datetime(2027, 10, 1, tzinfo=UTC),
            datetime(2027, 10, 28, tzinfo=UTC),
        ]
    ),
    after=st.integers(0, 5 * DAY),
    within=st.integers(1, 3 * DAY),
)
def test_a_deadline_is_where_a_walk_of_covered_minutes_ends(
    coverage: Coverage, zone: str, start: datetime, after: int, within: int
) -> None:
    calendar = itopia_calendar(zone)
    at = begin = start + after * MINUTE
    counted = 0
    while counted < within:
        counted += is_covered(coverage, calendar, at)
        at += MINUTE
    assert deadline(Target(within * MINUTE, Counting.COVERAGE), coverage, calendar, begin) == at
    first = next_covered(coverage, calendar, begin)
    assert is_covered(coverage, calendar, first)
    assert first == begin or not is_covered(coverage, calendar, first - MINUTE)


def test_a_policy_without_business_hours_says_that_they_never_come() -> None:
    calendar = SupportCalendar(ZoneInfo("UTC"), pattern((WindowKind.WEEKNIGHT, 0, 7 * DAY)))
    at = local("2027-01-09T12:00")
    assert not is_covered(Coverage.BUSINESS, calendar, at)
    never = "the policy has no business hours, so what counts in them is never due"
    with pytest.raises(Refused, match=never):
        next_covered(Coverage.BUSINESS, calendar, at)
    with pytest.raises(Refused, match=never):
        deadline(Target(MINUTE, Counting.COVERAGE), Coverage.BUSINESS, calendar, at)
