"""A ticket changes hands: another engineer takes it, or it passes to the next or a named person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.errors import Refused
from oncall.paging.domain.events import Acknowledged, EventKind, Passed
from oncall.paging.domain.pager_events import StepSkipped
from oncall.paging.domain.ticket import TicketStatus
from oncall.support.policy_file import packaged_policy_text
from tests.paging.world import MONDAY_MORNING, World

MINUTE = timedelta(minutes=1)
LATER_STEPS = (("primary", "5m"), ("secondary", "10m"), ("manager", "20m"))


@pytest.fixture
def taken(world: World) -> World:
    """Ana was paged for T-1 and has it."""
    world.post(url="https://x.example/1")
    world.run()
    world.expect_page("ana")
    world.act(EventKind.ACKNOWLEDGED, "ana")
    return world


def test_a_ticket_is_taken_over_and_both_engineers_are_told(taken: World) -> None:
    done = taken.act(EventKind.ACKNOWLEDGED, "grace", take_over=True)
    assert done.sentence == "T-1 is yours, taken over from Ana Pereira."
    assert {message.to: message.body for message in taken.unread()} == {
        "ana": "URGENT T-1 was taken over by Grace Kim. It is not yours any more.",
        "grace": "YOURS NOW URGENT T-1 Acme Ltd (STD), taken over from Ana Pereira: Sessions do not start "
        "https://x.example/1",
    }
    taken.read_all()
    assert (taken.ticket().status, taken.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "grace")
    event = taken.events()[-1]
    assert isinstance(event, Acknowledged)
    assert (event.by, event.taken_from, event.why) == ("grace", "ana", "taken over from ana")


def test_a_take_over_survives_a_restart(taken: World) -> None:
    taken.act(EventKind.ACKNOWLEDGED, "grace", take_over=True, why="ana is on a train")
    taken.read_all()
    taken.restart()
    event = taken.events()[-1]
    assert isinstance(event, Acknowledged)
    assert (event.taken_from, event.why, taken.ticket().owner) == ("ana", "ana is on a train", "grace")


def test_an_acknowledgement_takes_nothing_from_the_engineer_who_has_it(taken: World) -> None:
    done = taken.act(EventKind.ACKNOWLEDGED, "grace")
    assert (done.changed, done.sentence) == (False, "T-1 is taken by Ana Pereira.")
    assert taken.ticket().owner == "ana"


def test_taking_over_what_is_open_or_ones_own_is_an_acknowledgement(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    assert world.act(EventKind.ACKNOWLEDGED, "ana", take_over=True).sentence == "T-1 is yours."
    again = world.act(EventKind.ACKNOWLEDGED, "ana", take_over=True)
    assert (again.changed, again.sentence) == (False, "T-1 is yours already.")


def test_the_new_owner_is_warned_and_not_the_old_one(taken: World) -> None:
    taken.act(EventKind.ACKNOWLEDGED, "grace", take_over=True)
    taken.read_all()
    taken.advance(46 * MINUTE)
    assert {message.to for message in taken.unread() if message.body.startswith("DUE SOON")} == {"grace"}
    taken.read_all()


def test_who_passes_the_ticket_of_another_engineer_pages_the_next_person_and_tells_the_owner(taken: World) -> None:
    taken.act(EventKind.PASSED, "grace")
    taken.expect_pages("ana", "ben")
    bodies = {message.to: message.body for message in taken.phones.sent[-2:]}
    assert bodies["ana"] == "URGENT T-1 was passed on by Grace Kim. It is not yours any more."
    assert bodies["ben"].startswith("URGENT T-1 ")
    skipped = [event.why for event in taken.events() if isinstance(event, StepSkipped)]
    assert skipped == ["it was passed on from ana"]


def test_who_passes_an_open_ticket_does_not_page_again_whom_it_has_just_paged(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.clock.moment += MINUTE
    world.act(EventKind.PASSED, "zendesk")
    world.expect_page("ben")
    world.advance(9 * MINUTE)
    world.expect_silence()
    world.advance(MINUTE)
    world.expect_page("mei")


def test_a_ticket_is_passed_to_a_named_person_with_a_reason(taken: World) -> None:
    done = taken.act(EventKind.PASSED, "ana", to="grace", why="she knows this customer")
    assert done.sentence == "T-1 is passed to Grace Kim."
    taken.expect_page("grace", containing="URGENT T-1 Acme Ltd (STD): Sessions do not start.")
    passed = next(event for event in taken.events() if isinstance(event, Passed))
    assert (passed.by, passed.to, passed.why) == ("ana", "grace", "she knows this customer")
    assert (taken.ticket().status, taken.ticket().owner) == (TicketStatus.OPEN, None)
    fired = taken.events()[-1]
    assert fired.why == "the ticket was passed to grace"


def test_a_named_person_who_does_not_answer_is_followed_by_the_rest_of_the_escalation(taken: World) -> None:
    taken.act(EventKind.PASSED, "ana", to="grace")
    taken.expect_page("grace")
    taken.advance(5 * MINUTE - timedelta(seconds=1))
    taken.expect_silence()
    taken.advance(timedelta(seconds=1))
    taken.expect_page("ben")
    taken.advance(10 * MINUTE)
    taken.expect_page("mei")
    taken.advance(15 * MINUTE)
    taken.expect_page("ana")


def test_a_named_person_who_answers_stops_it(taken: World) -> None:
    taken.act(EventKind.PASSED, "ana", to="grace")
    taken.expect_page("grace")
    taken.sms("grace", f"ACK {taken.code()}")
    taken.expect_page("ana", containing="is taken by Grace Kim")
    taken.advance(30 * MINUTE)
    assert taken.ticket().owner == "grace"
    assert {message.to for message in taken.unread()} <= {"grace"}
    taken.read_all()


def test_a_ticket_may_be_passed_back_and_forth(taken: World) -> None:
    for by, to in (("ana", "grace"), ("grace", "ana"), ("ana", "grace")):
        taken.clock.moment += MINUTE
        taken.act(EventKind.PASSED, by, to=to)
        taken.expect_page(to, containing="Reply ACK")
    numbers = [(page.round, page.step) for page in taken.attempts() if page.round is not None]
    assert len(numbers) == len(set(numbers))


def test_a_ticket_at_the_desk_is_passed_to_a_named_person_and_then_goes_on(world: World) -> None:
    world.clock.moment = MONDAY_MORNING
    world.post()
    world.run()
    world.act(EventKind.PASSED, "desk", to="grace")
    world.expect_page("grace", containing="URGENT T-1")
    world.advance(15 * MINUTE)
    world.expect_page("ana")


def test_a_held_ticket_is_passed_to_a_named_person_at_once(world: World) -> None:
    world.post(impact="high")
    world.act(EventKind.PASSED, "zendesk", to="grace")
    world.expect_page("grace", containing="HIGH T-1")


@pytest.mark.parametrize(
    ("by", "to", "words"),
    [
        ("ana", "gracie", 'nobody on the published rosters has the id "gracie"; did you mean "grace"?'),
        ("ana", "ana", "T-1: ana cannot pass it to themselves; name another person of the roster"),
        ("zendesk", "ana", "T-1 is taken by Ana Pereira already"),
    ],
)
def test_a_pass_to_somebody_impossible_is_refused_and_changes_nothing(
    taken: World, by: str, to: str, words: str
) -> None:
    with pytest.raises(Refused) as refused:
        taken.act(EventKind.PASSED, by, to=to)
    assert str(refused.value) == words
    assert taken.ticket().owner == "ana"


def test_a_pass_that_reaches_nobody_says_when_somebody_is_paged_again(world: World) -> None:
    steps = [f"    - {{notify: {role}, channel: sms, after: {after}}}\n" for role, after in LATER_STEPS]
    world.publish(policy=packaged_policy_text().replace("".join(steps), ""))
    world.post()
    world.run()
    world.expect_page("ana")
    done = world.act(EventKind.PASSED, "ana")
    assert done.sentence == "T-1 is passed on, but nobody else can be paged before Sat 03:42 EST."
