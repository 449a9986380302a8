"""A rehearsal's figures add up, match its messages, and rank a better policy above a worse one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import Refused
from oncall.paging.domain.people import DESK
from oncall.paging.domain.ticket import Attempt, Purpose
from oncall.rehearsal.arrivals import Arrival
from oncall.rehearsal.comparison import Comparison
from oncall.rehearsal.outcome import RehearsalOutcome, outcome_of
from oncall.rehearsal.player import Played, play
from oncall.rehearsal.rehearsal_schedule import AFTER, schedule_for, span_of
from oncall.rehearsal.responders import Answering, Delay, People, is_night
from oncall.rehearsal.scenario import Scenario, rehearse
from oncall.reports.attainment import together
from oncall.support.policy import Escalation
from oncall.support.windows import Window, WindowKind

from .team import AT_ONCE, FIRST, LAST, NEVER, all_alike, arrival, at, plan, roster

TEAM = roster()
SPAN = span_of(TEAM, FIRST, LAST)
SCHEDULE = schedule_for(plan(TEAM), TEAM, SPAN)


def played(arrivals: list[Arrival], people: People, *, hours: float = 24 * 14) -> Played:
    until = max(one.at for one in arrivals) + timedelta(hours=hours)
    return play(arrivals, SCHEDULE, TEAM.policy, people, until=until)


@st.composite
def some_weeks(draw: st.DrawFn) -> list[Arrival]:
    minutes = sorted(draw(st.lists(st.integers(0, 60 * 24 * 14), min_size=1, max_size=12)))
    return [
        arrival(
            number,
            SPAN.start + timedelta(minutes=minute),
            impact=draw(st.sampled_from(["urgent", "high", "normal", "low"])),
            plan_name=draw(st.sampled_from(["standard", "business-critical"])),
        )
        for number, minute in enumerate(minutes)
    ]


@settings(max_examples=25, deadline=None)
@given(some_weeks(), st.sampled_from([0.0, 0.3, 0.9]), st.sampled_from([1, 40]))
def test_every_number_adds_up(arrivals: list[Arrival], missed: float, minutes: int) -> None:
    slow = Answering(Delay(timedelta(minutes=minutes)), missed)
    run = played(arrivals, replace(People(), day=slow, night=slow, desk=slow), hours=48)
    outcome = outcome_of(run, SPAN)
    paged = [one for one in run.messages if one.purpose is Purpose.PAGE and one.to != DESK]
    pages = [one for one in paged if not one.is_member]
    assert outcome.tickets == len(arrivals)
    assert outcome.pages == len(pages) == sum(load.pages for load in outcome.loads)
    assert {load.person: load.pages for load in outcome.loads if load.pages} == Counter(one.to for one in pages)
    in_business = [one for one in pages if SCHEDULE.calendar.window_at(one.at).kind is WindowKind.BUSINESS]
    assert outcome.pages - outcome.night_pages == len(in_business)
    assert outcome.quiet_nights + len(nights_of(pages)) >= outcome.nights == 28
    assert outcome.manager_tickets == len({one.ticket for one in paged if one.to == "mei"}) <= outcome.tickets
    assert all(load.wake_ups <= load.pages and load.nights <= load.pages for load in outcome.loads)
    counts = together(outcome.cells)
    assert counts.total == counts.met + counts.breached + counts.stopped + counts.running
    first_replies = sum(cell.counts.total for cell in outcome.cells if cell.metric == "first_reply")
    assert first_replies >= outcome.tickets


def nights_of(pages: list[Attempt]) -> set[date]:
    return {(one.at.astimezone(TEAM.policy.zone) - timedelta(hours=12)).date() for one in pages}


def night(count: int, text: str = "2027-01-09 03:12") -> list[Arrival]:
    return [arrival(number, at(text) + timedelta(minutes=number)) for number in range(count)]


def load_of(outcome: RehearsalOutcome, person: str) -> tuple[int, int, int, int]:
    load = next(load for load in outcome.loads if load.person == person)
    return load.pages, load.nights, load.wake_ups, load.worst_night


def test_pages_within_half_an_hour_wake_somebody_once() -> None:
    outcome = outcome_of(played(night(3), AT_ONCE, hours=0.5), SPAN)
    assert load_of(outcome, "ana") == (3, 1, 1, 3)
    assert outcome.wake_ups == 1


def test_a_page_in_the_evening_wakes_nobody() -> None:
    outcome = outcome_of(played(night(1, "2027-01-08 21:00"), AT_ONCE, hours=0.5), SPAN)
    assert load_of(outcome, "ana") == (1, 1, 0, 1)


def test_a_ticket_that_nobody_takes_reaches_the_manager() -> None:
    outcome = outcome_of(played(night(1), NEVER, hours=0.4), SPAN)
    assert (outcome.pages, outcome.manager_tickets, outcome.manager_share) == (4, 1, 1.0)
    assert outcome.taken is None
    assert (outcome.night_pages, outcome.worst_night, outcome.quiet_nights, outcome.nights) == (4, 4, 27, 28)


def test_the_time_until_a_page_is_taken_counts_from_the_first_page() -> None:
    outcome = outcome_of(played(night(1), all_alike(missed=0.0, after=timedelta(minutes=7)), hours=0.5), SPAN)
    assert outcome.taken is not None
    assert outcome.taken.p50 == timedelta(minutes=7)


def test_a_shorter_escalation_pages_more_and_the_change_is_shown() -> None:
    rules = TEAM.policy.escalation
    quicker = replace(rules, steps=tuple(replace(step, after=step.after and step.after / 2) for step in rules.steps))
    deaf = replace(People(), night=Answering(Delay(timedelta(minutes=4)), 0.6))
    today, proposed = (rehearsal(escalation, deaf) for escalation in (rules, quicker))
    sections = list(Comparison(today, proposed).sections())
    assert [section.title for section in sections] == ["Promises kept", "Pages", "Per person"]
    pages = next(row for row in sections[1].rows if row[0] == "pages to people")
    assert pages == ("pages to people", f"{today.pages:,}", f"{proposed.pages:,}", f"{proposed.pages - today.pages:+,}")
    assert proposed.pages > today.pages
    change = Comparison(today, proposed).as_json()["change"]
    assert change["pages"] == proposed.pages - today.pages
    assert change["tickets"] == 0


def rehearsal(escalation: Escalation, people: People) -> RehearsalOutcome:
    team = replace(TEAM, policy=replace(TEAM.policy, escalation=escalation))
    span = Window(at("2027-01-09"), at("2027-01-11"))
    return rehearse(Scenario(team, plan(team)), night(40), span, people, seed=3)


def test_without_a_proposal_there_is_one_column() -> None:
    outcome = outcome_of(played(night(1), AT_ONCE, hours=0.5), SPAN)
    alone = Comparison(outcome)
    assert [section.header for section in alone.sections()] == [
        ("plan", "impact", "metric", "today"),
        ("", "today"),
        ("", "pages", "nights paged", "wake-ups", "fullest night"),
    ]
    assert list(alone.as_json()) == ["today"]


def test_no_ticket_is_no_rehearsal() -> None:
    with pytest.raises(Refused) as caught:
        rehearse(Scenario(TEAM, plan(TEAM)), [], SPAN, AT_ONCE, seed=0)
    assert str(caught.value) == "no ticket comes in during that time; there is nothing to rehearse"


def test_a_ticket_that_the_proposed_policy_does_not_know_is_refused() -> None:
    policy = replace(TEAM.policy, impacts={"urgent": TEAM.policy.impacts["urgent"]})
    team = replace(TEAM, policy=policy)
    with pytest.raises(Refused) as caught:
        rehearse(Scenario(team, plan(team)), [arrival(1, SPAN.start, impact="low")], SPAN, AT_ONCE, seed=0)
    assert str(caught.value) == ('ticket T-1 cannot be judged: "low" is not an impact of the policy; write "urgent"')


def test_before_and_after_a_plan_its_people_go_on_in_turn() -> None:
    covered = [SPAN.start - timedelta(days=5), SPAN.start, SPAN.end, SPAN.end + AFTER - timedelta(days=1)]
    for instant in covered:
        assert not SCHEDULE.responders(instant).missing
    assert is_night(datetime.fromisoformat("2027-01-09T08:00:00+00:00"), TEAM.policy.zone)
