"""The owner is warned before a breach, then the escalation restarts; at the breach the manager is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oncall.errors import Permanent
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.pager_events import Breached, Chased, StepFired
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.outgoing.spoken_text import spoken_text
from tests.paging.storm import each_alone
from tests.paging.world import MONDAY_MORNING, World, at

MINUTE = timedelta(minutes=1)


def taken(world: World) -> None:
    """Ana takes an Urgent ticket at 03:12, and no reply to the customer is recorded."""
    world.post()
    world.run()
    world.expect_page("ana")
    world.act(EventKind.ACKNOWLEDGED, "ana")


def test_an_acknowledged_ticket_without_a_reply_warns_its_owner_at_three_quarters_of_the_time(world: World) -> None:
    taken(world)
    world.advance(at("2027-01-09 03:57") - world.clock.moment - timedelta(seconds=1))
    world.expect_silence()
    world.advance(timedelta(seconds=1))
    message = world.expect_page("ana")
    assert message.body == "DUE SOON URGENT T-1 Acme Ltd (STD): 1st reply due Sat 04:12 EST. Not sent yet."
    world.act(EventKind.REPLIED, "ana")
    world.advance(timedelta(hours=2))


def test_then_the_chain_is_paged_so_early_that_all_of_it_comes_before_the_breach(world: World) -> None:
    taken(world)
    world.advance(at("2027-01-09 04:11") - world.clock.moment)
    world.expect_page("ana", containing="DUE SOON")
    for person in ("ana", "ana", "ben", "mei"):
        message = world.expect_page(person, containing="1st reply by Sat 04:12 EST. Reply ACK ")
        assert message.body.endswith(world.code())
    chased = world.logged(Chased)
    assert [event.why for event in chased] == [
        "the first reply is due Sat 2027-01-09 04:12 EST, and ana has not sent it: the escalation starts again"
    ]
    world.act(EventKind.REPLIED, "ana")
    assert world.ticket().status is TicketStatus.ACKNOWLEDGED
    told = [message for message in world.phones.sent if "is taken by Ana" in message.body]
    assert sorted(message.to for message in told) == ["ben", "mei"]
    for message in told:
        world.expect_page(message.to)
    world.advance(timedelta(hours=2))


def test_a_breach_is_an_event_told_to_the_manager_once_and_never_again(world: World) -> None:
    taken(world)
    world.advance(at("2027-01-09 04:06") - world.clock.moment)
    for person in ("ana", "ana", "ana"):
        world.expect_page(person)
    world.act(EventKind.ACKNOWLEDGED, "ana")
    world.advance(at("2027-01-09 04:12") - world.clock.moment - timedelta(seconds=1))
    world.expect_silence()
    world.advance(timedelta(seconds=1))
    message = world.expect_page("mei")
    assert message.body == ("BREACH URGENT T-1 Acme Ltd (STD): 1st reply was due Sat 04:12 EST. Taken by Ana Pereira.")
    world.restart()
    world.advance(timedelta(hours=12))
    breached = world.logged(Breached)
    assert [(event.metric, event.due_at) for event in breached] == [("first_reply", at("2027-01-09 04:12"))]


def test_the_next_reply_is_watched_too_and_an_answer_in_time_keeps_it_quiet(world: World) -> None:
    taken(world)
    world.act(EventKind.REPLIED, "ana")
    world.act(EventKind.CUSTOMER_REPLIED, "zendesk")
    world.advance(90 * MINUTE)
    world.expect_page("ana", containing="next reply due Sat 05:12 EST")
    world.act(EventKind.UPDATED, "ana")
    world.advance(2 * timedelta(hours=1))


def test_the_periodic_update_is_watched_until_the_ticket_is_resolved(world: World) -> None:
    taken(world)
    world.act(EventKind.REPLIED, "ana")
    world.advance(timedelta(hours=3))
    world.expect_page("ana", containing="update due Sat 07:12 EST")
    world.act(EventKind.RESOLVED, "ana")
    world.advance(timedelta(hours=12))


def test_waiting_for_the_customer_pauses_updates_for_high_but_not_for_urgent(world: World) -> None:
    world.clock.moment = at("2027-01-11 20:00")
    world.post(impact="high", plan="business-critical")
    world.run()
    world.expect_page("ana")
    world.act(EventKind.REPLIED, "ana")
    world.act(EventKind.WAITING, "ana")
    world.advance(timedelta(hours=10))
    world.expect_silence()
    world.act(EventKind.IMPACT_CHANGED, "ana", impact="urgent")
    world.advance(90 * MINUTE)
    world.expect_page("ana", containing="update due")
    world.act(EventKind.RESOLVED, "ana")


def test_a_ticket_that_nobody_took_is_not_warned_about_but_its_breach_is_told(world: World) -> None:
    world.clock.moment = MONDAY_MORNING
    world.post(impact="normal", plan="business-critical")
    world.advance(at("2027-01-11 18:01") - world.clock.moment)
    assert [(try_.to, try_.purpose.value) for try_ in world.attempts()] == [
        ("desk", "page"),
        ("desk", "notice"),
        ("mei", "notice"),
    ]
    world.expect_page("mei", containing="Taken by nobody")


def test_an_upgrade_counts_from_the_ticket_s_own_start_and_pages_with_that_deadline(world: World) -> None:
    world.clock.moment = at("2027-01-11 20:00")
    world.post(impact="high")
    world.run()
    world.expect_page("ana", containing="1st reply by Tue 00:00 EST")
    world.act(EventKind.ACKNOWLEDGED, "ana")
    world.advance(30 * MINUTE)
    world.act(EventKind.IMPACT_CHANGED, "ana", impact="urgent")
    world.advance(15 * MINUTE)
    world.expect_page("ana", containing="1st reply due Mon 21:00 EST")
    world.act(EventKind.REPLIED, "ana")


def test_a_duplicate_that_is_merged_is_over_and_says_where_it_went_on(world: World) -> None:
    each_alone(world)
    world.post()
    world.run()
    world.expect_page("ana")
    world.post("T-2")
    world.run()
    world.expect_page("ana")
    world.act(EventKind.REPLIED, "ana")
    done = world.act(EventKind.MERGED, "ana", "T-2", into="T-1")
    assert done.sentence == "T-2 is merged into T-1."
    assert world.act(EventKind.MERGED, "ana", "T-2", into="T-1").sentence == ("T-2 is merged into T-1 already.")
    world.advance(timedelta(hours=2))


def test_a_chase_says_that_it_is_one_who_has_the_ticket_and_what_is_due_when(world: World) -> None:
    taken(world)
    world.advance(at("2027-01-09 04:05") - world.clock.moment)
    world.expect_page("ana", containing="DUE SOON")
    message = world.expect_page("ana")
    assert message.body == (
        "CHASE URGENT T-1 Acme Ltd (STD), Ana Pereira has it: Sessions do not start. "
        f"1st reply by Sat 04:12 EST. Reply ACK {world.code()}"
    )
    assert (world.ticket().status, world.ticket().owner) == (TicketStatus.OPEN, "ana")
    assert "Ana has it, and a reply or an update is nearly due." in spoken_text(world.ticket())
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


def chased(world: World) -> None:
    """At 04:05 the escalation of Ana's ticket has restarted."""
    taken(world)
    world.advance(at("2027-01-09 04:05") - world.clock.moment)
    assert len(world.logged(Chased)) == 1
    world.read_all()


