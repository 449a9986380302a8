"""24x5 holds on the five days that the policy states; `check` asks for them where they are unclear."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.support.calendar import calendar_of
from oncall.support.coverage import is_covered, next_covered
from oncall.support.coverage_days import days_in_yaml, runs_of_days, whole_days_words
from oncall.support.policy import Coverage, Policy
from oncall.support.policy_changes import changes
from oncall.support.policy_file import packaged_policy, packaged_policy_text, policy_from_text, published_policy
from oncall.support.policy_table import policy_lines, policy_view
from tests.support.policy_texts import refusal

SUNDAY_TO_THURSDAY = (
    ("business_hours: mon-fri 08:00-19:00", "business_hours: sun-thu 08:00-19:00"),
    ("weeknight: mon-thu 19:01-07:59", "weeknight: sun-wed 19:01-07:59"),
    ("weekend: fri 19:01 - mon 07:59", "weekend: thu 19:01 - sun 07:59"),
)
SATURDAYS_TOO = (
    ("business_hours: mon-fri 08:00-19:00", "business_hours: mon-sat 08:00-19:00"),
    ("weeknight: mon-thu 19:01-07:59", "weeknight: mon-fri 19:01-07:59"),
    ("weekend: fri 19:01 - mon 07:59", "weekend: sat 19:01 - mon 07:59"),
)
PLACE = "p.yaml:14:17: business_hours:"


def text_with(*changed: tuple[str, str], days: str | None = None) -> str:
    text = packaged_policy_text()
    for old, new in changed:
        assert old in text
        text = text.replace(old, new, 1)
    return text if days is None else text.replace("impacts:", f"coverage_days: {days}\nimpacts:", 1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


@pytest.fixture
def sunday_desk() -> Policy:
    """The desk works Sunday to Thursday, and 24x5 covers these days."""
    return policy_from_text(text_with(*SUNDAY_TO_THURSDAY, days="sun-thu"), "p.yaml")


@pytest.mark.parametrize(
    ("at", "covered"),
    [
        ("2027-01-09T23:59:59", False),  # Saturday
        ("2027-01-10T00:00", True),
        ("2027-01-10T09:00", True),
        ("2027-01-14T23:59:59", True),  # Thursday
        ("2027-01-15T00:00", False),
        ("2027-01-15T12:00", False),
    ],
)
def test_24x5_holds_on_the_days_of_the_policy(sunday_desk: Policy, at: str, covered: bool) -> None:
    assert is_covered(Coverage.FIVE_DAYS, calendar_of(sunday_desk, None), local(at)) is covered


def test_a_friday_ticket_waits_for_the_next_covered_day(sunday_desk: Policy) -> None:
    calendar = calendar_of(sunday_desk, None)
    assert next_covered(Coverage.FIVE_DAYS, calendar, local("2027-01-15T12:00")) == local("2027-01-17T00:00")


@settings(max_examples=60)
@given(
    days=st.sets(st.integers(0, 6), min_size=5, max_size=5),
    zone=st.sampled_from(["America/New_York", "Africa/Cairo", "Asia/Kolkata", "Australia/Lord_Howe"]),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
)
def test_any_five_days_are_covered_and_no_others(days: set[int], zone: str, start: datetime) -> None:
    policy = packaged_policy(ZoneInfo(zone))
    calendar = calendar_of(policy_with_days(policy, days), None)
    at = start.replace(tzinfo=UTC)
    latest = (at - timedelta(days=1)).astimezone(calendar.zone).replace(tzinfo=None)
    for _ in range(8 * 24):
        latest = max(latest, at.astimezone(calendar.zone).replace(tzinfo=None))
        assert is_covered(Coverage.FIVE_DAYS, calendar, at) is (latest.weekday() in days)
        at += timedelta(minutes=61)


def policy_with_days(policy: Policy, days: set[int]) -> Policy:
    return replace(policy, coverage_days=tuple(sorted(days)))


def test_a_desk_that_works_on_another_five_days_must_state_those_of_24x5() -> None:
    assert refusal(text_with(*SUNDAY_TO_THURSDAY)) == (
        f"{PLACE} the desk is open on Sunday, but 24x5 covers Monday to Friday; write coverage_days: sun-thu, or "
        "coverage_days: mon-fri if that is meant"
    )


def test_a_desk_that_works_six_other_days_is_asked_for_five() -> None:
    saturday_to_thursday = (
        ("business_hours: mon-fri 08:00-19:00", "business_hours: sat-thu 08:00-19:00"),
        ("weeknight: mon-thu 19:01-07:59", "weeknight: sat-wed 19:01-07:59"),
        ("weekend: fri 19:01 - mon 07:59", "weekend: thu 19:01 - sat 07:59"),
    )
    assert refusal(text_with(*saturday_to_thursday)) == (
        f"{PLACE} the desk is open on Saturday and Sunday, but 24x5 covers Monday to Friday; write the five days that "
        "it covers, like coverage_days: mon-fri"
    )


def test_a_desk_that_also_works_on_saturdays_is_warned_until_the_days_are_stated() -> None:
    policy = policy_from_text(text_with(*SATURDAYS_TOO), "p.yaml")
    assert [str(warning) for warning in policy.warnings] == [
        f"{PLACE} the desk is open on Saturday, when a ticket with 24x5 coverage is held; write coverage_days: mon-fri "
        "to confirm that"
    ]
    assert policy_from_text(text_with(*SATURDAYS_TOO, days="mon-fri"), "p.yaml").warnings == ()


def test_days_that_contradict_the_desks_hours_are_a_warning() -> None:
    policy = policy_from_text(text_with(*SUNDAY_TO_THURSDAY, days="mon-fri"), "p.yaml")
    assert [str(warning) for warning in policy.warnings] == [
        "p.yaml:21:16: coverage_days: leaves out Sunday, when the desk is open: a ticket with 24x5 coverage is held "
        "then"
    ]


def test_a_policy_without_24x5_is_not_asked() -> None:
    text = text_with(*SUNDAY_TO_THURSDAY, ("high: {coverage: 24x5", "high: {coverage: 24x7"))
    assert policy_from_text(text, "p.yaml").warnings == ()


def test_a_policy_that_was_published_without_the_days_keeps_monday_to_friday() -> None:
    policy = published_policy(text_with(*SUNDAY_TO_THURSDAY), "p.yaml", ZoneInfo("America/New_York"))
    assert policy.coverage_days == (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("Sunday - Thursday", (0, 1, 2, 3, 6)),
        ("tue\N{EN DASH}sat", (1, 2, 3, 4, 5)),
        ("[mon, tue, wed, fri, sat]", (0, 1, 2, 4, 5)),
        ("[mon-wed, fri-sat]", (0, 1, 2, 4, 5)),
    ],
)
def test_five_days_are_a_range_or_a_list(written: str, days: tuple[int, ...]) -> None:
    assert policy_from_text(text_with(days=written), "p.yaml").coverage_days == days


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("mon-sat", "coverage_days: names 6 days, but 24x5 covers five; write five days, like mon-fri or sun-thu"),
        ("[mon, tue]", "coverage_days: names 2 days, but 24x5 covers five; write five days, like mon-fri or sun-thu"),
        (
            "weekdays",
            'coverage_days: "weekdays" is not a day of the week; write mon-fri',
        ),
        ("wensday-sun", 'coverage_days: "wensday" is not a day of the week; write wed'),
        ("office", 'coverage_days: "office" is not a day of the week; write mon, tue, wed, thu, fri, sat or sun'),
        ("mon-wed-fri", 'coverage_days: "mon-wed-fri" are no days; write them like mon-fri or [mon, tue, wed]'),
    ],
)
def test_other_than_five_days_is_refused_with_an_example(written: str, message: str) -> None:
    assert refusal(text_with(days=written)) == f"p.yaml:21:16: {message}"


def test_the_days_are_shown_and_compared(sunday_desk: Policy) -> None:
    assert "  24x5: Sunday 00:00 to Thursday 24:00" in policy_lines(sunday_desk)
    assert json.loads(json.dumps(policy_view(sunday_desk)))["coverage_days"] == [
        "monday", "tuesday", "wednesday", "thursday", "sunday",
    ]  # fmt: skip
    assert changes(packaged_policy(), policy_with_days(packaged_policy(), {0, 1, 2, 3, 6})) == [
        "Everybody: 24x5 is Sunday 00:00 to Thursday 24:00, before Monday 00:00 to Friday 24:00."
    ]


@pytest.mark.parametrize(
    ("days", "runs", "words", "written"),
    [
        ((0, 1, 2, 3, 4), ((0, 5),), "Monday 00:00 to Friday 24:00", "mon-fri"),
        ((0, 1, 2, 3, 6), ((6, 11),), "Sunday 00:00 to Thursday 24:00", "sun-thu"),
        (
            (0, 1, 3, 4, 5),
            ((0, 2), (3, 6)),
            "Monday 00:00 to Tuesday 24:00 and Thursday 00:00 to Saturday 24:00",
            "[mon, tue, thu, fri, sat]",
        ),
    ],
)
def test_days_are_named_as_stretches(
    days: tuple[int, ...], runs: tuple[tuple[int, int], ...], words: str, written: str
) -> None:
    assert (runs_of_days(days), whole_days_words(days), days_in_yaml(days)) == (runs, words, written)
