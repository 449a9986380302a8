"""Reminders before a shift, and the proof that texts reach a phone: each text once, whatever happens."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from oncall.support.policy_file import packaged_policy_text
from tests.paging.mortals import Fate, Killed
from tests.paging.world import World, at

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALL = "\nreminders: {before: [7d, 1d, 1h]}\n"
PROOF = "\nreminders: {prove_phones: true}\n"
JOINS = at("2027-01-22 19:01")


def reminded(world: World, rules: str = ALL) -> World:
    """Ana is primary and ben secondary, but chloe is primary of the weekend from Friday 22 January."""
    policy = packaged_policy_text() + rules
    world.publish(
        lambda start: {"primary": "chloe" if start == JOINS else "ana", "secondary": "ben"},
        policy=policy,
    )
    return world


def sent(world: World, person: str) -> list[str]:
    return [message.body for message in world.phones.sent if message.to == person]


def test_an_engineer_is_reminded_a_week_a_day_and_an_hour_before(world: World) -> None:
    reminded(world)
    world.clock.moment = at("2027-01-15 18:00")
    for moment in ("2027-01-15 19:01", "2027-01-21 19:01", "2027-01-22 18:01", "2027-01-22 19:02"):
        world.advance(at(moment) - world.clock.moment)
    text = "REMINDER: you are on call from Fri 2027-01-22 19:01 EST to Mon 08:00 EST as primary, in {}."
    assert sent(world, "chloe") == [text.format(span) for span in ("7 days", "1 day", "1 h")]
    world.read_all()


def test_the_packaged_policy_reminds_nobody(world: World) -> None:
    world.advance(10 * DAY)
    world.expect_silence()


def test_nights_in_a_row_are_reminded_of_once_for_each_time(world: World) -> None:
    reminded(world, "\nreminders: {before: [1d]}\n")
    world.clock.moment = at("2027-01-11 12:00")
    for _ in range(14 * 4):
        world.advance(6 * HOUR)
    assert sent(world, "ben") == []
    assert [body.partition("from ")[2][:14] for body in sent(world, "chloe")] == ["Fri 2027-01-22"]
    # Ana's weekend was Chloe's, so that her Monday is a new run.
    assert [body.partition("from ")[2][:14] for body in sent(world, "ana")] == ["Mon 2027-01-25"]
    world.read_all()


def test_an_engineer_whom_the_policy_leaves_out_gets_none(world: World) -> None:
    reminded(world, "\nreminders: {before: [1h], not_to: [chloe]}\n")
    world.clock.moment = at("2027-01-22 18:00")
    world.advance(MINUTE)
    assert sent(world, "chloe") == []
    assert len(sent(world, "ben")) == 1
    world.read_all()


def test_a_reminder_that_was_slept_through_is_left_out_and_the_next_one_comes(world: World) -> None:
    reminded(world)
    world.clock.moment = at("2027-01-17 12:00")
    world.run()
    assert sent(world, "chloe") == []
    world.advance(at("2027-01-21 19:05") - world.clock.moment)
    assert len(sent(world, "chloe")) == 1
    world.read_all()


def test_an_engineer_who_is_put_on_late_is_reminded_an_hour_before(world: World) -> None:
    reminded(world)
    world.clock.moment = at("2027-01-22 12:00")
    world.override("chloe", role="secondary", start="2027-01-23 12:00", end="2027-01-23 20:00")
    world.advance(at("2027-01-22 12:10") - world.clock.moment)
    assert sent(world, "chloe") == []
    world.override("elena", role="primary", start="2027-01-22 19:01", end="2027-01-23 08:00")
    world.advance(at("2027-01-22 18:02") - world.clock.moment)
    assert [body.rpartition(", in ")[2] for body in sent(world, "elena")] == ["1 h."]
    world.read_all()


def test_an_engineer_abroad_reads_their_own_time_too(world: World) -> None:
    people = tuple(
        replace(each, zone=type(each.zone)("Asia/Kolkata")) if each.id == "chloe" else each
        for each in world.roster.engineers
    )
    world.roster = replace(world.roster, engineers=people)
    reminded(world, "\nreminders: {before: [1h]}\n")
    world.clock.moment = at("2027-01-22 18:01")
    world.run()
    assert sent(world, "chloe") == [
        "REMINDER: you are on call from Fri 2027-01-22 19:01 EST (Sat 05:31 IST for you) to Mon 08:00 EST as primary, "
        "in 1 h."
    ]
    world.read_all()


@pytest.mark.parametrize("calls", range(1, 12))
def test_a_reminder_is_sent_once_whenever_the_process_is_killed(world: World, calls: int) -> None:
    reminded(world)
    world.clock.moment = at("2027-01-21 19:01")
    world.fate = Fate(calls)
    with suppress(Killed):
        world.advance(2 * MINUTE)
    world.fate = None
    world.restart()
    world.advance(15 * MINUTE)
    assert len(sent(world, "chloe")) == 1
    world.read_all()


def test_a_clock_that_is_set_back_repeats_no_reminder(world: World) -> None:
    reminded(world)
    world.clock.moment = at("2027-01-21 19:01")
    world.run()
    world.clock.moment -= 2 * HOUR
    world.restart()
    world.advance(4 * HOUR)
    assert len(sent(world, "chloe")) == 1
    world.read_all()


def test_an_engineer_who_sent_stop_gets_no_reminder(world: World) -> None:
    reminded(world)
    world.clock.moment = at("2027-01-21 12:00")
    world.sms("chloe", "STOP")
    world.advance(at("2027-01-21 19:02") - world.clock.moment)
    assert sent(world, "chloe") == []
    world.read_all()


# Phone proofs.

ASKED = "Reply READY to prove that pages reach this phone. You are on call from Fri 19:01 EST as primary."
THANKS = "Thank you. It is proven that pages reach this phone."


def proving(world: World) -> None:
    """Everybody but chloe has proven their phone; she has her first shift on Friday 22 January."""
    reminded(world, PROOF)
    for person in ("ana", "ben"):
        assert world.sms(person, "READY") == THANKS
    world.read_all()


def manager_told(world: World) -> list[str]:
    return [body for body in sent(world, "mei") if "READY" in body]


def test_a_phone_is_proven_by_a_reply_before_the_first_shift(world: World) -> None:
    proving(world)
    world.clock.moment = at("2027-01-15 19:00")
    world.advance(2 * MINUTE)
    assert sent(world, "chloe") == [ASKED]
    assert world.sms("chloe", "ready.") == THANKS
    world.advance(8 * DAY)
    assert sent(world, "chloe") == [ASKED]
    assert manager_told(world) == []
    world.read_all()


@pytest.mark.slow
def test_an_engineer_who_does_not_reply_is_asked_again_and_the_manager_is_told_a_day_before(world: World) -> None:
    proving(world)
    world.clock.moment = at("2027-01-15 19:01")
    for _ in range(8 * 24):
        world.advance(HOUR)
    assert sent(world, "chloe") == [ASKED, ASKED]
    assert manager_told(world) == [
        "Call Chloe Martin: they have not replied READY, so it is not proven that pages reach their phone. "
        "On call from Fri 19:01 EST as primary."
    ]
    world.read_all()


def test_a_changed_number_is_proven_anew(world: World) -> None:
    proving(world)
    changed = tuple(
        replace(each, phone="+13055550199") if each.id == "ana" else each for each in world.roster.engineers
    )
    old = world.store.read(lambda tx: tx.schedule()).people["ana"].phone
    world.roster = replace(world.roster, engineers=changed)
    reminded(world, PROOF)
    world.run()
    assert [body[:11] for body in sent(world, "ana")] == ["Reply READY"]
    answer = "This is not your number on the roster, so nothing is proven. Reply READY from the new one."
    assert world.sms(old, "READY") == answer
    assert world.sms("ana", "READY") == THANKS
    world.read_all()


def test_any_text_proves_a_phone_that_was_asked(world: World) -> None:
    proving(world)
    world.clock.moment = at("2027-01-15 19:01")
    world.run()
    world.sms("chloe", "WHO")
    for _ in range(7 * 4):
        world.advance(6 * HOUR)
    assert (sent(world, "chloe"), manager_told(world)) == ([ASKED], [])
    world.read_all()


def test_ready_takes_no_ticket_and_says_how_to_take_it(world: World) -> None:
    reminded(world, PROOF)
    world.post()
    world.run()
    assert world.sms("ana", "READY") == f"{THANKS} Send ACK {world.code()} to take T-1."
    assert world.ticket().owner is None
    world.read_all()


@pytest.mark.parametrize("calls", range(1, 12))
def test_a_request_for_proof_is_sent_once_whenever_the_process_is_killed(world: World, calls: int) -> None:
    proving(world)
    world.clock.moment = at("2027-01-15 19:01")
    world.fate = Fate(calls)
    with suppress(Killed):
        world.advance(2 * MINUTE)
    world.fate = None
    world.restart()
    world.advance(15 * MINUTE)
    assert sent(world, "chloe") == [ASKED]
    world.read_all()