def test_a_chase_is_one_round_and_the_breach_is_told_once(world: World) -> None:
    chased(world)
    world.advance(timedelta(hours=8))
    later = [message.body.split()[0] for message in world.unread()]
    assert sorted(later) == ["BREACH", "CHASE", "CHASE", "CHASE"]
    world.read_all()


def test_somebody_else_who_acknowledges_a_chase_has_the_ticket(world: World) -> None:
    chased(world)
    assert world.sms("ben", f"ACK {world.code()}") == "T-1 is yours."
    assert (world.ticket().status, world.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "ben")
    world.read_all()
    world.advance(6 * MINUTE)
    world.expect_silence()
    world.act(EventKind.REPLIED, "ben")


def test_somebody_can_take_a_chased_ticket_after_the_round_is_over(world: World) -> None:
    chased(world)
    world.advance(timedelta(hours=2))
    assert world.sms("ben", f"ACK {world.code()}") == "T-1 is yours."
    world.read_all()


def test_the_clocks_of_a_ticket_whose_chase_nobody_answered_are_watched_on(world: World) -> None:
    chased(world)
    world.act(EventKind.CUSTOMER_REPLIED, "zendesk")
    world.advance(timedelta(hours=2))
    world.act(EventKind.REPLIED, "zendesk")
    world.act(EventKind.CUSTOMER_REPLIED, "zendesk")
    world.read_all()
    world.advance(90 * MINUTE)
    world.expect_page("ana", containing="DUE SOON URGENT T-1 Acme Ltd (STD): next reply due")
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


