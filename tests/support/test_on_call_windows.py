"""On-call windows may have any names; each is a kind of shift, and may have a display name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall.support.calendar import calendar_of
from oncall.support.holidays import public_holidays
from oncall.support.policy_file import policy_from_text
from oncall.support.policy_table import hours_words
from oncall.support.windows import WindowKind
from tests.support.policy_texts import hours, refusal

NIGHTS = "mon-thu 19:01-07:59"
WEEKENDS = "fri 19:01 - mon 07:59"
DESK = "mon-fri 08:00-19:00"
SUN = "{apac: mon-sun 00:00-07:59, emea: mon-sun 08:00-15:59, amer: {hours: mon-sun 16:00-23:59, name: The Americas}}"


def around_the_clock(on_call: str) -> str:
    return hours("", on_call).replace("coverage: business", "coverage: 24x5")


def test_windows_are_kinds_in_the_order_of_the_file_and_holidays_come_last() -> None:
    policy = policy_from_text(around_the_clock(SUN), "p.yaml")
    assert policy.kinds == ("apac", "emea", "amer", "holiday")
    calendar = calendar_of(policy, None)
    assert (
        calendar.window_at(datetime(2027, 1, 4, 12, tzinfo=UTC)).kind
        is calendar.window_at(datetime(2027, 1, 5, 12, tzinfo=UTC)).kind
    )


def test_a_display_name_is_shown_and_the_name_stays_the_kind() -> None:
    policy = policy_from_text(around_the_clock(SUN), "p.yaml")
    assert (policy.title("amer"), policy.title("apac")) == ("The Americas", "apac")
    assert hours_words(policy)[2].startswith("amer (The Americas): Mon 16:00 to 23:59")


def test_the_holiday_kind_may_have_a_display_name() -> None:
    text = hours(DESK, f"{{night: {NIGHTS}, sleepless: {WEEKENDS}, holiday: {{name: Bank holiday}}}}")
    assert policy_from_text(text, "p.yaml").title(WindowKind.HOLIDAY) == "Bank holiday"


@pytest.mark.parametrize(
    ("on_call", "fault"),
    [
        (
            f"{{night: {NIGHTS}, week end: {WEEKENDS}}}",
            '39: on_call.week end: "week end" is not a name of 1 to 40 small letters, digits and dashes; write '
            '"week-end"',
        ),
        (
            f"{{business: {NIGHTS}, x: {WEEKENDS}}}",
            "11: on_call.business: is the name of business hours; write them under business_hours, or choose another "
            "name",
        ),
        (
            f"{{friday: {NIGHTS}, x: {WEEKENDS}}}",
            '11: on_call.friday: "friday" is a day of the week, which requests name; choose another name',
        ),
        (
            f"{{24x7: {NIGHTS}, x: {WEEKENDS}}}",
            '11: on_call.24x7: "24x7" does not begin with a letter; choose a name that requests can use',
        ),
        (
            f"{{night: {NIGHTS}, holiday: {WEEKENDS}}}",
            "39: on_call.holiday: is the kind of public holidays, which take the place of business hours; write no "
            "hours for it, or choose another name",
        ),
        (
            f"{{night: {{hours: {NIGHTS}, title: Night}}, x: {WEEKENDS}}}",
            "47: on_call.night.title: is not a known key; write one of name, hours, weekend",
        ),
        (
            f"{{night: {{name: Night}}, x: {WEEKENDS}}}",
            "18: on_call.night.hours: is missing; write hours: mon-thu 19:01-07:59",
        ),
        (
            f"{{night: {NIGHTS}, late: tue 23:00-23:59, x: {WEEKENDS}}}",
            "45: on_call.late: Tuesday 23:00 to 23:59 is late here but night on line 4; every minute needs exactly one",
        ),
    ],
)
def test_a_window_at_fault_is_refused_at_its_place(on_call: str, fault: str) -> None:
    assert refusal(hours(DESK, on_call)).splitlines()[0] == f"p.yaml:4:{fault}"


def test_a_window_of_a_whole_saturday_and_sunday_is_a_weekend_whatever_its_name() -> None:
    policy = policy_from_text(hours(DESK, f"{{night: {NIGHTS}, sleepless: {WEEKENDS}}}"), "p.yaml")
    assert policy.weekend_kinds == {"sleepless", "weekend"}


def test_a_whole_week_is_no_weekend() -> None:
    policy = policy_from_text(around_the_clock("{week: mon 00:00 - sun 23:59}"), "p.yaml")
    assert policy.weekend_kinds == {"weekend"}


def test_a_policy_says_which_short_windows_are_weekends() -> None:
    on_call = f"{{night: {NIGHTS}, free: {{hours: [fri 19:01 - sat 23:59, sun 00:00 - mon 07:59], weekend: true}}}}"
    policy = policy_from_text(hours(DESK, on_call), "p.yaml")
    assert policy.weekend_kinds == {"free", "weekend"}
    assert hours_words(policy)[2] == "free (a weekend): Fri 19:01 to Sat 23:59, Sun 00:00 to Mon 07:59"


def test_a_holiday_takes_over_the_night_after_it_but_not_a_weekend() -> None:
    calendar = calendar_of(
        policy_from_text(hours(DESK, f"{{late: {NIGHTS}, free: {WEEKENDS}}}"), "p.yaml"), public_holidays("US")
    )
    monday = calendar.window_at(datetime(2027, 7, 5, 17, tzinfo=UTC))
    friday = calendar.window_at(datetime(2027, 12, 24, 17, tzinfo=UTC))
    spans = [[at.astimezone(calendar.zone).strftime("%a %H:%M") for at in (w.start, w.end)] for w in (monday, friday)]
    assert [monday.kind, friday.kind] == ["holiday", "holiday"]
    assert spans == [["Mon 08:00", "Tue 08:00"], ["Fri 08:00", "Fri 19:01"]]
