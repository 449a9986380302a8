"""Who is on call: plans, later plans, overrides, and gaps.

The January plan's first shifts: Mon ana/ben, Tue ben/cleo, Wed cleo/dev, Thu dev/ana, weekend ana/ben, Mon ben/cleo.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.rosters.roster import Roster
from oncall.schedule.plan import Plan
from oncall.schedule.schedule import OnCall, Schedule
from oncall.support.calendar import SupportCalendar
from oncall.support.windows import WeekSpan, Window, WindowKind
from tests.schedule.conftest import NEW_YORK, PEOPLE, ROLES, Published, local, make_roster, round_robin, span


def names(on_call: OnCall) -> dict[str, str]:
    return {role: duty.engineer for role, duty in on_call.roles.items()}


def test_at_night_the_plan_says_who_and_until_when(published: Published) -> None:
    answer = published.schedule.who(local("2027-01-04T23:00"))
    assert names(answer) == {"primary": "ana", "secondary": "ben"}
    assert answer.window.kind is WindowKind.WEEKNIGHT
    assert {duty.until for duty in answer.roles.values()} == {local("2027-01-05T08:00")}
    assert answer.missing == ()


def test_the_shift_changes_hands_in_the_minute_that_the_policy_names(published: Published) -> None:
    who = published.schedule.who
    assert names(who(local("2027-01-05T07:59:59")))["primary"] == "ana"
    assert names(who(local("2027-01-05T19:01")))["primary"] == "ben"


def test_in_business_hours_nobody_is_on_call_and_nothing_is_missing(published: Published) -> None:
    answer = published.schedule.who(local("2027-01-05T12:00"))
    assert answer.window.kind is WindowKind.BUSINESS
    assert (answer.roles, answer.missing) == ({}, ())


def test_in_business_hours_the_pager_reaches_those_of_the_shift_that_ended_last(published: Published) -> None:
    answer = published.schedule.responders(local("2027-01-05T12:00"))
    assert answer.window.kind is WindowKind.BUSINESS
    assert names(answer) == {"primary": "ana", "secondary": "ben"}
    assert names(published.schedule.responders(local("2027-01-11T18:00"))) == {"primary": "ana", "secondary": "ben"}


def test_at_night_the_pager_reaches_who_is_on_call(published: Published) -> None:
    at = local("2027-01-06T03:00")
    assert published.schedule.responders(at) == published.schedule.who(at)


def test_a_holiday_has_engineers_on_call_all_day(published: Published) -> None:
    answer = published.schedule.who(local("2027-01-18T12:00"))  # Martin Luther King Day
    assert answer.window.kind is WindowKind.HOLIDAY
    assert set(answer.roles) == {"primary", "secondary"}
    assert answer.roles["primary"].until == local("2027-01-19T08:00")


def test_before_the_first_and_after_the_last_shift_every_role_is_missing(published: Published) -> None:
    for at in ("2027-01-03T12:00", "2027-02-01T20:00"):
        answer = published.schedule.who(local(at))
        assert answer.roles == {}
        assert answer.missing == ("primary", "secondary")


def test_a_role_that_nobody_holds_is_missing_and_the_other_role_is_shown(roster: Roster, january: Plan) -> None:
    published = Published(roster)
    published.publish(Plan(january.team, january.zone, tuple(s for s in january.seats if s.role == "primary")))
    answer = published.schedule.who(local("2027-01-04T23:00"))
    assert names(answer) == {"primary": "ana"}
    assert answer.missing == ("secondary",)


def test_with_nothing_published_every_role_is_missing_at_night(roster: Roster) -> None:
    schedule = Published(roster).schedule
    assert schedule.who(local("2027-01-04T23:00")).missing == ("primary", "secondary")
    assert schedule.who(local("2027-01-05T12:00")).missing == ()
    assert (schedule.latest, schedule.manager, schedule.people) == (None, None, {})


@pytest.mark.parametrize(("night", "hours"), [("2027-03-13", 60), ("2027-11-06", 62)])
def test_the_weekend_of_a_clock_change_has_one_pair_for_all_its_minutes(night: str, hours: int) -> None:
    roster = make_roster(holidays=None)
    day = date.fromisoformat(night)
    published = Published(roster)
    published.publish(round_robin(roster, day - timedelta(days=5), day + timedelta(days=8)))
    schedule = published.schedule
    start, end = local(f"{day - timedelta(days=1)}T19:01"), local(f"{day + timedelta(days=2)}T08:00")
    assert end - start == timedelta(hours=hours) - timedelta(minutes=1)
    minutes = range((end - start) // timedelta(minutes=1))
    pairs = {tuple(names(schedule.who(start + timedelta(minutes=m))).items()) for m in minutes}
    assert len(pairs) == 1
    assert schedule.who(end).window.kind is WindowKind.BUSINESS


def test_an_override_replaces_the_person_for_its_span_and_says_why(published: Published) -> None:
    published.override(span("2027-01-04T21:00", "2027-01-04T23:30"), "primary", "dev", reason="ana is at a concert")
    who = published.schedule.who
    assert names(who(local("2027-01-04T20:59"))) == {"primary": "ana", "secondary": "ben"}
    during = who(local("2027-01-04T21:00"))
    assert names(during) == {"primary": "dev", "secondary": "ben"}
    duty = during.roles["primary"]
    assert duty.until == local("2027-01-04T23:30")
    assert duty.override is not None
    assert (duty.override.reason, duty.override.by, duty.override.version) == ("ana is at a concert", "mei", 2)
    assert names(who(local("2027-01-04T23:30")))["primary"] == "ana"
    assert who(local("2027-01-04T20:00")).roles["primary"].until == local("2027-01-04T21:00")


def test_an_override_over_days_counts_in_on_call_time_only(published: Published) -> None:
    published.override(span("2027-01-04T12:00", "2027-01-07T12:00"), "primary", "dev")
    schedule = published.schedule
    assert schedule.who(local("2027-01-05T12:00")).roles == {}
    turns = [
        t.window
        for t in schedule.assignments_of("dev", local("2027-01-04T00:00"), local("2027-01-07T12:00"))
        if t.override
    ]
    assert turns == [
        span("2027-01-04T19:01", "2027-01-05T08:00"),
        span("2027-01-05T19:01", "2027-01-06T08:00"),
        span("2027-01-06T19:01", "2027-01-07T08:00"),
    ]


def test_the_later_of_two_overrides_wins_where_they_meet(published: Published) -> None:
    published.override(span("2027-01-04T19:01", "2027-01-05T02:00"), "primary", "dev")
    published.override(span("2027-01-04T23:00", "2027-01-05T08:00"), "primary", "cleo")
    who = published.schedule.who
    assert names(who(local("2027-01-04T22:59")))["primary"] == "dev"
    assert names(who(local("2027-01-05T01:00")))["primary"] == "cleo"


def test_an_override_fills_a_gap(roster: Roster, january: Plan) -> None:
    published = Published(roster)
    published.publish(Plan(january.team, january.zone, january.seats[2:]))
    published.override(span("2027-01-04T19:01", "2027-01-05T08:00"), "primary", "dev")
    answer = published.schedule.who(local("2027-01-04T23:00"))
    assert names(answer) == {"primary": "dev"}
    assert answer.missing == ("secondary",)


def test_a_later_publication_replaces_its_own_span_and_leaves_the_rest(published: Published, roster: Roster) -> None:
    later = round_robin(roster, date(2027, 1, 11), date(2027, 1, 17), people=("dev", "cleo"))
    published.publish(later, reason="ben is ill")
    who = published.schedule.who
    assert names(who(local("2027-01-04T23:00")))["primary"] == "ana"
    assert names(who(local("2027-01-11T23:00")))["primary"] == "dev"
    assert set(names(who(local("2027-01-20T23:00")))) == {"primary", "secondary"}


def test_an_override_outlives_a_later_publication(published: Published, january: Plan) -> None:
    published.override(span("2027-01-04T19:01", "2027-01-05T08:00"), "primary", "dev")
    published.publish(january)
    assert names(published.schedule.who(local("2027-01-04T23:00")))["primary"] == "dev"
    assert names(published.schedule.who(local("2027-01-11T23:00")))["primary"] != "dev"


def test_a_later_publication_changes_only_what_is_to_come(published: Published, roster: Roster) -> None:
    last, reason = date(2027, 1, 24), "a new plan on the 12th"
    published.publish(
        round_robin(roster, date(2027, 1, 4), last, people=("dev", "cleo")), reason=reason, at="2027-01-12T12:00"
    )
    assert names(published.schedule.who(local("2027-01-04T23:00")))["primary"] == "ana"
    assert names(published.schedule.who(local("2027-01-12T23:00")))["primary"] in ("dev", "cleo")


def test_a_plan_that_is_published_late_also_says_who_was_on_call_where_nothing_was_published(roster: Roster) -> None:
    published = Published(roster)
    published.publish(round_robin(roster, date(2027, 1, 4), date(2027, 1, 24)), at="2027-01-12T12:00")
    assert names(published.schedule.who(local("2027-01-04T23:00")))["primary"] == "ana"


def test_people_of_an_older_publication_can_still_be_named(published: Published, roster: Roster) -> None:
    fewer = Roster(
        roster.team, roster.zone, roster.policy, roster.rules, roster.engineers[:2], roster.manager, roster.holidays
    )
    published.roster = fewer
    published.publish(round_robin(fewer, date(2027, 2, 1), date(2027, 2, 7), people=("ana", "ben")))
    assert set(published.schedule.people) == {*PEOPLE, "mei"}


def test_no_text_of_a_schedule_shows_a_phone_number(published: Published) -> None:
    assert "+1305555" not in repr(published.schedule)


def test_turns_come_by_start_then_role_and_whole(published: Published) -> None:
    turns = list(published.schedule.assignments(local("2027-01-05T06:00"), local("2027-01-05T20:00")))
    assert [(t.window.start, t.role, t.engineer) for t in turns] == [
        (local("2027-01-04T19:01"), "primary", "ana"),
        (local("2027-01-04T19:01"), "secondary", "ben"),
        (local("2027-01-05T19:01"), "primary", "ben"),
        (local("2027-01-05T19:01"), "secondary", "cleo"),
    ]


def test_a_policy_that_never_closes_reaches_nobody_and_misses_nobody() -> None:
    always_open = (WeekSpan(WindowKind.BUSINESS, 0, 1440), WeekSpan(WindowKind.BUSINESS, 1440, 7 * 1440))
    schedule = Schedule((), (), SupportCalendar(NEW_YORK, always_open))
    answer = schedule.responders(local("2027-01-05T12:00"))
    assert (answer.roles, answer.missing) == ({}, ())


JANUARY = local("2027-01-01T00:00")
HOUR = timedelta(hours=1)
VERSIONS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(0, 20), st.integers(0, 10), st.sampled_from(PEOPLE)),
        st.tuples(st.sampled_from(ROLES), st.integers(0, 600), st.integers(1, 200), st.sampled_from(PEOPLE)),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(versions=VERSIONS, hours=st.lists(st.integers(0, 31 * 24), min_size=1, max_size=20))
def test_the_newest_override_decides_and_then_the_newest_plan(
    versions: list[tuple[str, int, int, str]], hours: list[int]
) -> None:
    roster = make_roster()
    published = Published(roster)
    layers: list[tuple[Window, dict[str, str] | Plan]] = []
    for what, first, length, engineer in versions:
        if what == "publish":
            day = date(2027, 1, 4) + timedelta(days=first)
            people = (engineer, *(p for p in PEOPLE if p != engineer))
            plan = round_robin(roster, day, day + timedelta(days=length + 3), people=people)
            published.publish(plan)
            layers.append((plan.window, plan))
        else:
            window = Window(JANUARY + first * HOUR, JANUARY + (first + length) * HOUR)
            published.override(window, what, engineer)
            layers.append((window, {what: engineer}))
    schedule = published.schedule
    for hour in hours:
        at = JANUARY + hour * HOUR
        answer = schedule.who(at)
        if answer.window.kind is not WindowKind.BUSINESS:
            expected = {role: person for role in ROLES if (person := decided(layers, role, at))}
            assert names(answer) == expected
            assert set(answer.missing) == set(ROLES) - set(expected)
            assert_stays_until(schedule, answer)


def decided(layers: list[tuple[Window, dict[str, str] | Plan]], role: str, at: datetime) -> str | None:
    spoken = [layer for window, layer in reversed(layers) if at in window]
    override = next((layer for layer in spoken if isinstance(layer, dict) and role in layer), None)
    if override is not None:
        return override[role]
    plan = next((layer for layer in spoken if isinstance(layer, Plan)), None)
    seats = plan.seats if plan is not None else ()
    return next((seat.engineer for seat in seats if seat.role == role and at in seat.window), None)


def assert_stays_until(schedule: Schedule, answer: OnCall) -> None:
    for role, duty in answer.roles.items():
        just_before = schedule.who(duty.until.astimezone(UTC) - timedelta(microseconds=1))
        assert just_before.roles[role] == duty