def test_waiting_for_the_customer_ends_a_chase_and_leaves_the_ticket_with_its_owner(world: World) -> None:
    chased(world)
    world.act(EventKind.WAITING, "ben")
    assert (world.ticket().status, world.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "ana")
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


@pytest.mark.slow
def test_passing_a_chased_ticket_on_lets_its_escalation_run_without_end(world: World) -> None:
    chased(world)
    world.act(EventKind.PASSED, "ana")
    assert world.ticket().owner is None
    world.advance(timedelta(hours=3))
    assert sum("ACK" in message.body for message in world.unread()) > 8
    world.act(EventKind.ACKNOWLEDGED, "ben")
    world.act(EventKind.REPLIED, "ben")
    world.read_all()


def test_a_chase_that_reaches_nobody_is_tried_again_while_there_is_time(world: World) -> None:
    taken(world)
    world.advance(at("2027-01-09 04:04") - world.clock.moment)
    world.read_all()
    world.phones.fail(Permanent("no such number", code=21211), times=200)
    world.advance(timedelta(hours=3))
    rounds = {event.round for event in world.logged(StepFired)}
    assert 3 <= len(rounds) <= 9
    world.phones.faults.clear()


def test_whoever_takes_a_ticket_late_gets_a_moment_before_the_chain_is_paged_again(world: World) -> None:
    world.post()
    world.advance(at("2027-01-09 04:06") - world.clock.moment)
    world.read_all()
    world.act(EventKind.ACKNOWLEDGED, "ben")
    assert world.logged(Chased) == []
    world.advance(3 * MINUTE)
    assert [event.at for event in world.logged(Chased)] == [at("2027-01-09 04:09")]
    world.act(EventKind.REPLIED, "ben")
    world.read_all()


def upgraded(world: World) -> None:
    """Ana has a Normal ticket since Monday 20:00; at 22:00 it becomes Urgent, so that its hour is already over."""
    world.clock.moment = at("2027-01-11 20:00")
    world.post(impact="high")
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ana")
    world.advance(timedelta(hours=2))
    world.read_all()
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="urgent")


def test_an_upgrade_that_breaks_a_promise_at_once_tells_the_manager_and_chases_the_owner(world: World) -> None:
    upgraded(world)
    sent = sorted((message.to, message.body.split()[0]) for message in world.unread())
    assert sent == [("ana", "CHASE"), ("mei", "BREACH")]
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


def test_a_downgrade_ends_the_chase_and_leaves_the_ticket_with_its_owner(world: World) -> None:
    upgraded(world)
    world.read_all()
    world.act(EventKind.IMPACT_CHANGED, "zendesk", impact="low")
    assert (world.ticket().status, world.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "ana")
    world.advance(timedelta(hours=5))
    assert [message.body for message in world.unread() if "ACK" in message.body] == []
    world.read_all()


def test_waiting_for_the_customer_pauses_nothing_of_an_urgent_ticket(world: World) -> None:
    taken(world)
    world.act(EventKind.REPLIED, "ana")
    world.act(EventKind.WAITING, "ana")
    world.advance(timedelta(hours=3))
    world.expect_page("ana", containing="update due Sat 07:12 EST")
    world.act(EventKind.RESOLVED, "ana")
    world.read_all()
