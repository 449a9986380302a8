"""`ACK` or `DONE` without a code acts on the ticket of the last page, while that page is fresh."""

from __future__ import annotations

from pathlib import Path

import pytest

from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import TicketStatus
from oncall.support.policy_file import packaged_policy_text
from tests.paging.storm import MINUTE, SECOND, each_alone, high
from tests.paging.world import World


def paged_for(world: World, *names: str) -> World:
    """Ana was paged for these tickets, one after the other."""
    each_alone(world)
    for name in names:
        world.post(name)
        world.run()
        world.clock.moment += SECOND
    world.read_all()
    return world


@pytest.mark.parametrize(("minutes", "is_taken"), [(59, True), (62, False)])
def test_ack_alone_counts_within_the_policy_s_time(world: World, minutes: int, is_taken: bool) -> None:
    paged_for(world, "T-1")
    world.clock.moment += minutes * MINUTE
    answer = world.sms("ana", "ACK")
    world.read_all()
    if is_taken:
        assert answer == "T-1 is yours."
    else:
        assert answer == (
            "NOT acknowledged: no page went to you in the last 1 h, so ACK needs a code. "
            f"Send ACK {world.code()} to take T-1."
        )
    assert (world.ticket().status is TicketStatus.ACKNOWLEDGED) is is_taken


def test_done_alone_counts_within_the_policy_s_time(world: World) -> None:
    paged_for(world, "T-1")
    world.sms("ana", "ACK")
    world.clock.moment += 61 * MINUTE
    assert world.sms("ana", "DONE").startswith(
        "NOT acknowledged: no page went to you in the last 1 h, so DONE needs a code."
    )
    assert world.ticket().status is not TicketStatus.RESOLVED
    assert world.sms("ana", f"DONE {world.code()}") == "T-1 is resolved."
    world.read_all()


def test_the_time_of_the_policy_counts(tmp_path: Path) -> None:
    world = World(tmp_path)
    text = packaged_policy_text()
    world.publish(policy=text.replace("sms:\n  unicode: true", "sms:\n  bare_reply_within: 2m\n  unicode: true"))
    world.post()
    world.run()
    world.clock.moment += 3 * MINUTE
    assert world.sms("ana", "ACK").startswith("NOT acknowledged: no page went to you in the last 2 min, ")
    world.read_all()
    world.close()


def test_ack_alone_takes_the_ticket_of_the_last_page_and_no_other(world: World) -> None:
    paged_for(world, "T-1", "T-2")
    world.act(EventKind.ACKNOWLEDGED, "ben", "T-2")
    world.read_all()
    answer = world.sms("ana", "ACK")
    assert answer == (
        f"NOT acknowledged: T-2 is taken by Ben Okafor. TAKE {world.code('T-2')} takes it over. "
        f"Send ACK {world.code('T-1')} to take T-1."
    )
    assert world.ticket("T-1").status is TicketStatus.OPEN


def test_ack_alone_after_the_last_ticket_was_resolved_takes_no_older_one(world: World) -> None:
    paged_for(world, "T-1", "T-2")
    world.act(EventKind.RESOLVED, "ben", "T-2")
    world.read_all()
    assert world.sms("ana", "ACK") == (
        f"NOT acknowledged: T-2 was resolved by Ben Okafor. Send ACK {world.code('T-1')} to take T-1."
    )
    assert world.ticket("T-1").status is TicketStatus.OPEN


def test_done_alone_resolves_no_ticket_that_the_person_does_not_have_while_they_have_another(world: World) -> None:
    paged_for(world, "T-1", "T-2")
    world.sms("ana", f"ACK {world.code('T-1')}")
    answer = world.sms("ana", "DONE")
    assert answer.startswith(
        "NOT acknowledged: DONE alone is for your last page, T-2, which is not yours; "
        f"send DONE {world.code('T-1')} for T-1."
    )
    assert [world.ticket(name).status for name in ("T-1", "T-2")] == [TicketStatus.ACKNOWLEDGED, TicketStatus.OPEN]
    world.read_all()


def test_done_alone_resolves_the_ticket_of_the_last_page(world: World) -> None:
    paged_for(world, "T-1", "T-2")
    world.sms("ana", "ACK")
    assert world.sms("ana", "DONE").startswith("T-2 is resolved.")
    assert world.ticket("T-2").status is TicketStatus.RESOLVED
    world.read_all()


def test_a_page_that_is_not_urgent_counts_as_well(world: World) -> None:
    high(world, "T-1")
    world.expect_page("ana")
    assert world.sms("ana", "ack") == "T-1 is yours."
