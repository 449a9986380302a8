"""Time spans and times of day as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from oncall.support.wording import rough_span, table_time


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (59, "less than a minute"), (60, "1 min"), (119, "1 min"), (7500, "2 h 5 min")],
)
def test_a_span_in_whole_minutes_is_never_nought_of_them(seconds: int, words: str) -> None:
    assert rough_span(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-01T02:29", "Sat 2026-10-31 22:29"),
        ("2026-11-01T04:30", "Sun 2026-11-01 00:30 EDT"),
        ("2026-11-01T05:30", "Sun 2026-11-01 01:30 EDT"),
        ("2026-11-01T06:30", "Sun 2026-11-01 01:30 EST"),
        ("2026-11-01T07:30", "Sun 2026-11-01 02:30 EST"),
        ("2026-11-01T08:30", "Sun 2026-11-01 03:30"),
        ("2027-03-14T07:30", "Sun 2027-03-14 03:30"),
    ],
)
def test_a_time_in_a_table_names_its_zone_near_the_hour_that_comes_twice(at: str, words: str) -> None:
    instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert table_time(instant, ZoneInfo("America/New_York")) == words
