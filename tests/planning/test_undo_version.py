"""An undo restores what was from now on, leaves the past as it was, and names the versions that depend on another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from oncall.errors import NotFound, Refused
from oncall.planning.published.change_schedule import ChangeTerms
from oncall.planning.published.undo_version import undo_version
from oncall.schedule.change_document import COVER, SWAP
from oncall.schedule.schedule_views import history_view
from oncall.schedule.versions import Piece
from oncall.support.windows import Window
from tests.planning.changes import MONDAY, RESTLESS, TUESDAY, holders, local, publish, put_on
from tests.planning.conftest import AUTHOR, ROSTER, MemorySchedule


@pytest.fixture
def published(store: MemorySchedule) -> MemorySchedule:
    publish(store)
    return store


def undo(store: MemorySchedule, version: int, at: datetime = AUTHOR.at, terms: ChangeTerms | None = None) -> None:
    undo_version(store, version, replace(AUTHOR, at=at, reason="a mistake"), terms)


def test_the_undo_of_an_override_puts_the_planned_person_back(published: MemorySchedule) -> None:
    put_on(published, Piece(MONDAY, "primary", "cai"))
    undo(published, 2)
    assert holders(published, MONDAY.start) == {"primary": "ana", "secondary": "ben"}


def test_all_pieces_of_a_swap_go_together(published: MemorySchedule) -> None:
    put_on(published, Piece(MONDAY, "primary", "cai"), Piece(TUESDAY, "primary", "ana"), kind=SWAP)
    undo(published, 2)
    assert holders(published, MONDAY.start)["primary"] == "ana"
    assert holders(published, TUESDAY.start)["primary"] == "cai"


def test_the_past_stays_as_it_was_served(published: MemorySchedule) -> None:
    put_on(published, Piece(MONDAY, "primary", "cai"))
    midnight = local("2027-01-05T00:00")
    undo(published, 2, at=midnight)
    assert holders(published, midnight - timedelta(minutes=1))["primary"] == "cai"
    assert holders(published, midnight)["primary"] == "ana"


def test_the_undo_of_a_publication_restores_people_and_plan(published: MemorySchedule) -> None:
    renumbered = RESTLESS.replace("+13055550100", "+13055550177").replace("primary, secondary", "primary")
    publish(published, renumbered, replace(AUTHOR, at=local("2027-01-04T12:00")))
    assert published.schedule().people["ana"].phone == "+13055550177"
    undo(published, 2, at=local("2027-01-04T13:00"))
    schedule = published.schedule()
    assert schedule.people["ana"].phone == "+13055550100"
    assert schedule.latest is not None
    assert schedule.latest.version == 1
    person = schedule.person_with_phone("+13055550100")
    assert person is not None
    assert person.id == "ana"


def test_the_undo_of_the_only_publication_leaves_no_plan(published: MemorySchedule) -> None:
    undo(published, 1)
    assert published.schedule().latest is None
    assert published.schedule().who(MONDAY.start).missing == ("primary", "secondary")


def test_history_names_undos_and_what_they_took_back(published: MemorySchedule) -> None:
    put_on(published, Piece(MONDAY, "primary", "cai"), kind=COVER)
    undo(published, 2)
    lines = history_view(published.schedule())["versions"]
    assert [line["kind"] for line in lines] == ["publication", "cover", "undo"]
    assert lines[1]["undone_by"] == 3
    assert (lines[2]["undoes"], lines[2]["reason"]) == (2, "a mistake")


def test_an_older_version_can_go_when_nothing_depends_on_it(published: MemorySchedule) -> None:
    put_on(published, Piece(MONDAY, "primary", "cai"))
    put_on(published, Piece(TUESDAY, "primary", "ana"))
    undo(published, 2)
    assert holders(published, MONDAY.start)["primary"] == "ana"
    assert holders(published, TUESDAY.start)["primary"] == "ana"


def test_a_version_that_others_depend_on_names_them(published: MemorySchedule) -> None:
    put_on(published, Piece(MONDAY, "primary", "cai"))
    put_on(published, Piece(MONDAY, "primary", "eve"))
    with pytest.raises(Refused) as refused:
        undo(published, 2)
    assert str(refused.value) == (
        "version 2 (override) cannot be taken back, because later versions depend on it; take these back first\n"
        "  version 3: override by mei on Thu 2026-12-31 19:00 EST, a new quarter"
    )
    with pytest.raises(Refused, match=r"version 1 \(publication\) cannot be taken back"):
        undo(published, 1)


def test_a_change_that_an_earlier_one_made_possible_depends_on_it(published: MemorySchedule) -> None:
    put_on(published, Piece(MONDAY, "primary", "cai"))
    put_on(published, Piece(MONDAY, "secondary", "ana"))
    with pytest.raises(Refused, match=r"version 2 \(override\) cannot be taken back(.|\n)*version 3: override"):
        undo(published, 2)


def test_an_undo_that_breaks_a_rule_must_be_forced(store: MemorySchedule) -> None:
    publish(store)
    put_on(store, Piece(MONDAY, "primary", "cai"))
    absent = RESTLESS.replace('"+13055550100"}', '"+13055550100", unavailable: [{from: 2027-01-04, to: 2027-01-05}]}')
    store.versions[0] = replace(store.versions[0], sources={**store.versions[0].sources, "roster": absent})
    with pytest.raises(Refused, match="  unavailable: ana is away from 2027-01-04 to 2027-01-05\n"):
        undo(store, 2)


@pytest.mark.parametrize(
    ("version", "error", "message"),
    [
        (9, NotFound, "the schedule has no version 9; the newest is 3. `oncall history` lists all versions"),
        (2, Refused, "version 2 is taken back already, by version 3"),
        (3, Refused, "version 3 is an undo; make the change again instead"),
    ],
)
def test_what_cannot_be_undone_says_why(
    published: MemorySchedule, version: int, error: type[Exception], message: str
) -> None:
    put_on(published, Piece(MONDAY, "primary", "cai"))
    undo(published, 2)
    with pytest.raises(error) as refused:
        undo(published, version)
    assert str(refused.value) == message
    assert len(published.versions) == 3


def test_a_change_that_is_over_cannot_be_undone(published: MemorySchedule) -> None:
    put_on(published, Piece(Window(MONDAY.start, MONDAY.end), "primary", "cai"))
    with pytest.raises(Refused) as refused:
        undo(published, 2, at=MONDAY.end)
    assert str(refused.value) == "version 2 changes nothing after now; an undo changes what is to come"


def test_an_undo_needs_a_plan_that_fits_the_roster(store: MemorySchedule) -> None:
    publish(store, ROSTER)
    put_on(store, Piece(MONDAY, "primary", "cai"), terms=ChangeTerms(is_forced=True))
    undo(store, 2)
    assert holders(store, MONDAY.start)["primary"] == "ana"
