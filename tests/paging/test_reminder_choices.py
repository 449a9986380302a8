"""A person's choice of reminders and courtesy notices, and the texts that come whatever they chose."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.errors import NotFound
from oncall.paging.actions.field_faults import FieldFaults
from oncall.paging.actions.reminder_choices import choice_from, choice_view, save_choice
from oncall.paging.domain.events import EventKind
from tests.paging.test_handoff import briefed, note
from tests.paging.test_reminders import reminded, sent
from tests.paging.world import World, at

MINUTE = timedelta(minutes=1)


def choose(world: World, person: str, **posted: object) -> None:
    asked = choice_from(posted)
    world.store.write(lambda tx: save_choice(tx, person, asked))


def reminders_of(world: World, person: str) -> list[str]:
    return [body.rpartition(", in ")[2] for body in sent(world, person) if body.startswith("REMINDER")]


def play(world: World, *moments: str) -> None:
    for moment in moments:
        world.advance(at(moment) - world.clock.moment)


def test_a_choice_takes_the_place_of_the_policy_s_reminders(world: World) -> None:
    reminded(world, "\nreminders: {before: [7d, 1h]}\n")
    choose(world, "chloe", reminders=["day"])
    world.clock.moment = at("2027-01-15 18:00")
    play(world, "2027-01-15 19:01", "2027-01-21 19:01", "2027-01-22 18:01")
    assert reminders_of(world, "chloe") == ["1 day."]
    choose(world, "chloe", reminders="policy")
    assert world.store.read(lambda tx: choice_view(tx, "chloe")) == {
        "engineer": "chloe",
        "reminders": None,
        "before_seconds": [7 * 86400, 3600],
        "quiet": False,
    }
    world.read_all()


def test_a_choice_needs_no_reminders_in_the_policy_and_counts_from_the_next_one(world: World) -> None:
    reminded(world, "\n")
    world.clock.moment = at("2027-01-22 10:00")
    world.run()
    choose(world, "chloe", reminders=["hour"])
    play(world, "2027-01-22 18:01")
    assert reminders_of(world, "chloe") == ["1 h."]
    assert reminders_of(world, "ben") == []
    world.read_all()


def test_an_empty_choice_switches_reminders_off_and_leaves_the_page(world: World) -> None:
    reminded(world)
    choose(world, "chloe", reminders=[], quiet=True)
    world.clock.moment = at("2027-01-22 18:00")
    play(world, "2027-01-22 18:01", "2027-01-22 19:30")
    assert reminders_of(world, "chloe") == []
    world.post()
    world.run()
    assert any("URGENT T-1" in body and "ACK" in body for body in sent(world, "chloe"))
    world.read_all()


def test_a_quiet_engineer_is_paged_and_not_told_that_the_ticket_is_taken(world: World) -> None:
    choose(world, "ana", quiet=True)
    world.post()
    world.run()
    world.expect_page("ana", containing="URGENT T-1")
    world.advance(10 * MINUTE)
    world.read_all()
    world.act(EventKind.ACKNOWLEDGED, "mei")
    world.run()
    assert not any("is taken" in body for body in sent(world, "ana"))
    assert any("is taken" in body for body in sent(world, "ben"))
    world.read_all()


def test_a_quiet_engineer_gets_no_briefing_at_the_handoff(world: World) -> None:
    choose(world, "ana", quiet=True)
    world.clock.moment = at("2027-01-11 12:00")
    note(world, "Acme tests its failover tonight", "mei")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    assert [person for person, _ in briefed(world)] == ["ben"]
    world.read_all()


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ([], 'reminders: a JSON object is needed, like {"reminders": ["day", "hour"]}'),
        ({"reminders": ["day", "day"]}, 'reminders: a list is no choice; write "policy", or a list of "week", "day"'),
        ({"reminders": "never"}, 'reminders: "never" is no choice; write "policy", or a list of "week", "day" and'),
        ({"quiet": "yes", "engineer": 7}, "engineer: write an engineer's id\nquiet: write true or false"),
    ],
)
def test_a_faulty_choice_is_refused(posted: object, words: str) -> None:
    with pytest.raises(FieldFaults) as refused:
        choice_from(posted)
    assert str(refused.value)[: len(words)] == words


def test_a_stranger_chooses_nothing(world: World) -> None:
    with pytest.raises(NotFound, match=r'^nobody on the published rosters has the id "anna"; did you mean "ana"'):
        choose(world, "anna", quiet=True)
    assert world.store.read(lambda tx: tx.notice_choices()) == {}
