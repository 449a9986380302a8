"""Spans as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.support.wording import rough_span


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "less than a minute"), (59, "less than a minute"), (60, "1 min"), (119, "1 min"), (7500, "2 h 5 min")],
)
def test_a_span_in_whole_minutes_is_never_nought_of_them(seconds: int, words: str) -> None:
    assert rough_span(timedelta(seconds=seconds)) == words
