"""A page by voice call: a key acknowledges or passes the ticket; an answered call or voicemail alone does nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from oncall.errors import Ambiguous
from oncall.paging.actions.call_keys import CallAnswer, KeyPress, answer_call
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import Attempt, AttemptStatus, TicketStatus
from oncall.paging.outgoing.spoken_text import spoken_text
from oncall.paging.ports.channel import DeliveryFailure, Receipt
from oncall.paging.sending.attempt_lifecycle import provider_ids
from oncall.support.policy_file import packaged_policy_text
from tests.paging.mortals import FakePhones
from tests.paging.world import World

MINUTE = timedelta(minutes=1)
CALLING = packaged_policy_text().replace(
    "{notify: primary, channel: sms, after: 0m}", "{notify: primary, channel: voice, after: 0m}"
)


@pytest.fixture
def called(world: World) -> World:
    """The policy's first step is a call, and ana's phone rings for T-1."""
    world.publish(policy=CALLING)
    world.voice = FakePhones()
    world.post()
    world.run()
    return world


def call_of(world: World) -> Attempt:
    return world.attempts()[0]


def press(world: World, digits: str, *, phone: str = "+13055550101", sid: str = "", delivery: str | None = "") -> str:
    return answered(world, digits, phone=phone, sid=sid, delivery=delivery).text


def answered(
    world: World, digits: str, *, phone: str = "+13055550101", sid: str = "", delivery: str | None = ""
) -> CallAnswer:
    attempt = call_of(world)
    key = KeyPress(sid or str(attempt.provider_id), phone, digits)
    context = replace(world.engine().context(), lease_until=None)
    wanted = attempt.id if delivery == "" else delivery
    answer = world.store.write(lambda tx: answer_call(tx, delivery_id=wanted, press=key, context=context))
    world.run()
    return answer


def test_a_call_says_impact_ticket_customer_and_subject_in_plain_words(called: World) -> None:
    assert called.voice is not None
    message = called.voice.sent[0]
    assert (message.to, message.spoken) == (
        "ana",
        "This is on call. Urgent ticket T 1. Customer Acme Ltd. Sessions do not start.",
    )


def test_a_subject_without_letters_that_can_be_read_is_left_out(called: World) -> None:
    stored = called.ticket()
    quiet = replace(stored, ticket=replace(stored.ticket, subject="\N{FIRE}", id="T-1042"))
    assert spoken_text(quiet) == "This is on call. Urgent ticket T 1 0 4 2. Acme Ltd."


def test_a_call_is_acknowledged_with_the_key_1(called: World) -> None:
    assert press(called, "1") == "Ticket T 1 is yours. Goodbye."
    assert (called.ticket().status, called.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "ana")
    assert call_of(called).status is AttemptStatus.DELIVERED
    assert called.events()[-1].why == "by phone"


def test_the_key_2_pages_the_next_one_at_once(called: World) -> None:
    assert press(called, "2") == "Ticket T 1 is passed on. Goodbye."
    called.expect_page("ben")


@pytest.mark.parametrize("digits", ["", "9", "*", "11", "١"])
def test_any_other_key_does_nothing_and_is_asked_for_again(called: World, digits: str) -> None:
    answer = answered(called, digits)
    assert (answer.text, answer.asks_again) == (
        "That key does nothing. Press 1 to acknowledge, 2 to pass on.",
        True,
    )
    assert called.ticket().status is TicketStatus.OPEN


def test_a_key_that_is_posted_again_changes_nothing(called: World) -> None:
    first, events = press(called, "1"), len(called.events())
    assert press(called, "1") == first == "Ticket T 1 is yours. Goodbye."
    assert len(called.events()) == events


def test_the_key_2_that_is_posted_again_passes_on_once(called: World) -> None:
    first, events = press(called, "2"), len(called.events())
    called.expect_page("ben")
    assert press(called, "2") == first
    assert len(called.events()) == events


def test_who_is_late_is_told_who_has_it(called: World) -> None:
    called.act(EventKind.ACKNOWLEDGED, "ben")
    assert press(called, "1") == "Ticket T 1 is taken by Ben Okafor. Goodbye."
    called.expect_page("ana")


def test_key_2_takes_nothing_from_the_engineer_who_has_the_ticket(called: World) -> None:
    called.act(EventKind.ACKNOWLEDGED, "ben")
    assert press(called, "2") == "Ticket T 1 is taken by Ben Okafor. Goodbye."
    assert (called.ticket().status, called.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "ben")
    called.expect_page("ana")


def test_the_key_2_gives_back_what_the_key_1_took(called: World) -> None:
    press(called, "1")
    assert press(called, "2") == "Ticket T 1 is passed on. Goodbye."
    assert called.ticket().owner is None
    called.expect_page("ben")


def test_keys_for_a_ticket_that_is_solved_are_told_so(called: World) -> None:
    called.act(EventKind.RESOLVED, "zendesk")
    called.expect_page("ana")
    said = "Ticket T 1 is resolved; reopen it first. Goodbye."
    assert (press(called, "1"), press(called, "2")) == (said, said)


def test_a_call_in_doubt_is_not_credited_with_the_call_for_another_ticket(called: World) -> None:
    called.clock.moment += timedelta(seconds=1)
    assert called.voice is not None
    called.voice.fail(Ambiguous("no answer within 8 seconds"))
    called.post("T-2")
    called.run()
    doubtful = next(one for one in called.attempts("T-2") if one.channel == "voice")
    assert (doubtful.status, call_of(called).provider_id) == (
        AttemptStatus.UNKNOWN,
        called.store.read(lambda tx: provider_ids(tx, doubtful))[-1],
    )


@pytest.mark.parametrize(
    "wrong",
    [{"phone": "+13055550102"}, {"sid": "CA" + "f" * 32}, {"sid": "CA" + "f" * 32, "delivery": "nothing"}],
)
def test_a_key_from_another_number_or_call_does_nothing(called: World, wrong: dict[str, str]) -> None:
    assert press(called, "1", **wrong) == "This call belongs to no ticket. Goodbye."
    assert called.ticket().status is TicketStatus.OPEN


def test_a_call_is_known_by_its_own_id_where_ours_is_missing(called: World) -> None:
    assert press(called, "1", delivery=None) == "Ticket T 1 is yours. Goodbye."


def test_a_voicemail_that_answers_does_not_stop_the_escalation(called: World) -> None:
    sid = str(call_of(called).provider_id)
    for status in (AttemptStatus.SENT, AttemptStatus.DELIVERED):
        asyncio.run(called.engine().receive(Receipt(sid, status)))
    assert called.ticket().status is TicketStatus.OPEN
    called.advance(10 * MINUTE)
    called.expect_page("ana")
    called.expect_page("ben")


def test_a_step_by_voice_goes_out_as_a_text_where_nobody_can_be_called_and_says_why(world: World) -> None:
    world.publish(policy=CALLING)
    world.post()
    world.run()
    world.expect_page("ana", containing="ACK")
    attempt = call_of(world)
    assert (attempt.channel, attempt.status, attempt.error) == (
        "sms",
        AttemptStatus.ACCEPTED,
        "sent as a text: nobody can be called: this pager has no channel for calls",
    )


# Several tickets, one phone.


def highs(world: World, *names: str) -> None:
    for name in names:
        world.post(name, impact="high", plan="business-critical")
    world.run()


def calls(world: World) -> list[str]:
    """Return the tickets of the calls, in order."""
    assert world.voice is not None
    return [(message.spoken or "").split(" ticket ")[1].split(".")[0] for message in world.voice.sent]


def end_call(world: World, ticket_id: str, status: AttemptStatus, failure: DeliveryFailure | None = None) -> None:
    """The provider reports how the latest call for a ticket ended."""
    call = [one for one in world.attempts(ticket_id) if one.channel == "voice" and one.provider_id is not None][-1]
    receipt = Receipt(str(call.provider_id), status, None, failure)
    asyncio.run(world.engine().receive(receipt))


@pytest.fixture
def calling(world: World) -> World:
    world.publish(policy=CALLING)
    world.voice = FakePhones()
    return world


def test_one_person_is_called_for_one_ticket_after_the_other(calling: World) -> None:
    highs(calling, "T-1", "T-2", "T-3")
    assert len(calls(calling)) == 1
    calling.advance(timedelta(seconds=30))
    assert len(calls(calling)) == 1
    first = calls(calling)[0].replace(" ", "-")
    end_call(calling, first, AttemptStatus.DELIVERED)
    calling.advance(timedelta(seconds=5))
    assert len(calls(calling)) == len(set(calls(calling))) == 2
    waits = [
        event.why for name in ("T-1", "T-2", "T-3") for event in calling.events(name) if event.kind == "page_waits"
    ]
    assert waits == ["waits 5 s to call ana: another call to ana is under way"] * 2


def test_the_first_call_for_an_urgent_ticket_waits_for_no_other_call(calling: World) -> None:
    highs(calling, "T-1")
    calling.post("U-1")
    calling.run()
    assert calls(calling) == ["T 1", "U 1"]


def test_a_line_that_is_busy_with_another_call_of_ours_is_called_again_after_it(calling: World) -> None:
    highs(calling, "T-1")
    calling.post("U-1")
    calling.run()
    end_call(calling, "U-1", AttemptStatus.UNDELIVERED, DeliveryFailure("the number is busy", is_busy=True))
    calling.advance(timedelta(seconds=20))
    assert calls(calling) == ["T 1", "U 1"]
    end_call(calling, "T-1", AttemptStatus.DELIVERED)
    calling.advance(timedelta(seconds=5))
    assert calls(calling) == ["T 1", "U 1", "U 1"]
    whys = [event.why for event in calling.events("U-1")]
    assert "the line of ana was busy, maybe with another call of ours, and is called again" in whys
    assert not any(event.kind is EventKind.STEP_FAILED for event in calling.events("U-1"))


def test_a_line_that_is_busy_with_somebody_else_s_call_pages_the_next_one_at_once(calling: World) -> None:
    calling.post("U-1")
    calling.run()
    end_call(calling, "U-1", AttemptStatus.UNDELIVERED, DeliveryFailure("the number is busy", is_busy=True))
    calling.run()
    calling.expect_pages("ana")
    assert any(event.kind is EventKind.STEP_FAILED for event in calling.events("U-1"))


def test_a_call_that_never_ends_holds_its_line_for_three_minutes_at_most(calling: World) -> None:
    highs(calling, "T-1", "T-2")
    calling.advance(timedelta(minutes=3))
    assert len(calls(calling)) == 1
    calling.advance(timedelta(seconds=5))
    assert sorted(calls(calling)) == ["T 1", "T 2"]
