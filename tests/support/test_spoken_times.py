"""Times in the past are understood as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from oncall.errors import Refused
from oncall.support.policy_file import packaged_policy
from oncall.support.spoken_times import evening_of, past_instant

NEW_YORK = ZoneInfo("America/New_York")
EVENING = time(19, 1)
SATURDAY = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)
"""03:12 in New York."""


def said(text: str, now: datetime = SATURDAY) -> str:
    return past_instant(text, now, NEW_YORK, EVENING).astimezone(NEW_YORK).isoformat(timespec="minutes")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("last night", "2027-01-08T19:01-05:00"),
        ("  Last   NIGHT ", "2027-01-08T19:01-05:00"),
        ("yesterday", "2027-01-08T00:00-05:00"),
        ("today", "2027-01-09T00:00-05:00"),
        ("last week", "2027-01-02T00:00-05:00"),
        ("2h", "2027-01-09T01:12-05:00"),
        ("90 min ago", "2027-01-09T01:42-05:00"),
        ("3d", "2027-01-06T03:12-05:00"),
        ("friday", "2027-01-08T00:00-05:00"),
        ("saturday", "2027-01-02T00:00-05:00"),
        ("last monday", "2027-01-04T00:00-05:00"),
        ("2027-01-05", "2027-01-05T00:00-05:00"),
        ("2027-01-08T22:00", "2027-01-08T22:00-05:00"),
        ("2027-01-08T22:00Z", "2027-01-08T17:00-05:00"),
    ],
)
def test_the_usual_words_and_forms_are_understood(text: str, found: str) -> None:
    assert said(text) == found


def test_a_night_before_the_clocks_change_begins_on_the_clock() -> None:
    # 2027-03-14 03:30 EDT, an hour and a half after 01:59 EST.
    assert said("last night", datetime(2027, 3, 14, 7, 30, tzinfo=UTC)) == "2027-03-13T19:01-05:00"
    assert said("2h", datetime(2027, 3, 14, 7, 30, tzinfo=UTC)) == "2027-03-14T00:30-05:00"


def test_the_evening_is_when_the_desk_closes() -> None:
    assert evening_of(packaged_policy().spans) == EVENING
    assert evening_of(()) == time(18)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "soon",
            '"soon" is not a time in the past; write "last night", "yesterday", "2h", "monday", "2027-01-09" or '
            '"2027-01-09T03:12"',
        ),
        ("2027-01-10", "Sun 2027-01-10 00:00 EST is still to come; write a time in the past"),
        ("tonight", "Sat 2027-01-09 19:01 EST is still to come; write a time in the past"),
    ],
)
def test_what_is_no_time_in_the_past_is_refused(text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        said(text)
    assert str(refused.value) == words


@pytest.mark.parametrize("text", ["", "99999w", "9999-99-99", "x" * 5000, "\x1b[31m", "-2h", "2027-03-14T02:30"])
def test_hostile_text_is_refused_too(text: str) -> None:
    with pytest.raises(Refused):
        said(text)
