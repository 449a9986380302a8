"""Where on-call passes on, whoever comes on is told what is open: once, also across restarts."""

from __future__ import annotations

from datetime import timedelta

from oncall.paging.ticket import EventKind
from tests.paging.world import World, at

MINUTE = timedelta(minutes=1)


def handed_over(world: World, ticket_id: str = "T-1") -> list[tuple[str, str]]:
    events = [event for event in world.events(ticket_id) if event.kind is EventKind.HANDED_OVER]
    return [(event.details["to"], event.details["handoff_at"]) for event in events]


def taken_at(world: World, moment: str, **changes: str) -> None:
    """The customer was replied to, and ben has it."""
    world.clock.moment = at(moment)
    world.post(**changes)
    world.act(EventKind.REPLIED, "ben")
    while len(world.phones.sent) > world._read:
        world._read += 1


def test_in_the_evening_the_primary_is_told_what_is_open_and_which_clock_ends_first(world: World) -> None:
    taken_at(world, "2027-01-11 18:00")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    message = world.expect_page("ana")
    assert message.body == ("HANDOVER 1 open. First: URGENT T-1 Acme Ltd (STD), update by Mon 22:00 EST, taken by ben.")
    assert handed_over(world) == [("ana", "2027-01-12T00:01:00+00:00")]
    world.act(EventKind.RESOLVED, "ben")


def test_in_the_morning_the_desk_takes_over_in_its_own_queue(world: World) -> None:
    taken_at(world, "2027-01-12 06:00")
    world.advance(at("2027-01-12 08:00") - world.clock.moment)
    assert handed_over(world) == [("desk", "2027-01-12T13:00:00+00:00")]
    assert [(try_.to, try_.status.value) for try_ in world.attempts() if "HANDOVER" in try_.body] == [
        ("desk", "delivered")
    ]
    world.act(EventKind.RESOLVED, "ben")


def test_it_is_said_once_also_when_the_process_dies_right_after(world: World) -> None:
    taken_at(world, "2027-01-11 18:00")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    world.expect_page("ana", containing="HANDOVER")
    world.restart()
    world.advance(10 * MINUTE)
    world.restart()
    world.advance(10 * MINUTE)
    assert len(handed_over(world)) == 1
    world.act(EventKind.RESOLVED, "ben")


def test_several_tickets_make_one_message_the_most_pressing_first(world: World) -> None:
    taken_at(world, "2027-01-11 18:00", impact="high", plan="business-critical")
    world.clock.moment = at("2027-01-11 18:30")
    world.post("T-2")
    world.act(EventKind.REPLIED, "ben", "T-2")
    world.advance(at("2027-01-11 19:01") - world.clock.moment)
    message = world.expect_page("ana", containing="HANDOVER 2 open. First: URGENT T-2")
    assert message.body.endswith("Also: T-1")
    world.act(EventKind.RESOLVED, "ben")
    world.act(EventKind.RESOLVED, "ben", "T-2")


def test_engineers_are_not_told_of_what_nobody_is_woken_for(world: World) -> None:
    taken_at(world, "2027-01-11 18:00", impact="low")
    world.advance(at("2027-01-11 19:30") - world.clock.moment)
    assert handed_over(world) == []


def test_whoever_is_put_on_in_between_is_told_too(world: World) -> None:
    taken_at(world, "2027-01-11 20:00")
    world.override("chloe", role="primary", start="2027-01-11 21:00", end="2027-01-12 08:00")
    world.advance(at("2027-01-11 21:00") - world.clock.moment)
    world.expect_page("chloe", containing="HANDOVER 1 open")
    world.act(EventKind.RESOLVED, "ben")


def test_a_handoff_that_was_slept_through_is_no_news_any_more(world: World) -> None:
    taken_at(world, "2027-01-11 18:00", impact="high", plan="business-critical")
    world.clock.moment = at("2027-01-11 20:02")
    world.run()
    assert handed_over(world) == []
    world.act(EventKind.RESOLVED, "ben")
