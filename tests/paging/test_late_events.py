"""An event that is recorded late, early, twice or out of order counts at its own time, and the log shows both times."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from oncall.errors import Refused
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.record_action import record
from oncall.paging.actions.ticket_action import TicketAction
from oncall.paging.clocks.clock_book import clocks
from oncall.paging.domain.events import EventKind, Replied, ReportedTimes
from oncall.paging.domain.pager_events import AlertMark, Breached, Withdrawn
from oncall.paging.domain.sla_alerts import mark_of
from oncall.paging.domain.state import fold
from oncall.paging.domain.ticket import TicketStatus
from oncall.support.clocks import SlaState
from tests.paging.world import World, at

MINUTE = timedelta(minutes=1)


def say(world: World, kind: EventKind, by: str, when: datetime, *, event_id: str | None = None) -> ActionResult:
    """Record now an event that happened at `when`."""
    context = replace(world.engine().context(by), lease_until=None)
    done = world.store.write(lambda tx: record(tx, "T-1", TicketAction(kind, by, when, id=event_id), context))
    world.run()
    return done


def state_of(world: World) -> SlaState:
    stored = world.ticket()
    return world.store.read(lambda tx: clocks(tx, stored.ticket, tx.events("T-1"), world.clock.moment))


def clocks_of(world: World) -> set[tuple[str, str, datetime]]:
    """Return each clock: its metric, its state, and since when."""
    state = state_of(world)
    return {(clock.metric.value, clock.state(state.at).value, clock.since) for clock in state.clocks}


def taken(world: World) -> None:
    """Ana takes an Urgent ticket at 03:12, and no reply to the customer is recorded."""
    world.post()
    world.run()
    world.act(EventKind.ACKNOWLEDGED, "ana")


def breached(world: World) -> None:
    """The first reply was due at 04:12; at 04:30 the manager has been told of the breach."""
    taken(world)
    world.advance(at("2027-01-09 04:30") - world.clock.moment)
    assert [event.metric for event in world.logged(Breached)] == ["first_reply"]
    world.read_all()


def test_a_reply_of_before_a_breach_that_was_told_withdraws_it_in_the_open(world: World) -> None:
    breached(world)
    say(world, EventKind.REPLIED, "zendesk", at("2027-01-09 04:00"))
    told = [(message.to, message.body) for message in world.phones.sent if "NO BREACH" in message.body]
    words = (
        "NO BREACH URGENT T-1 Acme Ltd (STD): the first reply due Sat 2027-01-09 04:12 EST was kept: "
        "zendesk recorded replied at Sat 2027-01-09 04:00 EST"
    )
    assert told == [("mei", words)]
    (withdrawn,) = world.logged(Withdrawn)
    assert (withdrawn.at, withdrawn.by) == (at("2027-01-09 04:30"), "zendesk")
    assert withdrawn.why == (
        "the first reply due Sat 2027-01-09 04:12 EST was kept: zendesk recorded replied at Sat 2027-01-09 04:00 EST"
    )
    (reply,) = world.logged(Replied)
    assert reply.reported == ReportedTimes(recorded_at=at("2027-01-09 04:30"))
    assert state_of(world).clocks[0].met_at == at("2027-01-09 04:00")
    world.read_all()


def test_a_reply_after_the_breach_withdraws_nothing(world: World) -> None:
    breached(world)
    say(world, EventKind.REPLIED, "ana", at("2027-01-09 04:20"))
    assert world.logged(Withdrawn) == []
    assert state_of(world).clocks[0].breached_at == at("2027-01-09 04:12")
    world.read_all()


def test_a_breach_that_was_withdrawn_is_told_again_should_it_be_one_after_all(world: World) -> None:
    breached(world)
    say(world, EventKind.REPLIED, "zendesk", at("2027-01-09 04:00"))
    say(world, EventKind.CUSTOMER_REPLIED, "zendesk", at("2027-01-09 04:05"))
    world.advance(at("2027-01-09 06:06") - world.clock.moment)
    assert [event.metric for event in world.logged(Breached)] == ["first_reply", "next_reply"]
    say(world, EventKind.UPDATED, "zendesk", at("2027-01-09 05:00"))
    assert [event.metric for event in world.logged(Withdrawn)] == ["first_reply", "next_reply"]
    world.read_all()


def test_an_event_of_a_fast_clock_counts_when_it_came_and_the_log_keeps_what_was_said(world: World) -> None:
    taken(world)
    say(world, EventKind.REPLIED, "zendesk", at("2027-01-09 03:16"))
    (reply,) = world.logged(Replied)
    assert (reply.at, reply.reported) == (at("2027-01-09 03:12"), ReportedTimes(said_at=at("2027-01-09 03:16")))
    world.read_all()


def test_a_fraction_of_a_second_is_dropped(world: World) -> None:
    taken(world)
    world.clock.moment += MINUTE
    say(world, EventKind.REPLIED, "zendesk", at("2027-01-09 03:12") + timedelta(microseconds=7))
    assert world.logged(Replied)[0].at == at("2027-01-09 03:12")
    world.read_all()


def test_a_reply_dated_before_the_receipt_counts_from_the_receipt_and_the_log_keeps_what_was_said(world: World) -> None:
    taken(world)
    say(world, EventKind.REPLIED, "zendesk", at("2027-01-08 07:00"))
    state = state_of(world)
    assert state.clocks[0].met_at == at("2027-01-09 03:12")
    assert [clock.since for clock in state.running] == [at("2027-01-09 03:12")]
    (reply,) = world.logged(Replied)
    assert (reply.at, reply.reported) == (at("2027-01-09 03:12"), ReportedTimes(said_at=at("2027-01-08 07:00")))
    world.read_all()


@pytest.mark.parametrize("kind", [EventKind.ACKNOWLEDGED, EventKind.UPDATED, EventKind.PASSED, EventKind.WAITING])
def test_every_action_dated_before_the_receipt_counts_from_the_receipt(world: World, kind: EventKind) -> None:
    world.post()
    world.run()
    done = say(world, kind, "ana", at("2027-01-08 07:00"))
    event = next(one for one in world.events() if one.kind is kind)
    assert event.at == at("2027-01-09 03:12")
    assert done.waited in (None, timedelta(0))
    world.advance(4 * MINUTE)
    assert [message.to for message in world.phones.sent] == (["ana", "ben"] if kind is EventKind.PASSED else ["ana"])
    world.read_all()


def test_a_stored_reply_of_before_the_receipt_still_counts_as_at_it_and_is_noted(world: World) -> None:
    taken(world)
    early = Replied("T-1", at("2027-01-09 03:10"), "zendesk", "replied")
    world.store.write(lambda tx: tx.append([early]))
    state = state_of(world)
    assert state.clocks[0].met_at == at("2027-01-09 03:12")
    assert state.notes == ("Replied at Sat 2027-01-09 03:10 EST lies before the opening and counts as at it.",)
    world.read_all()


def test_the_same_event_again_changes_nothing(world: World) -> None:
    taken(world)
    say(world, EventKind.REPLIED, "zendesk", at("2027-01-09 03:12"), event_id="e-1")
    again = say(world, EventKind.REPLIED, "zendesk", at("2027-01-09 03:12"), event_id="e-1")
    assert (again.changed, again.sentence) == (False, "T-1: this event is recorded already.")
    assert len(world.logged(Replied)) == 1
    world.read_all()


def test_two_messages_of_one_instant_are_one_debt(world: World) -> None:
    taken(world)
    say(world, EventKind.REPLIED, "ana", world.clock.moment)
    for name in ("e-1", "e-2"):
        say(world, EventKind.CUSTOMER_REPLIED, "zendesk", world.clock.moment, event_id=name)
    assert [clock.metric.value for clock in state_of(world).running] == ["periodic_update", "next_reply"]
    say(world, EventKind.REPLIED, "ana", world.clock.moment + MINUTE)
    assert [clock.metric.value for clock in state_of(world).running] == ["periodic_update"]
    world.read_all()


def test_a_reply_of_before_the_reopening_stops_no_escalation(world: World) -> None:
    taken(world)
    say(world, EventKind.REPLIED, "ana", world.clock.moment)
    world.advance(30 * MINUTE)
    world.act(EventKind.RESOLVED, "ana")
    world.advance(30 * MINUTE)
    world.act(EventKind.REOPENED, "zendesk")
    say(world, EventKind.UPDATED, "zendesk", at("2027-01-09 03:30"))
    assert world.ticket().status is TicketStatus.OPEN
    say(world, EventKind.UPDATED, "ana", world.clock.moment)
    assert world.ticket().status is TicketStatus.ACKNOWLEDGED
    world.read_all()


@pytest.mark.parametrize("kind", [EventKind.REPLIED, EventKind.UPDATED])
@pytest.mark.parametrize("minute", ["03:20", "03:32"])
def test_a_reply_that_is_told_after_the_resolution_counts_at_its_own_time(
    world: World, kind: EventKind, minute: str
) -> None:
    taken(world)
    world.advance(20 * MINUTE)
    world.act(EventKind.RESOLVED, "ana")
    world.advance(MINUTE)
    done = say(world, kind, "zendesk", at(f"2027-01-09 {minute}"))
    assert done.changed and world.ticket().status is TicketStatus.RESOLVED
    assert clocks_of(world) == {
        ("first_reply", "met", at("2027-01-09 03:12")),
        ("periodic_update", "stopped", at(f"2027-01-09 {minute}")),
    }
    world.read_all()


def test_a_reply_in_time_that_is_told_after_the_resolution_withdraws_the_breach(world: World) -> None:
    breached(world)
    world.act(EventKind.RESOLVED, "ana")
    world.read_all()
    say(world, EventKind.REPLIED, "zendesk", at("2027-01-09 04:10"))
    assert [message.to for message in world.phones.sent if "NO BREACH" in message.body] == ["mei"]
    world.read_all()
    assert {clock.breached_at for clock in state_of(world).clocks} == {None}


def test_a_reply_of_after_the_resolution_is_refused(world: World) -> None:
    taken(world)
    world.act(EventKind.RESOLVED, "ana")
    world.advance(20 * MINUTE)
    with pytest.raises(Refused, match=r"\AT-1 is resolved; reopen it first\Z"):
        say(world, EventKind.REPLIED, "zendesk", at("2027-01-09 03:13"))
    world.read_all()


def test_a_thank_you_wakes_nobody_and_starts_no_clock(world: World) -> None:
    taken(world)
    world.act(EventKind.REPLIED, "ana")
    world.act(EventKind.CUSTOMER_REPLIED, "zendesk", needs_reply=False)
    assert [clock.metric.value for clock in state_of(world).running] == ["periodic_update"]
    world.act(EventKind.RESOLVED, "ana")
    world.read_all()
    done = world.act(EventKind.CUSTOMER_REPLIED, "zendesk", needs_reply=False)
    assert (done.sentence, world.ticket().status) == ("T-1: the customer's message is recorded.", TicketStatus.RESOLVED)
    world.advance(timedelta(hours=3))
    world.expect_silence()


DEEDS = (
    EventKind.REPLIED,
    EventKind.CUSTOMER_REPLIED,
    EventKind.UPDATED,
    EventKind.ACKNOWLEDGED,
    EventKind.WAITING,
    EventKind.IMPACT_CHANGED,
    EventKind.RESOLVED,
    EventKind.REOPENED,
    EventKind.PASSED,
    EventKind.MERGED,
)
NAMES = ("T-1", "T-2", "T-3")


def do_something(world: World, random: Random) -> None:
    """Act on the ticket, now or up to four hours late. The ticket's state may refuse it."""
    name, kind = random.choice(NAMES), random.choice(DEEDS)
    impact = random.choice(("urgent", "high", "normal")) if kind is EventKind.IMPACT_CHANGED else ""
    into = random.choice(NAMES) if kind is EventKind.MERGED else ""
    when = world.clock.moment - random.choice((0, 0, 20, 90, 240)) * MINUTE
    action = TicketAction(kind, random.choice(("ana", "ben")), when, impact=impact, into=into)
    context = replace(world.engine().context(action.by), lease_until=None)
    with suppress(Refused):
        world.store.write(lambda tx: record(tx, name, action, context))
    world.run()


def breaches(world: World, name: str) -> tuple[set[AlertMark], set[AlertMark]]:
    """Return the breaches that were told and not withdrawn, and those of the clocks, as `mark_of` names them."""
    stored, log = world.ticket(name), world.events(name)
    state = world.store.read(lambda tx: clocks(tx, stored.ticket, log, world.clock.moment))
    assert state.is_resolved == (stored.status is TicketStatus.RESOLVED), name
    told = {mark for mark in fold(stored.ticket, log).alerts if mark.kind is EventKind.BREACHED}
    return told, {mark_of(EventKind.BREACHED, clock) for clock in state.clocks if clock.breached_at is not None}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_what_was_told_and_not_withdrawn_is_what_the_clocks_say_through_random_lives(world: World, seed: int) -> None:
    random = Random(seed)
    for name in NAMES:
        world.post(name, impact=random.choice(("urgent", "high", "normal")))
        world.advance(random.randrange(60) * MINUTE)
    for _ in range(14):
        do_something(world, random)
        world.advance(random.choice((0, 5, 45, 150)) * MINUTE)
        for name in NAMES:
            told, known = breaches(world, name)
            assert told == known, (name, [(event.kind.value, event.at) for event in world.events(name)])
    world.read_all()
