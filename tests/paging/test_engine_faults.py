"""Faults of the provider, the store or the machine: no page is lost, and none is doubled where the pager can tell."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from doubles.event_loop import until
from oncall.errors import Ambiguous, Permanent, Temporary
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import AttemptStatus, TicketStatus
from oncall.paging.ports.channel import Receipt
from oncall.paging.sending.outcomes import write_outcome
from oncall.paging.sending.receipts import note_receipt
from oncall.paging.sending.send_work import SendWork
from tests.paging.pagers import Gate, engine_with, take_in
from tests.paging.world import World, at

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

NO_ROUTE = Temporary("the provider cannot be reached")
TIMED_OUT = Ambiguous("no answer within 8 seconds")
BAD_NUMBER = Permanent("the number does not exist", code=21211)


def report(world: World, status: AttemptStatus, *, number: int = 0) -> bool:
    """The provider reports on the attempt with that number."""
    attempt = world.attempts()[number]
    receipt = Receipt(attempt.provider_id or "SM" + "f" * 32, status)
    context = world.engine().context()
    changed = world.store.write(lambda tx: note_receipt(tx, delivery_id=attempt.id, receipt=receipt, context=context))
    world.run()
    return changed


# Surely not sent.


def test_a_provider_that_cannot_be_reached_is_tried_again_within_the_step(world: World) -> None:
    world.phones.fail(NO_ROUTE, times=3)
    world.post()
    world.run()
    world.expect_silence()
    world.advance(MINUTE)
    world.expect_page("ana")
    assert [(try_.status, try_.sends) for try_ in world.attempts()] == [(AttemptStatus.ACCEPTED, 4)]


def test_a_provider_that_stays_away_does_not_hold_up_the_escalation(world: World) -> None:
    world.phones.fail(NO_ROUTE, times=1000)
    world.post()
    world.advance(10 * MINUTE)
    world.expect_silence()
    assert [(try_.to, try_.step) for try_ in world.attempts()] == [("ana", 0), ("ana", 1), ("ben", 2)]
    world.phones.faults.clear()
    world.advance(MINUTE)
    world.expect_page("ben")
    over = world.attempts()[0]
    assert (over.status, over.error) == (AttemptStatus.FAILED, "no longer needed; the provider cannot be reached")


def test_a_wait_longer_than_the_step_is_cut_to_one_more_try_just_before_its_end(world: World) -> None:
    world.phones.fail(Temporary("too many requests", code=20429, retry_after=timedelta(hours=1)))
    world.post()
    world.advance(5 * MINUTE - 2 * SECOND)
    world.expect_silence()
    world.advance(SECOND)
    world.expect_page("ana")
    # The next step's page comes a second later: it waits until her phone may ring again.
    world.advance(30 * SECOND)
    world.expect_page("ana")


def test_a_wait_that_the_provider_asks_for_is_kept_within_the_step(world: World) -> None:
    world.phones.fail(Temporary("too many requests", code=20429, retry_after=timedelta(seconds=90)))
    world.post()
    world.advance(89 * SECOND)
    world.expect_silence()
    world.advance(2 * SECOND)
    world.expect_page("ana")


# Perhaps sent.


def test_a_message_that_was_taken_although_the_answer_was_an_error_is_found_and_not_sent_again(world: World) -> None:
    world.phones.fail(TIMED_OUT, after_taking_it=True)
    world.post()
    world.run()
    assert world.attempts()[0].status is AttemptStatus.UNKNOWN
    world.advance(4 * MINUTE)
    world.expect_page("ana")
    world.expect_silence()
    assert world.attempts()[0].status is AttemptStatus.SENT


def test_a_message_that_was_not_taken_is_sent_again_with_the_same_code(world: World) -> None:
    world.phones.fail(TIMED_OUT)
    accepted = world.post()
    world.run()
    world.expect_silence()
    world.advance(4 * SECOND)
    world.expect_page("ana", containing=f"ACK {accepted.answer['page']['code']}")
    world.advance(4 * MINUTE)


def test_a_provider_that_cannot_be_asked_is_asked_again_later(world: World) -> None:
    world.phones.fail(TIMED_OUT)
    world.phones.find_faults += [NO_ROUTE, NO_ROUTE]
    world.post()
    world.advance(MINUTE)
    assert world.phones.finds == 3
    world.expect_page("ana")


def test_a_provider_that_can_never_be_asked_does_not_hold_up_the_escalation(world: World) -> None:
    world.phones.fail(TIMED_OUT)
    world.phones.find_faults += [NO_ROUTE] * 1000
    world.post()
    world.advance(10 * MINUTE)
    world.expect_page("ana")
    world.expect_page("ben")


def test_a_provider_that_fails_for_a_while_costs_no_step_and_gets_the_page_when_it_is_back(world: World) -> None:
    world.phones.fail(TIMED_OUT, times=4)
    world.post()
    world.advance(2 * MINUTE)
    world.expect_page("ana")
    assert [(attempt.step, attempt.status) for attempt in world.attempts()] == [(0, AttemptStatus.ACCEPTED)]
    assert world.attempts()[0].sends == 5


def test_a_receipt_settles_what_was_in_doubt_without_asking(world: World) -> None:
    world.phones.fail(TIMED_OUT, after_taking_it=True)
    world.post()
    world.run()
    assert report(world, AttemptStatus.DELIVERED)
    world.advance(4 * MINUTE)
    world.expect_page("ana")
    assert world.phones.finds == 0
    assert world.attempts()[0].status is AttemptStatus.DELIVERED


# Never to be sent.


def test_a_permanent_failure_moves_to_the_next_step_in_the_same_second(world: World) -> None:
    world.phones.fail(BAD_NUMBER)
    world.post()
    world.run()
    world.expect_page("ben")
    said = [(event.kind, event.why) for event in world.events()][-3:]
    assert said == [
        (EventKind.STEP_FAILED, "the number does not exist"),
        (EventKind.STEP_SKIPPED, "ana was not reached by sms in this round"),
        (EventKind.STEP_FIRED, "ben is secondary"),
    ]
    assert [try_.error_code for try_ in world.attempts()] == [21211, None]


def test_when_nobody_could_be_reached_in_a_round_the_next_one_begins_in_a_minute_and_not_at_once(world: World) -> None:
    world.phones.fail(BAD_NUMBER, times=4)
    world.post()
    for _ in range(5):
        world.run()
    assert [attempt.to for attempt in world.attempts()] == ["ana", "ben", "mei"]
    world.phones.faults.clear()
    world.advance(MINUTE - SECOND)
    world.expect_silence()
    world.advance(SECOND)
    world.expect_page("ana")


def test_a_page_that_the_carrier_does_not_deliver_moves_on_at_once(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    report(world, AttemptStatus.UNDELIVERED)
    world.expect_page("ben")
    report(world, AttemptStatus.UNDELIVERED, number=1)
    world.expect_page("mei")


def test_a_bad_receipt_of_an_older_step_changes_nothing(world: World) -> None:
    world.post()
    world.run()
    world.advance(5 * MINUTE)
    world.expect_page("ana")
    world.expect_page("ana")
    report(world, AttemptStatus.UNDELIVERED, number=0)
    world.advance(4 * MINUTE)
    world.expect_silence()


def test_receipts_in_any_order_end_with_the_last_word(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    statuses = (AttemptStatus.DELIVERED, AttemptStatus.SENT, AttemptStatus.ACCEPTED, AttemptStatus.DELIVERED)
    assert [report(world, status) for status in statuses] == [True, False, False, False]
    assert world.attempts()[0].status is AttemptStatus.DELIVERED


def test_somebody_who_is_on_no_roster_any_more_cannot_hold_up_the_escalation(world: World) -> None:
    world.post()
    ghost = replace(world.attempts()[0], to="zoe", id="f" * 32)
    world.store.write(lambda tx: tx.add_attempts([ghost]))
    world.run()
    world.expect_page("ana")
    lost = next(try_ for try_ in world.attempts() if try_.to == "zoe")
    assert (lost.status, lost.error) == (
        AttemptStatus.FAILED,
        "nobody with the id zoe is on the published rosters",
    )
    world.advance(30 * SECOND)
    world.expect_page("ana")


# Killed.


def test_an_acknowledgement_while_a_send_is_in_flight_stops_the_rest_and_tells_who_has_it(world: World) -> None:
    async def story() -> None:
        gate = Gate(world.phones)
        engine = engine_with(world, gate)
        await take_in(engine, "T-1")
        await until(lambda: gate.waiting == 1)
        await asyncio.to_thread(world.act, EventKind.ACKNOWLEDGED, "ben")
        gate.opened.set()
        await engine.settle()

    asyncio.run(story())
    world.expect_page("ana", containing="is taken by Ben")
    world.expect_page("ana", containing="ACK")
    world.act(EventKind.REPLIED, "ben")
    world.advance(timedelta(hours=1))


def test_a_page_in_doubt_is_not_credited_with_the_next_page_to_the_same_person(world: World) -> None:
    world.phones.fail(TIMED_OUT)
    world.phones.find_faults += [NO_ROUTE] * 1000
    world.post()
    world.advance(5 * MINUTE - SECOND)
    found = Receipt("SM" + "1" * 32, AttemptStatus.SENT)

    async def story() -> None:
        gate = Gate(world.phones)
        engine = engine_with(world, gate)
        world.clock.moment += SECOND
        await engine.run_once()
        await until(lambda: gate.waiting == 1)
        first = world.attempts()[0]
        context = engine.context()
        (credited,) = world.store.write(lambda tx: write_outcome(SendWork(tx, context, world.clock), first, found))
        assert (credited.status, credited.provider_id) == (AttemptStatus.UNKNOWN, None)
        gate.opened.set()
        await engine.settle()

    asyncio.run(story())
    world.expect_page("ana")


def test_an_acknowledgement_while_a_retry_waits_takes_it_back(world: World) -> None:
    world.phones.fail(NO_ROUTE)
    world.post()
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.act(EventKind.REPLIED, "ben")
    world.advance(timedelta(hours=1))
    world.expect_silence()
    page = world.attempts()[0]
    assert (page.status, page.error) == (
        AttemptStatus.FAILED,
        "no longer needed; the provider cannot be reached",
    )


def test_a_page_in_doubt_that_was_not_taken_is_not_sent_once_somebody_has_the_ticket(world: World) -> None:
    world.phones.fail(TIMED_OUT)
    world.post()
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.expect_page("ana", containing="is taken by Ben")
    world.act(EventKind.REPLIED, "ben")
    world.advance(timedelta(hours=1))
    assert world.attempts()[0].error == "no longer needed; no answer within 8 seconds"


@pytest.mark.slow
def test_a_notice_that_cannot_be_sent_is_given_up_when_it_is_no_news_any_more(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.phones.fail(NO_ROUTE, times=1000)
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.advance(timedelta(hours=1))
    notice = world.attempts()[1]
    assert (notice.status, notice.error) == (
        AttemptStatus.FAILED,
        "no longer needed; the provider cannot be reached",
    )


def test_a_ticket_resolved_while_it_was_held_is_never_paged(world: World) -> None:
    world.post(impact="high")
    world.act(EventKind.RESOLVED, "zendesk")
    world.advance(at("2027-01-11 09:00") - world.clock.moment)
    assert world.ticket().status is TicketStatus.RESOLVED


def test_a_schedule_published_after_the_page_decides_the_steps_that_follow(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.publish({"primary": "elena", "secondary": "farid"})
    world.advance(10 * MINUTE)
    world.expect_page("elena")
    world.expect_page("farid")


@pytest.mark.slow
def test_the_first_page_of_an_urgent_ticket_is_tried_every_quarter_of_a_minute_while_its_provider_is_away(
    world: World,
) -> None:
    world.phones.fail(Temporary("Twilio cannot be reached"), times=1000)
    world.post()
    tried: list[int] = []
    left = 1000
    for second in range(240):
        world.advance(timedelta(seconds=1))
        if len(world.phones.faults) < left:
            tried.append(second)
            left = len(world.phones.faults)
    assert max(after - before for before, after in pairwise(tried)) <= 16
    assert 14 <= len(tried) <= 60
    world.phones.faults.clear()
    world.advance(timedelta(seconds=16))
    world.expect_page("ana")
