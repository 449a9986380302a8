"""A ticket that restarts (reopened, released, raised or lowered) is paged like a new one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from oncall.errors import Permanent, Temporary
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import AttemptStatus
from oncall.paging.ports.channel import DeliveryFailure, Receipt
from oncall.support.policy_file import packaged_policy_text
from tests.paging.storm import each_alone
from tests.paging.world import World, at

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
BC = "business-critical"
NO_NUMBER = Permanent("the number does not exist", code=21211)


def test_a_reopened_ticket_that_reaches_nobody_is_tried_again_in_a_minute_even_after_a_success(
    world: World,
) -> None:
    world.post()
    world.advance(25 * MINUTE)
    world.expect_pages("ana", "ana", "ben", "mei")
    world.act(EventKind.RESOLVED, "ana")
    world.expect_pages("ben", "mei")
    world.clock.moment += HOUR
    world.phones.fail(NO_NUMBER, times=3)
    world.act(EventKind.REOPENED, "mei")
    world.expect_silence()
    world.advance(MINUTE)
    world.expect_page("ana")


def test_a_late_report_on_a_page_from_before_it_was_reopened_hurries_no_step_of_now(world: World) -> None:
    each_alone(world)
    world.post()
    world.run()
    world.expect_page("ana")
    old = str(world.attempts()[0].provider_id)
    world.clock.moment += SECOND
    world.act(EventKind.RESOLVED, "ana")
    world.act(EventKind.REOPENED, "mei")
    world.expect_page("ana")
    report = Receipt(old, AttemptStatus.UNDELIVERED, 30005, DeliveryFailure("the number is unknown"))
    asyncio.run(world.engine().receive(report))
    world.advance(MINUTE)
    world.expect_silence()
    assert EventKind.STEP_FAILED not in [event.kind for event in world.events()]


def test_after_a_hold_somebody_is_texted_again_whose_number_failed_days_before(world: World) -> None:
    world.phones.fail(NO_NUMBER, times=2)
    world.post()
    world.advance(SECOND)
    world.expect_page("mei")
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="high")
    assert world.ticket().hold_until == at("2027-01-11 00:00")
    world.clock.moment = at("2027-01-11 00:00")
    world.run()
    world.expect_page("ana", containing="HIGH T-1")


def waiting(world: World) -> None:
    """Ana was paged a second ago for another ticket, so the page for T-1 is queued."""
    world.post("T-0", impact="high", plan=BC)
    world.run()
    world.expect_page("ana", containing="HIGH T-0")
    world.clock.moment += SECOND
    world.post(impact="high", plan=BC)
    world.run()
    world.expect_silence()
    world.clock.moment += SECOND


def test_a_ticket_that_becomes_urgent_while_its_first_page_waits_is_paged_at_once_as_urgent(world: World) -> None:
    each_alone(world)
    waiting(world)
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="urgent")
    page = world.expect_page("ana", containing="URGENT T-1 Acme Ltd (BC): Sessions do not start.")
    assert page.body.endswith(f"Reply ACK {world.code()}")
    assert len(world.attempts()) == 1


def test_it_still_says_urgent_after_a_provider_that_was_away(world: World) -> None:
    waiting(world)
    world.phones.fail(Temporary("no network"))
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="urgent")
    world.advance(5 * SECOND)
    world.expect_page("ana", containing="URGENT T-1")


def test_a_ticket_that_becomes_urgent_after_its_first_page_is_not_paged_twice_for_it(world: World) -> None:
    world.post(impact="high", plan=BC)
    world.run()
    world.expect_page("ana", containing="HIGH T-1")
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="urgent")
    world.advance(MINUTE)
    world.expect_silence()


def test_a_page_that_waits_wakes_nobody_once_its_ticket_wakes_nobody(world: World) -> None:
    """Low waits for the desk's hours; where a policy covers it around the clock it is left to the desk at once."""
    always = packaged_policy_text().replace("low: {coverage: business", "low: {coverage: 24x7")
    assert always != packaged_policy_text()
    world.publish(policy=always)
    waiting(world)
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="low")
    assert world.ticket().action == "desk"
    world.advance(4 * MINUTE)
    world.expect_silence()
    assert world.attempts()[0].error == "no longer needed"


def test_a_ticket_passed_on_between_two_rounds_is_not_left_alone_for_two_of_them(world: World) -> None:
    world.post()
    world.advance(21 * MINUTE)
    world.expect_pages("ana", "ana", "ben", "mei")
    world.sms("ana", f"ACK {world.code()}")
    world.expect_pages("ben", "mei")
    world.sms("ana", f"PASS {world.code()}")
    world.advance(29 * MINUTE)
    world.expect_pages("ben", "mei")
    world.advance(MINUTE + SECOND)
    world.expect_page("ana")
