"""Writing messages from the log: every event once, although numbers of the log may come late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from oncall.paging.actions.handoff_notes import add_note
from oncall.paging.domain.events import EventKind
from oncall.paging.ports.relay import RelayFilter
from oncall.paging.relay.filling import Filling
from oncall.paging.relay.log_gaps import LogGaps
from oncall.support.policy_file import packaged_policy_text
from tests.paging.world import World, at

HOOK = "\nwebhooks: {helpdesk: {url: https://desk.example.com/hook}}\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    scene = World(tmp_path)
    scene.publish(policy=packaged_policy_text() + HOOK)
    yield scene
    scene.store.close()


def fill(world: World, filling: Filling) -> list[str]:
    """Run one round, and return the types of the messages that it wrote."""
    real_now = world.clock.real_now()
    found = world.store.read(lambda tx: filling.find(tx, now=world.clock.now(), real_now=real_now))
    if world.store.write(lambda tx: filling.store(tx, found)):
        filling.stored(found)
    return [message.kind for message in found.messages]


def kinds(world: World) -> list[str]:
    found = world.store.read(lambda tx: tx.relay_messages(RelayFilter()))
    return [message.kind for message in sorted(found, key=lambda each: each.position)]


def test_events_from_before_the_webhook_are_not_told(world: World) -> None:
    world.post("T-1", impact="low")
    filling = Filling()
    assert fill(world, filling) == []
    world.post("T-2", impact="low")
    assert fill(world, filling) == ["ticket.accepted"]


def test_a_pager_that_was_away_goes_on_where_it_stopped(world: World) -> None:
    fill(world, Filling())
    world.post("T-1", impact="low")
    world.act(EventKind.RESOLVED, "ana", "T-1")
    assert fill(world, Filling()) == ["ticket.accepted", "ticket.resolved"]
    assert fill(world, Filling()) == []


def test_two_pagers_write_each_message_once(world: World) -> None:
    fill(world, Filling())
    world.post("T-1", impact="low")
    one, other = Filling(), Filling()
    real_now = world.clock.real_now()
    looks = [world.store.read(partial(each.find, now=world.clock.now(), real_now=real_now)) for each in (one, other)]
    assert [world.store.write(partial(one.store, found=found)) for found in looks] == [True, False]
    assert kinds(world) == ["ticket.accepted"]


def test_a_policy_without_webhooks_writes_nothing_and_forgets_how_far_it_was(world: World) -> None:
    filling = Filling()
    fill(world, filling)
    world.publish()
    world.post("T-1", impact="low")
    assert fill(world, filling) == []
    assert world.store.read(lambda tx: tx.relay_cursor()) is None
    world.publish(policy=packaged_policy_text() + HOOK)
    world.post("T-2", impact="low")
    fill(world, filling)
    assert fill(world, filling) == ["ticket.accepted"]
    assert kinds(world) == ["ticket.accepted"]


def test_a_number_of_the_log_that_comes_late_is_waited_for_but_holds_nothing_up(world: World) -> None:
    fill(world, Filling())
    world.post("T-1", impact="low")
    gaps, now = LogGaps(), world.clock.real_now()
    events = world.store.read(lambda tx: tx.events("T-1"))
    known = [event.seq for event in events]
    late = [number + 3 for number in known]
    before = known[0] - 1
    assert gaps.settled(before, late, now) == before
    assert gaps.settled(before, late, now + timedelta(seconds=61)) == late[-1]
    assert LogGaps().settled(before, [*known, *late], now) == known[-1]


def handoffs(world: World) -> list[str]:
    """Return the reports of shifts that were written for channels."""
    found = world.store.read(lambda tx: tx.relay_messages(RelayFilter()))
    return [message.body for message in found if message.kind == "handoffs"]


def at_a_handoff(world: World) -> None:
    """A channel is about handoffs, there is a note, and it is the minute of the handoff."""
    world.publish(policy=f"{packaged_policy_text()}\nchannels: {{team: {{about: [handoffs]}}}}\n")
    world.clock.moment = at("2027-01-11 12:00")
    fill(world, Filling())
    context = world.engine().context("mei")
    world.store.write(lambda tx: add_note(tx, "Acme tests its failover tonight", "mei", context))
    world.clock.moment = at("2027-01-11 19:01")


def test_a_channel_gets_the_whole_report_of_a_shift_once(world: World) -> None:
    at_a_handoff(world)
    filling = Filling()
    assert fill(world, filling) == ["handoffs"]
    assert fill(world, filling) == []
    fill(world, Filling())
    (text,) = handoffs(world)
    assert text.splitlines() == [
        "Shift from Mon 2027-01-11 08:00 EST to Mon 2027-01-11 19:01 EST. Next: ana, ben.",
        "No ticket is open.",
        "Nobody was paged in this shift.",
        "No ticket is held until the next shift.",
        "Notes (1):",
        "  Mon 2027-01-11 12:00 EST  mei: Acme tests its failover tonight",
    ]


def test_a_quiet_shift_and_a_handoff_of_long_ago_are_not_reported(world: World) -> None:
    at_a_handoff(world)
    world.clock.moment = at("2027-01-11 20:02")
    assert fill(world, Filling()) == []
    world.clock.moment = at("2027-01-12 19:01")
    assert fill(world, Filling()) == []
    assert handoffs(world) == []
