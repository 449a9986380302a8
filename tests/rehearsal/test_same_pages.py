"""The law of rehearsals: a rehearsal sends the same messages to the same people at the same times as the real pager."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.paging.domain.people import DESK
from oncall.rehearsal.arrivals import Arrival
from oncall.rehearsal.player import play
from oncall.rehearsal.rehearsal_schedule import schedule_for, span_of
from oncall.rehearsal.responders import People

from .service import Sent, really_sent
from .team import AT_ONCE, FIRST, LAST, NEVER, all_alike, arrival, at, plan, roster

TEAM = roster()
SCHEDULE = schedule_for(plan(TEAM), TEAM, span_of(TEAM, FIRST, LAST))
FRIDAY_EVENING = at("2027-01-08 18:30")
SEVEN_MINUTES = timedelta(minutes=7)


def rehearsed(arrivals: Sequence[Arrival], people: People, until: datetime) -> list[Sent]:
    played = play(arrivals, SCHEDULE, TEAM.policy, people, until=until)
    return [(one.at, one.to, one.ticket) for one in played.messages if one.to != DESK and not one.is_member]


@st.composite
def some_tickets(draw: st.DrawFn) -> list[Arrival]:
    """Draw a few tickets around the end of a week: in business hours, at the handoff, and in the night after it."""
    minutes = sorted(draw(st.lists(st.integers(0, 150), min_size=1, max_size=4)))
    return [
        arrival(
            number,
            FRIDAY_EVENING + timedelta(minutes=minute, seconds=draw(st.integers(0, 59)) if minute else 0),
            impact=draw(st.sampled_from(["urgent", "urgent", "high", "normal"])),
            plan_name=draw(st.sampled_from(["standard", "business-critical"])),
        )
        for number, minute in enumerate(minutes)
    ]


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(some_tickets())
def test_people_who_never_answer_are_paged_as_the_real_pager_pages_them(arrivals: list[Arrival]) -> None:
    until = FRIDAY_EVENING + timedelta(hours=4)
    assert sorted(rehearsed(arrivals, NEVER, until)) == sorted(
        really_sent(arrivals, TEAM, SCHEDULE, until, answers_after=None)
    )


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(some_tickets(), st.sampled_from([timedelta(0), timedelta(seconds=90), SEVEN_MINUTES, timedelta(minutes=12)]))
def test_people_who_always_answer_are_paged_as_the_real_pager_pages_them(
    arrivals: list[Arrival], answers_after: timedelta
) -> None:
    until = FRIDAY_EVENING + timedelta(hours=6)
    people = all_alike(missed=0.0, after=answers_after)
    assert sorted(rehearsed(arrivals, people, until)) == sorted(
        really_sent(arrivals, TEAM, SCHEDULE, until, answers_after=answers_after)
    )


def test_a_night_s_urgent_ticket_that_nobody_takes_goes_through_the_steps_of_the_policy() -> None:
    night = at("2027-01-09 03:12")
    found = rehearsed([arrival(1, night)], NEVER, night + timedelta(minutes=29))
    minutes = [(round((when - night).total_seconds() / 60), to) for when, to, _ in found]
    assert minutes == [(0, "ana"), (5, "ana"), (10, "ben"), (20, "mei")]


def test_a_ticket_that_is_taken_at_once_pages_one_person_once() -> None:
    night = at("2027-01-09 03:12")
    assert rehearsed([arrival(1, night)], AT_ONCE, night + timedelta(minutes=29)) == [(night, "ana", "T-1")]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_seed_gives_one_rehearsal(seed: int) -> None:
    arrivals = [arrival(number, FRIDAY_EVENING + timedelta(minutes=17 * number)) for number in range(30)]
    until = FRIDAY_EVENING + timedelta(days=3)

    def messages(which: int) -> list[tuple[datetime, str, str]]:
        played = play(arrivals, SCHEDULE, TEAM.policy, People(), until=until, seed=which)
        return [(one.at, one.to, one.ticket) for one in played.messages]

    assert messages(seed) == messages(seed)
    assert messages(seed) != messages(seed + 1)
