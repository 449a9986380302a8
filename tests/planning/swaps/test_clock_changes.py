"""Changes of shifts in which the clocks change: a swap takes the whole shift, and a cover the minutes that it names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.cover_shift import Cover, cover_shift
from oncall.planning.published.undo_version import undo_version
from oncall.planning.swaps.ask_to_swap import SwapAsked, swap_at_once
from oncall.support.windows import Window
from tests.planning.conftest import roster_of
from tests.planning.swaps.conftest import TEN, SwapMemory, by

SPRING, AUTUMN = date(2027, 3, 12), date(2027, 11, 5)
"""Fridays of the weekends in which New York's clocks go forward, and back."""
FORCED = ChangeTerms(is_forced=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


WEEKENDS = {
    SPRING: Window(at("2027-03-13T00:01:00+00:00"), at("2027-03-15T12:00:00+00:00")),
    AUTUMN: Window(at("2027-11-05T23:01:00+00:00"), at("2027-11-08T13:00:00+00:00")),
}


def published(friday: date) -> SwapMemory:
    desk = SwapMemory()
    desk.publish(roster_of(TEN), friday - timedelta(days=4), friday + timedelta(days=9))
    return desk


def held(desk: SwapMemory, engineer: str, weekend: Window) -> list[Window]:
    return [each.window for each in desk.schedule().assignments_of(engineer, weekend.start, weekend.end)]


@pytest.mark.parametrize(("friday", "hours"), [(SPRING, 60), (AUTUMN, 62)])
def test_a_swap_takes_every_minute_of_a_weekend_in_which_the_clocks_change(friday: date, hours: int) -> None:
    desk, weekend = published(friday), WEEKENDS[friday]
    assert weekend.end - weekend.start == timedelta(hours=hours, minutes=-1)
    giver = desk.schedule().who(weekend.start).roles["primary"].engineer
    made = swap_at_once(desk, SwapAsked(giver, friday, other="ana", role="primary"), by("mei"), FORCED)
    assert (held(desk, giver, weekend), held(desk, "ana", weekend)) == ([], [weekend])
    undo_version(desk, made.version.number, by("mei"), FORCED)
    assert (held(desk, giver, weekend), held(desk, "ana", weekend)) == ([weekend], [])


def test_a_cover_of_the_hour_that_comes_twice_has_the_minutes_that_it_names() -> None:
    desk, weekend = published(AUTUMN), WEEKENDS[AUTUMN]
    primary = desk.schedule().who(weekend.start).roles["primary"].engineer
    start, end = at("2027-11-07T05:30:00+00:00"), at("2027-11-07T06:30:00+00:00")
    author = replace(by("mei"), reason="half past one, twice")
    cover_shift(desk, Cover(primary, "ana", start, end), author, FORCED)
    assert held(desk, "ana", weekend) == [Window(start, end)]
    assert held(desk, primary, weekend) == [Window(weekend.start, start), Window(end, weekend.end)]
