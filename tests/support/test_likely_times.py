"""What the terminal, the API and forms say about a time in another form: what was written, in the form that is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from typer import BadParameter

from oncall.cli.terminal.option_values import length_of, seconds_of, weeks_of
from oncall.errors import Refused
from oncall.paging.actions.field_faults import instant, no_time
from oncall.planning.posted.posted_swaps import read_shift_day, shift_day_advice
from oncall.support.likely_days import month_fault
from oncall.support.likely_times import time_advice
from oncall.support.local_time import read_time
from oncall.support.spoken_times import past_instant

ZONE = ZoneInfo("America/New_York")
EXAMPLE = "write an example"


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("5 Jan 2027 6pm", 'write "2027-01-05T18:00"'),
        ("2027-01-09 18.00", 'write "2027-01-09T18:00"'),
        ("03/04/2027 8am", 'write "2027-03-04T08:00" or "2027-04-03T08:00"'),
        ("03/04/2027", 'write the time too, like "2027-03-04T19:00" or "2027-04-03T19:00"'),
        ("2027-02-30T08:00", "February 2027 has 28 days"),
        ("6pm", 'the date is missing; write one like "2027-01-04T18:00"'),
        ("2027-01-05 19:01 EST", 'write the offset from UTC in place of EST, like "2027-01-05T19:01-05:00"'),
        ("tomorrow", EXAMPLE),
    ],
)
def test_a_time_in_another_form_is_written_in_ours(written: str, advice: str) -> None:
    assert time_advice(written, example=EXAMPLE) == advice
    for suggested in advice.split('"')[1::2]:
        assert read_time(suggested, ZONE).at.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("2027-01-09T03:12", 'write it with the offset from UTC, like "2027-01-09T03:12-05:00"'),
        ("9 Jan 2027 3am +0500", 'write "2027-01-09T03:00+05:00"'),
        ("2027-01-09 3:12 UTC", 'write "2027-01-09T03:12Z"'),
        ("soon", 'write one like "2027-01-09T03:12:00-05:00"'),
    ],
)
def test_the_api_asks_for_the_time_that_was_sent_with_its_offset(written: str, advice: str) -> None:
    assert no_time(written) == f'"{written}" is not a time with an offset; {advice}'
    assert instant(advice.split('"')[1]) is not None


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("12 Jan 2027", 'write "2027-01-12"'),
        ("03/04/2027", 'write "2027-03-04" (4 March) or "2027-04-03" (3 April)'),
        ("12 Jan 2027 7:01pm", 'write "2027-01-12T19:01"'),
    ],
)
def test_the_date_of_a_shift_is_built_from_what_was_written(written: str, advice: str) -> None:
    assert shift_day_advice(written) == advice
    assert all(read_shift_day(suggested) is not None for suggested in advice.split('"')[1::2])


@pytest.mark.parametrize(
    ("written", "advice"),
    [("Jan 2027", 'write "2027-01"'), ("1/2027", 'write "2027-01"'), ("2027-01-15", 'write "2027-01"')],
)
def test_a_month_is_built_from_what_was_written(written: str, advice: str) -> None:
    assert month_fault(written) == f'"{written}" is not a month; {advice}'


def test_a_length_of_time_in_the_past_is_built_from_what_was_written() -> None:
    with pytest.raises(Refused) as refused:
        past_instant("2 hours ago", datetime(2027, 1, 9, tzinfo=UTC), ZONE, time(18))
    assert str(refused.value) == '"2 hours ago" is not a time in the past; write "2h"'


@pytest.mark.parametrize(
    ("read", "written", "advice"),
    [(weeks_of, "two weeks", "write 2"), (seconds_of, "30s", "write 30"), (length_of, "1.5 hours", "write 1h30m")],
)
def test_numbers_and_lengths_of_options_are_built_from_what_was_written(
    read: Callable[[str], object], written: str, advice: str
) -> None:
    with pytest.raises(BadParameter, match=f'"{written}" is not .*; {advice}$'):
        read(written)
