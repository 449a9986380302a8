"""Which overrides are refused, with the reason in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oncall.errors import NotFound, OncallError, Refused
from oncall.rosters.roster import Roster
from oncall.schedule.change_checks import check_pieces
from oncall.schedule.versions import Piece
from oncall.support.windows import Window
from tests.schedule.conftest import Published, local, span

NOW = local("2027-01-03T12:00")
MONDAY_NIGHT = span("2027-01-04T19:01", "2027-01-05T08:00")


def test_a_sensible_override_is_not_refused(published: Published) -> None:
    for engineer in ("dev", "mei"):
        check_pieces(published.schedule, [Piece(MONDAY_NIGHT, "primary", engineer)], NOW)


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
def test_an_override_that_cannot_be_meant_is_refused_with_the_reason(
    published: Published, start: str, end: str, role: str, engineer: str, error: type[OncallError], message: str
) -> None:
    with pytest.raises(error) as refusal:
        check_pieces(published.schedule, [Piece(span(start, end), role, engineer)], NOW)
    assert str(refusal.value) == message


def test_nothing_can_be_overridden_before_a_plan_is_published(roster: Roster) -> None:
    window = Window(datetime(2027, 1, 5, 1, tzinfo=UTC), datetime(2027, 1, 5, 2, tzinfo=UTC))
    with pytest.raises(Refused) as refusal:
        check_pieces(Published(roster).schedule, [Piece(window, "primary", "dev")], NOW)
    assert str(refusal.value) == "no plan is published yet; publish one before you override it"


def test_two_engineers_may_trade_their_roles_of_one_shift(published: Published) -> None:
    check_pieces(
        published.schedule, [Piece(MONDAY_NIGHT, "primary", "ben"), Piece(MONDAY_NIGHT, "secondary", "ana")], NOW
    )


def test_two_engineers_in_one_role_are_refused(published: Published) -> None:
    with pytest.raises(Refused) as refusal:
        check_pieces(
            published.schedule, [Piece(MONDAY_NIGHT, "primary", "cleo"), Piece(MONDAY_NIGHT, "primary", "dev")], NOW
        )
    assert str(refusal.value) == (
        "cleo and dev would both be primary from Mon 2027-01-04 19:01 EST to Tue 2027-01-05 08:00 EST; "
        "name one engineer for each role"
    )
