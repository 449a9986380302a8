"""STOP and START: a person who opted out of texts is called or passed over, and the manager is told once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from structlog.testing import capture_logs

from oncall.errors import Ambiguous, Permanent, Temporary
from oncall.paging.actions.sms_replies import answer_sms
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import StepFired
from oncall.paging.domain.reachability import Reach
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.outgoing.opt_out import opting
from oncall.paging.ports.channel import DeliveryFailure, Receipt
from tests.paging.mortals import FakePhones
from tests.paging.pagers import engine_with, take_in
from tests.paging.world import World, at

MINUTE = timedelta(minutes=1)
STOPPED = Permanent("the recipient has sent STOP", code=21610, may_call=True, has_stopped=True)

WARNING = "WARNING: Ana Pereira is on call or next and has sent STOP: no text reaches them until they send START."


def deaf(world: World) -> list[tuple[str, str]]:
    return [(mark.person, mark.why) for mark in world.store.read(lambda tx: tx.opted_out())]


@pytest.mark.parametrize(
    "word", ["STOP", " stop ", "StopAll", "unsubscribe", "CANCEL", "end", "quit", "revoke", "optout"]
)
def test_a_stop_word_alone_marks_its_sender_as_deaf(world: World, word: str) -> None:
    assert world.sms("ana", word) == ""
    assert deaf(world) == [("ana", "sent STOP")]
    assert world.expect_page("mei").body == WARNING


@pytest.mark.parametrize("body", ["please stop", "stop it", "STOP 7K2", "ended", "WHO"])
def test_a_stop_word_among_others_is_none(body: str) -> None:
    assert opting(body) is None


@pytest.mark.parametrize(("said", "reach"), [("STOP", Reach.OPTED_OUT), ("start", Reach.REACHABLE), ("HELP", None)])
def test_what_the_carrier_itself_took_it_for_counts_whatever_the_words(said: str, reach: Reach | None) -> None:
    assert opting("arret", said) is reach


def test_a_stop_in_another_language_is_known_by_what_the_carrier_says(world: World) -> None:
    context = world.engine().context()
    phone = world.roster.engineers[0].phone
    answer = world.store.write(
        lambda tx: answer_sms(tx, phone=phone, body="arret", provider_id="SM1", context=context, opt_out="STOP")
    )
    assert answer.text == ""
    assert deaf(world) == [("ana", "sent STOP")]
    world.run()
    world.expect_page("mei")


def test_a_warning_that_does_not_arrive_is_kept_with_its_reason_and_logged(world: World) -> None:
    world.sms("ana", "STOP")
    world.expect_page("mei")
    warning = world.phones.sent[-1]
    unregistered = DeliveryFailure("the sender is not registered (code 30034)", is_ours=True)
    receipt = Receipt("SM" + "0" * 31 + "1", AttemptStatus.UNDELIVERED, 30034, unregistered)
    with capture_logs() as logs:
        asyncio.run(world.engine().receive(receipt, delivery_id=warning.delivery_id))
    (alert,) = world.store.read(lambda tx: tx.alerts(written_since=world.clock.real_now() - MINUTE))
    assert (alert.to, alert.due_at, alert.error) == ("mei", None, unregistered.why)
    (lost,) = [each for each in logs if each.get("action") == "alert_failed"]
    assert (lost["log_level"], lost["to"], lost["error"]) == ("critical", "mei", unregistered.why)


@pytest.mark.parametrize("word", ["START", "yes", "Unstop"])
def test_start_makes_them_reachable_again(world: World, word: str) -> None:
    world.sms("ana", "STOP")
    world.expect_page("mei")
    world.sms("ana", word)
    assert deaf(world) == []
    world.post()
    world.run()
    world.expect_page("ana")


def test_a_start_counts_for_the_very_next_page_of_a_pager_that_knew_of_the_stop(world: World) -> None:
    async def story() -> None:
        engine = engine_with(world, world.phones)
        phone = world.roster.engineers[0].phone
        for word in ("STOP", "START"):
            context = engine.context()
            await engine.write(partial(answer_sms, phone=phone, body=word, provider_id=word, context=context))
            if word == "STOP":
                await engine.run_once()
                await engine.settle()
        await take_in(engine, "T-1")
        await engine.settle()

    asyncio.run(story())
    world.expect_page("mei")
    world.expect_page("ana", containing="T-1")


def test_the_manager_is_told_once_however_often_stop_is_sent(world: World) -> None:
    for _ in range(3):
        world.sms("ana", "STOP")
    world.advance(timedelta(hours=3))
    world.expect_page("mei")


def test_the_manager_is_told_again_of_a_stop_after_a_start(world: World) -> None:
    for word in ("STOP", "START"):
        world.clock.moment += MINUTE
        world.sms("ana", word)
    world.clock.moment += MINUTE
    world.sms("ana", "STOP")
    world.expect_page("mei")
    world.expect_page("mei")


def test_somebody_who_is_not_on_call_concerns_the_manager_only_when_they_come_on(world: World) -> None:
    world.sms("grace", "STOP")
    world.expect_silence()
    world.override("grace", role="primary", start="2027-01-09 20:00", end="2027-01-10 08:00")
    world.run()
    world.expect_page("mei", containing="Grace Kim is on call or next")


def test_a_number_that_refuses_texts_because_of_stop_is_marked_like_one_that_sent_it(world: World) -> None:
    world.phones.fail(STOPPED)
    world.post()
    world.run()
    world.run()
    assert deaf(world) == [("ana", "the provider refuses texts: they have sent STOP")]
    world.expect_pages("ben", "mei")


def test_a_step_to_somebody_deaf_calls_them_and_says_why(world: World) -> None:
    world.sms("ana", "STOP")
    world.expect_page("mei")
    world.voice = FakePhones()
    world.post()
    world.run()
    assert [message.to for message in world.voice.sent] == ["ana"]
    (fired,) = world.logged(StepFired)
    assert (fired.why, fired.channel) == ("ana is primary, has sent STOP and is called instead", "voice")


def test_a_number_on_stop_is_passed_over_in_the_same_second_where_nobody_can_be_called(world: World) -> None:
    world.sms("ana", "STOP")
    world.expect_page("mei")
    world.post()
    world.run()
    world.run()
    world.expect_page("ben")
    assert [(event.kind, event.why) for event in world.events()][-3:] == [
        (EventKind.STEP_FAILED, "nobody can be called: this pager has no channel for calls"),
        (EventKind.STEP_SKIPPED, "ana was not reached by voice in this round"),
        (EventKind.STEP_FIRED, "ben is secondary"),
    ]


def test_a_notice_to_somebody_deaf_is_not_sent_and_says_so(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.sms("ana", "STOP")
    world.expect_page("mei")
    world.act(EventKind.ACKNOWLEDGED, "ben")
    told = world.attempts()[-1]
    assert (told.to, told.status, told.error) == (
        "ana",
        AttemptStatus.FAILED,
        "ana has sent STOP: no text reaches them until they send START",
    )


def test_a_new_number_is_a_new_start(world: World) -> None:
    world.sms("ana", "STOP")
    world.expect_page("mei")
    moved = replace(world.roster.engineers[0], phone="+13055550999")
    world.roster = replace(world.roster, engineers=(moved, *world.roster.engineers[1:]))
    world.publish()
    world.post()
    world.run()
    world.expect_page("ana")


def test_a_warning_that_could_not_be_sent_is_sent_later(world: World) -> None:
    world.phones.fail(Temporary("the provider cannot be reached"))
    world.phones.fail(Ambiguous("no answer"), after_taking_it=True)
    world.sms("ana", "STOP")
    world.expect_silence()
    world.clock.moment += timedelta(seconds=5)
    world.run()
    world.expect_page("mei")
    world.clock.moment += MINUTE
    world.run()
    world.expect_silence()
    assert world.phones.finds == 2


def test_a_deaf_manager_is_called(world: World) -> None:
    world.voice = FakePhones()
    world.sms("mei", "STOP")
    world.sms("ana", "STOP")
    assert [(message.to, message.spoken) for message in world.voice.sent] == [("mei", None)]
    assert world.voice.sent[0].body == f"{WARNING} You have sent STOP too."


def test_a_stranger_who_sends_stop_changes_nothing(world: World) -> None:
    world.sms("+15550001111", "STOP")
    assert deaf(world) == []


def test_a_weekday_afternoon_concerns_who_comes_on_in_the_evening(world: World) -> None:
    world.clock.moment = at("2027-01-11 15:00")
    world.sms("ana", "STOP")
    world.expect_page("mei")
