"""A promised time never runs out in silence: the owner is warned, then the chain is paged, then the manager is told."""

from __future__ import annotations

from datetime import timedelta

from oncall.paging.ticket import Event, EventKind, TicketStatus
from tests.paging.world import MONDAY_MORNING, World, at

MINUTE = timedelta(minutes=1)


def of_kind(world: World, kind: EventKind) -> list[Event]:
    return [event for event in world.events() if event.kind is kind]


def taken(world: World) -> None:
    """Ana takes an Urgent ticket at 03:12 and tells the customer nothing."""
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
    chased = of_kind(world, EventKind.CHASED)
    assert [event.why for event in chased] == [
        "the first reply is due Sat 2027-01-09 04:12 EST, and ana has not sent it: the chain is paged"
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
    assert message.body == ("BREACH URGENT T-1 Acme Ltd (STD): 1st reply was due Sat 04:12 EST. Taken by ana.")
    world.restart()
    world.advance(timedelta(hours=12))
    breached = of_kind(world, EventKind.BREACHED)
    assert [(event.details["metric"], event.details["due_at"]) for event in breached] == [
        ("first_reply", "2027-01-09T09:12:00+00:00")
    ]


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
    world.act(EventKind.IMPACT_CHANGED, "ana", details={"impact": "urgent"})
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
    world.act(EventKind.IMPACT_CHANGED, "ana", details={"impact": "urgent"})
    world.advance(15 * MINUTE)
    world.expect_page("ana", containing="1st reply due Mon 21:00 EST")
    world.act(EventKind.REPLIED, "ana")


def test_a_duplicate_that_is_merged_is_over_and_says_where_it_went_on(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.post("T-2")
    world.run()
    world.expect_page("ana")
    world.act(EventKind.REPLIED, "ana")
    done = world.act(EventKind.MERGED, "ana", "T-2", details={"into": "T-1"})
    assert done.sentence == "T-2 is merged into T-1."
    assert world.act(EventKind.MERGED, "ana", "T-2", details={"into": "T-1"}).sentence == (
        "T-2 is merged into T-1 already."
    )
    world.advance(timedelta(hours=2))
