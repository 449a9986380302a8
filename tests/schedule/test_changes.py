"""Which assignments change hands between two versions of the schedule."""

from __future__ import annotations

from datetime import date

from oncall.rosters.roster import Roster
from oncall.schedule.changes import AssignmentChange, changes_between
from oncall.schedule.plan import Plan
from oncall.support.windows import Window
from tests.schedule.conftest import Published, local, round_robin, span

JANUARY = local("2027-01-01T00:00"), local("2027-02-10T00:00")


def spans_of(changes: list[AssignmentChange]) -> dict[str, tuple[list[Window], list[Window]]]:
    return {c.engineer: ([a.window for a in c.gained], [a.window for a in c.lost]) for c in changes}


def test_an_override_changes_hands_for_its_span_alone(published: Published) -> None:
    before = published.schedule
    evening = span("2027-01-04T21:00", "2027-01-04T23:30")
    published.override(evening, "primary", "dev")
    changes = changes_between(before, published.schedule, *JANUARY)
    assert spans_of(changes) == {"ana": ([], [evening]), "dev": ([evening], [])}
    assert {each.role for change in changes for each in change.gained + change.lost} == {"primary"}


def test_the_first_publication_gives_everybody_their_shifts(
    published: Published, roster: Roster, january: Plan
) -> None:
    changes = changes_between(Published(roster).schedule, published.schedule, *JANUARY)
    assert sum(len(change.gained) for change in changes) == len(january.seats)
    assert not any(change.lost for change in changes)


def test_publishing_the_same_plan_again_changes_nothing(published: Published, january: Plan) -> None:
    before = published.schedule
    published.publish(january)
    assert changes_between(before, published.schedule, *JANUARY) == []


def test_an_engineer_who_gains_the_other_role_of_a_shift_loses_nothing(published: Published, roster: Roster) -> None:
    before = published.schedule
    published.publish(round_robin(roster, date(2027, 1, 4), date(2027, 1, 4), people=("ana", "cleo")))
    night = span("2027-01-04T19:01", "2027-01-05T08:00")
    assert spans_of(changes_between(before, published.schedule, *JANUARY)) == {
        "ben": ([], [night]),
        "cleo": ([night], []),
    }


def test_a_lost_shift_that_two_people_share_is_lost_once(published: Published) -> None:
    before = published.schedule
    first, second = span("2027-01-08T19:01", "2027-01-09T12:00"), span("2027-01-09T12:00", "2027-01-11T08:00")
    published.override(first, "primary", "cleo")
    published.override(second, "primary", "dev")
    assert spans_of(changes_between(before, published.schedule, *JANUARY)) == {
        "ana": ([], [span("2027-01-08T19:01", "2027-01-11T08:00")]),
        "cleo": ([first], []),
        "dev": ([second], []),
    }


def test_only_changes_inside_the_span_asked_for_are_spans_of(published: Published) -> None:
    before = published.schedule
    published.override(span("2027-01-04T21:00", "2027-01-04T23:30"), "primary", "dev")
    start, end = local("2027-01-04T22:00"), local("2027-01-04T23:00")
    assert spans_of(changes_between(before, published.schedule, start, end))["dev"] == ([Window(start, end)], [])
