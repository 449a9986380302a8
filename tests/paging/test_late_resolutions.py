"""Resolutions and reopenings that are reported late."""

from __future__ import annotations

from datetime import timedelta

from oncall.paging.domain.events import EventKind, Reopened
from oncall.paging.domain.ticket import TicketStatus
from tests.paging.test_late_events import MINUTE, clocks_of, say, state_of, taken
from tests.paging.world import World, at


def test_a_resolution_or_a_reopening_that_is_told_late_still_ends_or_opens_the_ticket(world: World) -> None:
    taken(world)
    world.advance(20 * MINUTE)
    world.act(EventKind.RESOLVED, "ana")
    say(world, EventKind.REOPENED, "zendesk", at("2027-01-09 03:20"))
    assert world.logged(Reopened)[0].at == at("2027-01-09 03:32")
    assert [clock.metric.value for clock in state_of(world).running] == ["first_reply"]
    say(world, EventKind.RESOLVED, "zendesk", at("2027-01-09 03:15"))
    assert state_of(world).running == ()
    world.read_all()


def test_a_customer_who_writes_on_a_resolved_ticket_opens_it_again_and_is_owed_a_reply(world: World) -> None:
    taken(world)
    world.act(EventKind.REPLIED, "ana")
    world.act(EventKind.RESOLVED, "ana")
    world.read_all()
    world.advance(timedelta(days=9))
    now = world.clock.moment
    done = say(world, EventKind.CUSTOMER_REPLIED, "zendesk", now - 5 * MINUTE, event_id="e-1")
    assert done.sentence == "T-1 is open again: the customer wrote."
    world.expect_page("ana", containing="URGENT T-1")
    (reopened,) = world.logged(Reopened)
    assert (reopened.at, reopened.by, reopened.why) == (
        now - 5 * MINUTE,
        "oncall",
        "the customer wrote after it was resolved",
    )
    (clock,) = state_of(world).running
    assert (clock.metric.value, clock.due_at) == ("first_reply", now + 55 * MINUTE)
    assert state_of(world).notes == ()
    assert say(world, EventKind.CUSTOMER_REPLIED, "zendesk", now, event_id="e-1").changed is False
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


def test_a_message_that_crossed_the_resolution_opens_it_again_too(world: World) -> None:
    taken(world)
    world.advance(20 * MINUTE)
    world.act(EventKind.RESOLVED, "ana")
    world.read_all()
    say(world, EventKind.CUSTOMER_REPLIED, "zendesk", at("2027-01-09 03:30"))
    world.expect_page("ana", containing="1st reply by Sat 04:32 EST")
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


def test_a_resolution_that_is_told_after_a_message_of_later_does_not_silence_the_customer(world: World) -> None:
    taken(world)
    world.act(EventKind.REPLIED, "ana")
    world.advance(20 * MINUTE)
    say(world, EventKind.CUSTOMER_REPLIED, "zendesk", at("2027-01-09 03:26"))
    world.read_all()
    done = say(world, EventKind.RESOLVED, "zendesk", at("2027-01-09 03:24"))
    assert done.sentence == "T-1 is open again: the customer wrote."
    assert world.ticket().status is TicketStatus.OPEN
    world.expect_page("ana", containing="1st reply by Sat 04:26 EST")
    assert clocks_of(world) == {
        ("first_reply", "met", at("2027-01-09 03:12")),
        ("periodic_update", "stopped", at("2027-01-09 03:12")),
        ("first_reply", "running", at("2027-01-09 03:26")),
    }
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


def test_a_reopening_that_is_told_before_its_resolution_is_not_lost(world: World) -> None:
    taken(world)
    world.act(EventKind.REPLIED, "ana")
    world.advance(20 * MINUTE)
    kept = say(world, EventKind.REOPENED, "zendesk", at("2027-01-09 03:26"), event_id="r-1")
    assert (kept.changed, kept.sentence) == (False, "T-1 is not resolved: there is nothing to reopen.")
    assert world.ticket().owner == "ana"
    assert world.logged(Reopened)[0].why == "reopened; it was not resolved"
    again = say(world, EventKind.REOPENED, "zendesk", at("2027-01-09 03:26"), event_id="r-1")
    assert again.sentence == "T-1: this event is recorded already."
    world.read_all()
    done = say(world, EventKind.RESOLVED, "zendesk", at("2027-01-09 03:24"))
    assert done.sentence == "T-1 is open again: it was reopened later."
    assert world.ticket().status is TicketStatus.OPEN
    world.expect_page("ana", containing="1st reply by Sat 04:26 EST")
    assert clocks_of(world) == {
        ("first_reply", "met", at("2027-01-09 03:12")),
        ("periodic_update", "stopped", at("2027-01-09 03:12")),
        ("first_reply", "running", at("2027-01-09 03:26")),
    }
    world.act(EventKind.REPLIED, "ana")
    world.read_all()


def test_a_resolution_of_after_a_reopening_that_undid_nothing_ends_the_ticket(world: World) -> None:
    taken(world)
    world.act(EventKind.REPLIED, "ana")
    say(world, EventKind.REOPENED, "zendesk", world.clock.moment)
    world.advance(MINUTE)
    done = say(world, EventKind.RESOLVED, "zendesk", world.clock.moment)
    assert done.sentence == "T-1 is resolved."
    assert world.ticket().status is TicketStatus.RESOLVED
    world.read_all()


def test_a_thank_you_before_a_late_resolution_opens_nothing_again(world: World) -> None:
    taken(world)
    world.act(EventKind.REPLIED, "ana")
    world.advance(20 * MINUTE)
    world.act(EventKind.CUSTOMER_REPLIED, "zendesk", needs_reply=False)
    assert say(world, EventKind.RESOLVED, "zendesk", at("2027-01-09 03:24")).sentence == "T-1 is resolved."
    world.read_all()
