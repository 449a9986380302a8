"""Simulated people sleep in their own zone, answer in lognormal times, and have the same luck on both sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.errors import Refused
from oncall.rehearsal.responders import Answering, Delay, People, dice, is_night

NEW_YORK, KOLKATA = ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("clock", "asleep"), [("22:59:59", False), ("23:00", True), ("00:00", True), ("06:59:59", True), ("07:00", False)]
)
def test_the_night_is_from_23_to_7_on_the_person_s_own_clock(clock: str, asleep: bool) -> None:
    for zone in (NEW_YORK, KOLKATA, UTC):
        local = datetime.fromisoformat(f"2027-03-14T{clock}").replace(tzinfo=zone)
        assert is_night(local.astimezone(UTC), zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")) is asleep


def test_somebody_in_india_is_awake_when_new_york_sleeps() -> None:
    habits = People()
    three_in_new_york = datetime(2027, 1, 9, 8, 0, tzinfo=UTC)
    assert habits.answering(three_in_new_york, NEW_YORK) == habits.night
    assert habits.answering(three_in_new_york, KOLKATA) == habits.day


def test_half_of_the_times_are_within_the_median() -> None:
    delay = Delay(timedelta(minutes=10), 0.8)
    minutes = [delay.drawn(dice(0, number)).total_seconds() / 60 for number in range(4000)]
    assert 9.5 < median(minutes) < 10.5
    assert max(minutes) > 60


@given(st.timedeltas(timedelta(0), timedelta(days=50)), st.floats(0, 50), st.integers())
def test_a_time_is_whole_seconds_and_never_endless(of_half: timedelta, spread: float, seed: int) -> None:
    drawn = Delay(of_half, spread).drawn(dice(0, seed))
    assert timedelta(0) <= drawn <= timedelta(days=60)
    assert not drawn.microseconds


def test_no_median_is_no_time() -> None:
    assert Delay(timedelta(0)).drawn(dice(0)) == timedelta(0)


def test_one_question_about_one_ticket_has_one_answer() -> None:
    assert dice(7, "T-1", "page", 0, 1).random() == dice(7, "T-1", "page", 0, 1).random()
    others = [dice(8, "T-1", "page", 0, 1), dice(7, "T-2", "page", 0, 1), dice(7, "T-1", "page", 1, 1)]
    assert len({dice(7, "T-1", "page", 0, 1).random(), *(one.random() for one in others)}) == 4


def test_a_chance_above_one_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        Answering(Delay(timedelta(0)), 1.5)
    assert str(caught.value) == "a chance of a missed page of 1.5 cannot be; write a number from 0 to 1"
