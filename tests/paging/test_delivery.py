"""Delivery to its end: missing receipts, failures worth a retry, and final failures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from oncall.errors import Permanent, Temporary
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import DeliveryFailure, Receipt
from tests.paging.mortals import FakePhones
from tests.paging.world import World

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

UNREACHABLE = DeliveryFailure("the phone could not be reached", may_pass=True)
UNREGISTERED = DeliveryFailure("the sender is not registered", may_call=True, is_ours=True)
REVOKED = Permanent("the credentials are wrong or revoked", code=20003, is_ours=True)
LANDLINE = Permanent("the number is not a mobile number", code=21614, may_call=True)


@pytest.fixture
def paged(world: World) -> World:
    """Ana was paged for T-1, and no receipt came."""
    world.post()
    world.run()
    world.expect_page("ana")
    return world


@pytest.fixture
def with_calls(world: World) -> Iterator[FakePhones]:
    """Let the pager make voice calls, too."""
    world.voice = FakePhones()
    yield world.voice


def undelivered(world: World, failure: DeliveryFailure, *, to: str = "ana", code: int = 30003) -> None:
    """The carrier reports that the latest text to this person was not delivered."""
    attempt = max((one for one in world.attempts() if one.to == to), key=lambda one: (one.written_at, one.step or 0))
    assert attempt.provider_id is not None
    receipt = Receipt(attempt.provider_id, AttemptStatus.UNDELIVERED, code, failure)
    asyncio.run(world.engine().receive(receipt))
    world.run()


def kinds(world: World) -> list[EventKind]:
    return [event.kind for event in world.events()]


# A receipt that never comes.


def test_a_receipt_that_was_lost_is_asked_for_a_minute_after_acceptance(paged: World) -> None:
    sid = paged.attempts()[0].provider_id
    assert sid is not None
    paged.phones.states[sid] = Receipt(sid, AttemptStatus.DELIVERED)
    paged.advance(MINUTE - SECOND)
    assert paged.phones.asked == []
    paged.advance(SECOND)
    assert paged.phones.asked == [sid]
    assert paged.attempts()[0].status is AttemptStatus.DELIVERED


def test_a_failure_of_which_nobody_told_moves_to_the_next_step_once_it_is_asked_for(paged: World) -> None:
    sid = paged.attempts()[0].provider_id
    assert sid is not None
    paged.phones.states[sid] = Receipt(sid, AttemptStatus.UNDELIVERED, 30005, DeliveryFailure("the number is unknown"))
    paged.advance(MINUTE)
    paged.expect_page("ben")
    assert paged.attempts()[0].error == "the number is unknown"


@pytest.mark.slow
def test_a_provider_that_knows_no_more_is_asked_ever_more_slowly_and_then_no_more(paged: World) -> None:
    sid = paged.attempts()[0].provider_id
    started = paged.clock.moment
    asked_after = []
    for minute in range(1, 240):
        paged.clock.moment = started + minute * MINUTE
        before = paged.phones.asked.count(str(sid))
        paged.run()
        if paged.phones.asked.count(str(sid)) > before:
            asked_after.append(minute)
    assert asked_after == [1, 3, 9, 27, 81]
    paged.expect_pages(*(message.to for message in paged.phones.sent[1:]))


def test_a_provider_that_cannot_be_asked_is_asked_again(paged: World) -> None:
    sid = paged.attempts()[0].provider_id
    assert sid is not None
    paged.phones.states[sid] = Temporary("the provider cannot be reached")
    paged.advance(MINUTE)
    paged.phones.states[sid] = Receipt(sid, AttemptStatus.DELIVERED)
    paged.advance(2 * MINUTE)
    assert paged.attempts()[0].status is AttemptStatus.DELIVERED


def test_nobody_asks_about_a_ticket_that_somebody_has(paged: World) -> None:
    paged.sms("ana", "ACK")
    paged.advance(3 * MINUTE)
    assert len(paged.phones.asked) == 1


def test_a_page_that_was_delivered_is_not_asked_about(paged: World) -> None:
    sid = paged.attempts()[0].provider_id
    assert sid is not None
    asyncio.run(paged.engine().receive(Receipt(sid, AttemptStatus.DELIVERED)))
    paged.advance(4 * MINUTE)
    assert paged.phones.asked == []


# Failures after acceptance.


def test_a_failure_that_may_pass_makes_the_next_step_due_and_that_is_the_text_once_more(paged: World) -> None:
    undelivered(paged, UNREACHABLE)
    paged.expect_page("ana")
    assert kinds(paged)[-2:] == [EventKind.STEP_FAILED, EventKind.STEP_FIRED]


def test_a_failure_that_may_pass_is_sent_once_more_beside_the_next_step_and_only_once(paged: World) -> None:
    paged.advance(10 * MINUTE)
    paged.expect_page("ana")
    paged.expect_page("ben")
    undelivered(paged, UNREACHABLE, to="ben")
    paged.expect_pages("ben", "mei")
    assert kinds(paged)[-3:] == [EventKind.STEP_FAILED, EventKind.STEP_FIRED, EventKind.STEP_RESENT]
    undelivered(paged, UNREACHABLE, to="ben")
    paged.expect_silence()


def test_an_unregistered_sender_is_not_tried_again_pages_the_next_one_at_once_and_calls_an_operator(
    paged: World,
) -> None:
    with capture_logs() as logs:
        undelivered(paged, UNREGISTERED, code=30034)
    paged.expect_page("ben")
    assert [each["error"] for each in logs if each.get("action") == "operator_alarm"] == [UNREGISTERED.why]
    assert [(one.to, one.error_code) for one in paged.attempts()] == [("ana", 30034), ("ben", None)]


def test_an_alarm_of_a_carrier_lasts_until_a_text_is_delivered(paged: World) -> None:
    sid = paged.attempts()[0].provider_id
    assert sid is not None

    async def story() -> list[str | None]:
        engine = paged.engine()
        seen = []
        for receipt in (
            Receipt(sid, AttemptStatus.UNDELIVERED, 30034, UNREGISTERED),
            Receipt("SM" + "e" * 32, AttemptStatus.SENT),
            Receipt("SM" + "e" * 32, AttemptStatus.DELIVERED),
        ):
            await engine.receive(receipt)
            seen.append(engine.trouble)
        return seen

    assert asyncio.run(story()) == [UNREGISTERED.why, UNREGISTERED.why, None]
    paged.run()
    paged.expect_page("ben")


def test_revoked_credentials_try_everybody_once_raise_an_alarm_and_begin_again_in_a_minute(world: World) -> None:
    world.phones.fail(REVOKED, times=3)
    world.post()
    with capture_logs() as logs:
        for _ in range(4):
            world.run()
    assert [one.to for one in world.attempts()] == ["ana", "ben", "mei"]
    assert len([each for each in logs if each.get("action") == "operator_alarm"]) == 3
    world.advance(MINUTE)
    world.expect_page("ana")


# Calls where no text arrives.


def test_a_landline_is_called_in_the_same_second_and_its_step_waits_for_the_call(
    world: World, with_calls: FakePhones
) -> None:
    world.phones.fail(LANDLINE)
    world.post()
    world.run()
    assert [message.to for message in with_calls.sent] == ["ana"]
    assert {(one.channel, one.step) for one in world.attempts()} == {("sms", 0), ("voice", 0)}
    assert kinds(world)[-1] is EventKind.STEP_REROUTED
    world.expect_silence()


def test_a_call_that_nobody_answers_moves_to_the_next_person_at_once(world: World, with_calls: FakePhones) -> None:
    world.phones.fail(LANDLINE)
    world.post()
    world.run()
    call = next(one for one in world.attempts() if one.channel == "voice")
    nobody = Receipt(
        str(call.provider_id), AttemptStatus.UNDELIVERED, None, DeliveryFailure("nobody answered the call")
    )
    asyncio.run(world.engine().receive(nobody))
    world.run()
    world.run()
    assert [message.to for message in with_calls.sent] == ["ana"]
    world.expect_page("ben")


def test_somebody_whom_no_text_reached_is_called_by_the_later_steps_of_the_round(
    world: World, with_calls: FakePhones
) -> None:
    world.phones.fail(LANDLINE)
    world.post()
    world.advance(5 * MINUTE)
    assert [message.to for message in with_calls.sent] == ["ana", "ana"]
    assert world.events()[-1].why == "ana is primary, is reached by no text in this round and is called instead"
