"""The explanation of a shift's seats, named by its date or by an instant in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from oncall.errors import Refused
from oncall.planning.plans.explain_seats import SeatQuestion, explain_seats
from oncall.planning.sources.context_sources import ContextSources, NamedPlan
from oncall.rosters.roster import Roster

MONDAY = date(2027, 1, 4)
MONDAY_NIGHT = datetime(2027, 1, 5, 3, 0, tzinfo=UTC)


def test_every_seat_of_the_shift_gets_every_other_person(roster: Roster, plan: NamedPlan) -> None:
    answers = explain_seats(plan, roster, SeatQuestion(MONDAY), ContextSources())
    assert [(answer.seat.role, answer.seat.engineer) for answer in answers] == [
        ("primary", "ana"),
        ("secondary", "ben"),
    ]
    assert [other.engineer for other in answers[0].others] == ["ben", "cai", "dee", "eve", "fay"]


def test_an_instant_in_the_shift_names_it_and_a_role_one_seat(roster: Roster, plan: NamedPlan) -> None:
    (answer,) = explain_seats(plan, roster, SeatQuestion(MONDAY_NIGHT, "secondary"), ContextSources())
    assert (answer.seat.engineer, answer.seat.window.start) == ("ben", datetime(2027, 1, 5, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (SeatQuestion(MONDAY, "tertiary"), '"tertiary" is not a role of this rotation; '),
        (SeatQuestion(date(2027, 1, 9)), "no shift of the plan starts at 2027-01-09; the next one starts 2027-01-11T"),
        (
            SeatQuestion(datetime(2027, 3, 1, 17, 0, tzinfo=UTC)),
            "no shift of the plan starts at 2027-03-01T12:00; the last one starts 2027-01-15T19:01",
        ),
    ],
)
def test_a_question_about_no_seat_says_what_there_is(
    roster: Roster, plan: NamedPlan, question: SeatQuestion, message: str
) -> None:
    with pytest.raises(Refused) as refusal:
        explain_seats(plan, roster, question, ContextSources())
    assert message in str(refusal.value)


def test_the_caller_learns_whose_costs_are_solved_next(roster: Roster, plan: NamedPlan) -> None:
    asked: list[str] = []
    question = SeatQuestion(MONDAY, "primary", timedelta(seconds=10), asked.append)
    explain_seats(plan, roster, question, ContextSources())
    assert asked == ["ben", "cai", "dee", "eve", "fay"]
