"""What a new version changes for whom, and which overrides are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from oncall.errors import NotFound, OncallError, Refused
from oncall.rosters.roster import Roster
from oncall.schedule.changes import Change, check_override, what_changes
from oncall.schedule.plan import Plan
from oncall.support.windows import Window
from tests.schedule.conftest import Published, local, round_robin, span

NOW = local("2027-01-03T12:00")
JANUARY = local("2027-01-01T00:00"), local("2027-02-10T00:00")


def told(changes: list[Change]) -> dict[str, tuple[list[Window], list[Window]]]:
    return {c.engineer: ([t.window for t in c.gained], [t.window for t in c.lost]) for c in changes}


def test_an_override_tells_who_gives_and_who_takes_just_that_span(published: Published) -> None:
    before = published.schedule
    evening = span("2027-01-04T21:00", "2027-01-04T23:30")
    published.override(evening, "primary", "dev")
    changes = what_changes(before, published.schedule, *JANUARY)
    assert told(changes) == {"ana": ([], [evening]), "dev": ([evening], [])}
    assert {turn.role for change in changes for turn in change.gained + change.lost} == {"primary"}


def test_the_first_publication_gives_everybody_their_shifts(
    published: Published, roster: Roster, january: Plan
) -> None:
    changes = what_changes(Published(roster).schedule, published.schedule, *JANUARY)
    assert sum(len(change.gained) for change in changes) == len(january.seats)
    assert not any(change.lost for change in changes)


def test_publishing_the_same_plan_again_changes_nothing(published: Published, january: Plan) -> None:
    before = published.schedule
    published.publish(january)
    assert what_changes(before, published.schedule, *JANUARY) == []


def test_one_who_takes_a_part_of_a_shift_loses_none_of_their_own(published: Published, roster: Roster) -> None:
    before = published.schedule
    published.publish(round_robin(roster, date(2027, 1, 4), date(2027, 1, 4), people=("ana", "cleo")))
    night = span("2027-01-04T19:01", "2027-01-05T08:00")
    assert told(what_changes(before, published.schedule, *JANUARY)) == {"ben": ([], [night]), "cleo": ([night], [])}


def test_a_lost_shift_that_two_people_share_is_lost_once(published: Published) -> None:
    before = published.schedule
    first, second = span("2027-01-08T19:01", "2027-01-09T12:00"), span("2027-01-09T12:00", "2027-01-11T08:00")
    published.override(first, "primary", "cleo")
    published.override(second, "primary", "dev")
    assert told(what_changes(before, published.schedule, *JANUARY)) == {
        "ana": ([], [span("2027-01-08T19:01", "2027-01-11T08:00")]),
        "cleo": ([first], []),
        "dev": ([second], []),
    }


def test_only_changes_inside_the_span_asked_for_are_told(published: Published) -> None:
    before = published.schedule
    published.override(span("2027-01-04T21:00", "2027-01-04T23:30"), "primary", "dev")
    start, end = local("2027-01-04T22:00"), local("2027-01-04T23:00")
    assert told(what_changes(before, published.schedule, start, end))["dev"] == ([Window(start, end)], [])


def test_a_sensible_override_is_not_refused(published: Published) -> None:
    check_override(published.schedule, span("2027-01-04T19:01", "2027-01-05T08:00"), "primary", "dev", NOW)
    check_override(published.schedule, span("2027-01-04T19:01", "2027-01-05T08:00"), "primary", "mei", NOW)


@pytest.mark.parametrize(
    ("start", "end", "role", "engineer", "error", "message"),
    [
        ("2027-01-04T19:01", "2027-01-05T08:00", "third", "dev", NotFound,
         'there is no role "third"; write primary or secondary'),
        ("2027-01-04T19:01", "2027-01-05T08:00", "primary", "cloe", NotFound,
         'there is no "cloe" on the published roster; did you mean "cleo"?'),
        ("2027-01-04T19:01", "2027-01-05T08:00", "primary", "x", NotFound,
         'there is no "x" on the published roster; it has ana, ben, cleo, dev, mei'),
        ("2027-01-01T19:01", "2027-01-03T12:00", "primary", "dev", Refused,
         "Fri 2027-01-01 19:01 EST to Sun 2027-01-03 12:00 EST is over; an override changes what is to come"),
        ("2027-01-05T08:00", "2027-01-05T19:01", "primary", "dev", Refused,
         "Tue 2027-01-05 08:00 EST to Tue 2027-01-05 19:01 EST is wholly in business hours, when the support desk has "
         "the tickets and nobody is on call"),
        ("2027-01-31T19:01", "2027-02-02T08:00", "primary", "dev", Refused,
         "no published plan covers Mon 2027-02-01 19:01 EST to Tue 2027-02-02 08:00 EST (the last one ends Mon "
         "2027-02-01 08:00 EST); publish a plan for that time first"),
        ("2027-01-04T19:01", "2027-01-05T08:00", "primary", "ben", Refused,
         "ben is secondary from Mon 2027-01-04 19:01 EST to Tue 2027-01-05 08:00 EST, and nobody holds two roles at "
         "once; put another person on for secondary first"),
        ("2027-01-04T20:00", "2027-01-05T12:00", "primary", "ana", Refused,
         "ana is primary for all of Mon 2027-01-04 20:00 EST to Tue 2027-01-05 12:00 EST already; nothing "
         "would change"),
    ],
)  # fmt: skip
def test_an_override_that_could_not_be_meant_is_refused_in_words(
    published: Published, start: str, end: str, role: str, engineer: str, error: type[OncallError], message: str
) -> None:
    with pytest.raises(error) as refusal:
        check_override(published.schedule, span(start, end), role, engineer, NOW)
    assert str(refusal.value) == message


def test_nothing_can_be_overridden_before_a_plan_is_published(roster: Roster) -> None:
    window = Window(datetime(2027, 1, 5, 1, tzinfo=UTC), datetime(2027, 1, 5, 2, tzinfo=UTC))
    with pytest.raises(Refused) as refusal:
        check_override(Published(roster).schedule, window, "primary", "dev", NOW)
    assert str(refusal.value) == "no plan is published yet; publish one before you override it"
