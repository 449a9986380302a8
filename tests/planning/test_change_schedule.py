"""A change is one version of one or more pieces: all hold, or none; each rule that it breaks is named."""

from __future__ import annotations

import pytest

from oncall.errors import Refused, ScheduleMoved
from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.schedule_version import Author
from oncall.schedule.change_document import SWAP
from oncall.schedule.schedule_views import history_view
from oncall.schedule.versions import Piece
from oncall.support.windows import Window
from tests.planning.changes import MONDAY, RESTLESS, TUESDAY, WEDNESDAY, holders, local, night, publish, put_on
from tests.planning.conftest import AUTHOR, ROSTER, MemorySchedule


def refusal(store: MemorySchedule, *pieces: Piece) -> str:
    """The message with which a change is refused; nothing is stored."""
    before = len(store.versions)
    with pytest.raises(Refused) as refused:
        put_on(store, *pieces)
    assert len(store.versions) == before
    return str(refused.value)


def test_two_people_trade_their_roles_of_one_shift_in_one_version(store: MemorySchedule) -> None:
    publish(store)
    put_on(store, Piece(MONDAY, "primary", "ben"), Piece(MONDAY, "secondary", "ana"), kind=SWAP)
    assert holders(store, MONDAY.start) == {"primary": "ben", "secondary": "ana"}
    assert [(each["version"], each["kind"]) for each in history_view(store.schedule())["versions"]] == [
        (1, "publication"),
        (2, "swap"),
    ]


def test_two_people_swap_shifts_in_one_version(store: MemorySchedule) -> None:
    publish(store)
    put_on(store, Piece(MONDAY, "primary", "cai"), Piece(TUESDAY, "primary", "ana"), kind=SWAP)
    assert holders(store, MONDAY.start) == {"primary": "cai", "secondary": "ben"}
    assert holders(store, TUESDAY.start) == {"primary": "ana", "secondary": "dee"}


def test_a_broken_rule_is_named_and_nothing_is_changed(store: MemorySchedule) -> None:
    publish(store, ROSTER)
    assert refusal(store, Piece(MONDAY, "primary", "cai")) == (
        "the change breaks rules of the published roster; nothing was changed\n"
        "  rest_nights: cai has 0 free nights between Mon 2027-01-04 (weeknight) and Tue 2027-01-05 (weeknight); "
        "the rule is 2\n"
        "to make it anyway, add --force and say why with --reason"
    )


@pytest.mark.parametrize(
    ("rules", "piece", "sentence"),
    [
        (
            "rotation: {rest_nights: 0, weekends_apart: 2}\n",
            Piece(Window(local("2027-01-15T19:01"), local("2027-01-18T08:00")), "primary", "cai"),
            "weekends_apart: cai works the weekends of Fri 2027-01-08 (weekend) and Fri 2027-01-15 (weekend); the rule "
            "is 1 in 2",
        ),
        (
            "rotation: {rest_nights: 0, weekends_apart: 1, max_shifts_per_week: 2}\n",
            Piece(WEDNESDAY, "primary", "ana"),
            "max_shifts_per_week: ana starts 3 shifts in the week of 2027-01-04; the most is 2",
        ),
        (
            "rotation: {rest_nights: 0, weekends_apart: 1, never_together: [[ben, cai]]}\n",
            Piece(MONDAY, "primary", "cai"),
            "never_together: ben and cai are on together on Mon 2027-01-04",
        ),
        (
            "rotation: {rest_nights: 0, weekends_apart: 1, max_hours_per_week: 80}\n",
            Piece(Window(local("2027-01-08T19:01"), local("2027-01-11T08:00")), "primary", "ana"),
            "max_hours_per_week: ana is on call for 86.95 hours in the seven days up to Tue 2027-01-12 (weeknight); "
            "the most is 80",
        ),
    ],
)
def test_each_rule_of_the_roster_is_checked(store: MemorySchedule, rules: str, piece: Piece, sentence: str) -> None:
    publish(store, ROSTER + rules)
    assert f"\n  {sentence}" in refusal(store, piece)


def test_days_off_and_roles_are_checked(store: MemorySchedule) -> None:
    away = RESTLESS.replace('"+13055550105"}', '"+13055550105", unavailable: [{from: 2027-01-04, to: 2027-01-04}]}')
    publish(store, away)
    assert "  unavailable: fay is away on 2027-01-04\n" in refusal(store, Piece(MONDAY, "primary", "fay"))


def test_a_change_may_be_forced_and_names_what_it_breaks(store: MemorySchedule) -> None:
    publish(store, ROSTER)
    made = put_on(store, Piece(MONDAY, "primary", "cai"), terms=ChangeTerms(is_forced=True))
    assert [rule.rule for rule in made.broken] == ["rest_nights"]
    assert holders(store, MONDAY.start)["primary"] == "cai"


def test_forcing_needs_a_reason(store: MemorySchedule) -> None:
    publish(store, ROSTER)
    with pytest.raises(Refused) as refused:
        put_on(
            store,
            Piece(MONDAY, "primary", "cai"),
            author=Author("mei", AUTHOR.at, " "),
            terms=ChangeTerms(is_forced=True),
        )
    assert str(refused.value) == "--force needs a reason; say with --reason why the rule may be broken"


def test_a_rule_that_was_broken_before_is_not_blamed_on_the_change(store: MemorySchedule) -> None:
    publish(store, ROSTER)
    put_on(store, Piece(MONDAY, "primary", "cai"), terms=ChangeTerms(is_forced=True))
    made = put_on(store, Piece(night("2027-01-12"), "primary", "eve"), terms=ChangeTerms(is_forced=True))
    assert all(rule.people == ("eve",) for rule in made.broken)


def test_nobody_holds_two_roles_at_once(store: MemorySchedule) -> None:
    publish(store)
    assert refusal(store, Piece(MONDAY, "primary", "cai"), Piece(MONDAY, "secondary", "cai")) == (
        "cai is secondary from Mon 2027-01-04 19:01 EST to Tue 2027-01-05 08:00 EST, and nobody holds two roles at "
        "once; put another person on for secondary first"
    )


def test_a_change_on_top_of_an_unseen_version_is_refused(store: MemorySchedule) -> None:
    publish(store)
    put_on(store, Piece(MONDAY, "primary", "cai"))
    with pytest.raises(ScheduleMoved) as refused:
        put_on(store, Piece(MONDAY, "secondary", "dee"), terms=ChangeTerms(expected=1))
    assert str(refused.value) == (
        "the schedule has changed since you read version 1: version 2 (override by mei: a new quarter); nothing was "
        "changed. Read the schedule again, then repeat the change"
    )
    assert len(store.versions) == 2
