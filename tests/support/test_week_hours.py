"""The hours of the week in a policy file: every minute of the week exactly once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.support.policy_file import packaged_policy, policy_from_text
from oncall.support.windows import WeekSpan, WindowKind
from tests.support.policy_texts import hours, minute, refusal, spoiled

DAY = 24 * 60


def test_they_may_be_a_list_of_days_and_written_as_the_guidelines_do() -> None:
    policy = policy_from_text(
        hours(
            "[mon-wed 08:00-19:00, Thursday – Friday 8:00 – 19:00]",
            "{weeknight: mon-thu 19:01-07:59, weekend: [fri 19:01 - sat 23:59, sun 00:00 - mon 07:59]}",
        ),
        "p.yaml",
    )
    assert [span for span in policy.spans if span.kind is WindowKind.BUSINESS] == [
        span for span in packaged_policy().spans if span.kind is WindowKind.BUSINESS
    ]
    assert policy.spans[-2:] == (
        WeekSpan(WindowKind.WEEKEND, minute(4, 19, 1), minute(6, 0, 0)),
        WeekSpan(WindowKind.WEEKEND, minute(6, 0, 0), minute(7, 8, 0)),
    )


def test_a_week_without_business_hours_is_all_on_call() -> None:
    text = hours("", "{weekend: mon 08:00 - mon 07:59}").replace("coverage: business", "coverage: 24x5")
    policy = policy_from_text(text, "p.yaml")
    assert policy.spans == (WeekSpan(WindowKind.WEEKEND, minute(0, 8, 0), minute(7, 8, 0)),)


def test_business_hours_cannot_be_promised_without_any() -> None:
    assert refusal(hours("", "{weekend: mon 08:00 - mon 07:59}")) == (
        "p.yaml:13:23: plans.std.promises.low.coverage: promises business hours, but this policy has none; "
        "write business_hours: mon-fri 08:00-19:00"
    )


def test_a_hole_is_refused_with_its_minutes() -> None:
    assert spoiled(("mon 07:59", "mon 07:29")) == ("p.yaml:4:10: on_call: nobody is responsible Monday 07:30 to 07:59")


def test_gaps_on_several_days_are_one_fault() -> None:
    assert spoiled(("19:00", "18:59")) == (
        "p.yaml:4:10: on_call: nobody is responsible Monday 19:00 to 19:00, Tuesday 19:00 to 19:00, "
        "Wednesday 19:00 to 19:00, Thursday 19:00 to 19:00, Friday 19:00 to 19:00"
    )


def test_a_hole_over_the_weekend_is_one_hole() -> None:
    assert refusal(hours("mon-fri 08:00-19:00", "{weeknight: mon-thu 19:01-07:59}")) == (
        "p.yaml:4:10: on_call: nobody is responsible Friday 19:01 to Monday 07:59"
    )


def test_an_overlap_is_refused_with_its_minutes() -> None:
    assert spoiled(("mon-thu", "mon-fri")) == (
        "p.yaml:4:52: on_call.weekend: Friday 19:01 to Saturday 07:59 is weekend here but weeknight on line 4; "
        "every minute needs exactly one"
    )


def test_hours_that_are_written_twice_are_refused() -> None:
    assert spoiled(("mon-fri 08:00-19:00", "[mon-fri 08:00-19:00, wed 12:00-13:00]")) == (
        "p.yaml:3:39: business_hours[1]: Wednesday 12:00 to 13:00 is business here but business on line 3; "
        "every minute needs exactly one"
    )


def test_no_hours_at_all_leave_the_whole_week_without_anybody() -> None:
    text = hours("", "{weeknight: }").replace("coverage: business", "coverage: 24x5")
    assert refusal(text) == "p.yaml:4:10: on_call: nobody is responsible Monday 00:00 to Sunday 23:59"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "8 to 7",
            '"8 to 7" are no hours of the week; write them like "mon-fri 08:00-19:00" or "fri 19:01 - mon 07:59"',
        ),
        ("mon-fri 08:00-24:00", '"24:00" is not a time of day; write "mon-fri 08:00-23:59"'),
        ("mon-fri 08:60-19:00", '"08:60" is not a time of day; write hours and minutes from 00:00 to 23:59'),
        ("mon-fry 08:00-19:00", '"fry" is not a day of the week; write fri'),
        ("mo-fr 08:00-19:00", '"mo" is not a day of the week; write mon, tue, wed, thu, fri, sat or sun'),
    ],
)
def test_wrong_hours_are_refused_with_an_example(written: str, message: str) -> None:
    assert spoiled(("mon-fri 08:00-19:00", written)) == f"p.yaml:3:17: business_hours: {message}"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, DAY - 1), st.integers(0, DAY - 1))
def test_nights_that_begin_where_the_days_end_always_tile(start: int, end: int) -> None:
    clock = "{:02d}:{:02d}".format
    day = f"{clock(*divmod(start, 60))}-{clock(*divmod(end, 60))}"
    night = f"{clock(*divmod((end + 1) % DAY, 60))}-{clock(*divmod((start - 1) % DAY, 60))}"
    written = hours(f"mon-sun {day}", f"{{weeknight: mon-sun {night}}}")
    if (end + 1) % DAY == start:
        assert "is weeknight here" in refusal(written)
    else:
        assert sum(span.end_minute - span.start_minute for span in policy_from_text(written, "p").spans) == 7 * DAY
