"""Times without an engineer on call are named days before."""

from __future__ import annotations

from datetime import date

from oncall.schedule.gaps import Gap, gaps_between
from oncall.schedule.plan import Plan
from tests.schedule.conftest import Published, local, round_robin, span


def test_a_published_plan_without_a_gap_has_no_holes(published: Published) -> None:
    assert list(gaps_between(published.schedule, local("2027-01-04T19:01"), local("2027-02-01T08:00"))) == []


def test_a_seat_that_nobody_holds_is_a_hole_of_its_role_alone(published: Published, january: Plan) -> None:
    published.rows.clear()
    published.publish(Plan(january.team, january.zone, january.seats[:2] + january.seats[3:]))
    found = list(gaps_between(published.schedule, local("2027-01-04T19:01"), local("2027-02-01T08:00")))
    assert found == [Gap(span("2027-01-05T19:01", "2027-01-06T08:00"), "primary")]


def test_the_time_between_two_plans_is_a_hole_in_every_role(published: Published) -> None:
    published.publish(round_robin(published.roster, date(2027, 2, 2), date(2027, 2, 7)))
    found = list(gaps_between(published.schedule, local("2027-01-31T12:00"), local("2027-02-03T12:00")))
    assert found == [
        Gap(span("2027-02-01T19:01", "2027-02-02T08:00"), "primary"),
        Gap(span("2027-02-01T19:01", "2027-02-02T08:00"), "secondary"),
    ]


def test_the_start_of_the_next_plan_at_midnight_does_not_cut_a_gap_in_two(published: Published) -> None:
    plan = round_robin(published.roster, date(2027, 2, 2), date(2027, 2, 7))
    published.publish(plan, policy_from=local("2027-02-02T00:00"))
    found = list(gaps_between(published.schedule, local("2027-01-31T12:00"), local("2027-02-03T12:00")))
    assert found[0] == Gap(span("2027-02-01T19:01", "2027-02-02T08:00"), "primary")
    assert len(found) == 2


def test_an_override_fills_a_hole(published: Published) -> None:
    night = span("2027-02-01T19:01", "2027-02-02T08:00")
    published.override(night, "primary", "ana")
    assert list(gaps_between(published.schedule, night.start, night.end)) == [Gap(night, "secondary")]
