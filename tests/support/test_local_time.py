"""Local times as people write them, on ordinary days and on days of a clock change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.errors import Refused
from oncall.support.local_time import read_time, read_time_after

NEW_YORK = ZoneInfo("America/New_York")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2027-01-09T03:12", "2027-01-09T08:12"),
        ("2027-07-09T03:12", "2027-07-09T07:12"),
        ("2027-01-09T03:12:00+05:30", "2027-01-08T21:42"),
        ("2026-11-01T01:30-05:00", "2026-11-01T06:30"),
        ("2027-03-14T01:59:59", "2027-03-14T06:59:59"),
        ("2027-03-14T03:00", "2027-03-14T07:00"),
    ],
)
def test_a_time_without_an_offset_is_a_time_of_the_zone(text: str, instant: str) -> None:
    written = read_time(text, NEW_YORK)
    assert (written.at, written.note) == (utc(instant), None)


@pytest.mark.parametrize(
    ("zone", "text", "message"),
    [
        (
            "America/New_York",
            "2027-03-14T02:00",
            "02:00 on 2027-03-14 does not exist in America/New_York: the clock goes from 02:00 to 03:00; write a time "
            "before 02:00, or from 03:00 on",
        ),
        (
            "Europe/London",
            "2027-03-28T01:59:59",
            "01:59 on 2027-03-28 does not exist in Europe/London: the clock goes from 01:00 to 02:00; write a time "
            "before 01:00, or from 02:00 on",
        ),
        (
            "Australia/Lord_Howe",
            "2027-10-03T02:15",
            "02:15 on 2027-10-03 does not exist in Australia/Lord_Howe: the clock goes from 02:00 to 02:30; write a "
            "time before 02:00, or from 02:30 on",
        ),
        (
            "Pacific/Apia",
            "2011-12-30T12:00",
            "12:00 on 2011-12-30 does not exist in Pacific/Apia: the clock goes from 2011-12-30 00:00 to "
            "2011-12-31 00:00; write a time before 2011-12-30 00:00, or from 2011-12-31 00:00 on",
        ),
    ],
)
def test_a_time_that_the_clock_skips_is_refused(zone: str, text: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        read_time(text, ZoneInfo(zone))
    assert str(refused.value) == message


def test_of_a_time_that_comes_twice_the_first_is_taken_and_the_other_named() -> None:
    written = read_time("2026-11-01T01:30", NEW_YORK)
    assert written.at == utc("2026-11-01T05:30")
    assert written.note == (
        "01:30 on 2026-11-01 comes twice in America/New_York; the first, EDT, is taken. For the second, EST, write "
        '"2026-11-01T01:30-05:00"'
    )


@pytest.mark.parametrize("text", ["2026-11-01T00:59:59", "2026-11-01T02:00"])
def test_the_times_beside_the_repeated_hour_come_once(text: str) -> None:
    assert read_time(text, NEW_YORK).note is None


def test_every_minute_of_a_year_is_read_back_from_the_clock() -> None:
    at = utc("2026-12-31T05:00")
    while at < utc("2028-01-01T05:00"):
        local = at.astimezone(NEW_YORK)
        assert read_time(local.replace(tzinfo=None).isoformat(), NEW_YORK).at in (at, at - timedelta(hours=1))
        at += timedelta(minutes=7)


def test_what_is_no_time_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="noon"):
        read_time("noon", NEW_YORK)


@pytest.mark.parametrize(
    ("text", "after", "instant"),
    [
        ("07:30", "2027-01-09T08:12", "2027-01-09T12:30"),
        ("3:12", "2027-01-09T08:12", "2027-01-10T08:12"),
        ("02:30", "2027-03-14T07:30", "2027-03-15T06:30"),
        ("01:30", "2026-11-01T05:45", "2026-11-01T06:30"),
        ("01:30", "2026-11-01T06:15", "2026-11-01T06:30"),
        ("01:30", "2026-11-01T06:45", "2026-11-02T06:30"),
        ("2027-01-09T03:12", "2027-01-20T00:00", "2027-01-09T08:12"),
    ],
)
def test_a_time_of_day_is_the_first_one_after_an_instant(text: str, after: str, instant: str) -> None:
    assert read_time_after(text, NEW_YORK, utc(after)).at == utc(instant)


def test_a_time_of_day_that_the_clock_skips_that_night_is_refused() -> None:
    with pytest.raises(Refused, match="02:30 on 2027-03-14 does not exist"):
        read_time_after("02:30", NEW_YORK, utc("2027-03-14T01:00"))


@pytest.mark.parametrize("text", ["24:00", "7:5", "07:30:00x", "-1:00"])
def test_what_is_no_time_of_day_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid isoformat"):
        read_time_after(text, NEW_YORK, utc("2027-01-09T08:12"))
