"""A pager is killed: the next one finishes the pages that it finds."""

from __future__ import annotations

from oncall.paging.domain.ticket import AttemptStatus
from tests.paging.test_engine_faults import MINUTE, SECOND
from tests.paging.world import World, ticket_body


def test_killed_between_commit_and_send_the_page_goes_out_after_the_restart(world: World) -> None:
    world.live(1, MINUTE, ticket_body())
    assert world.attempts()[0].status is AttemptStatus.UNKNOWN
    world.expect_silence()
    world.advance(10 * SECOND)
    world.expect_page("ana")
    world.advance(4 * MINUTE)


def test_killed_between_send_and_record_the_page_is_not_sent_again(world: World) -> None:
    world.live(3, MINUTE, ticket_body())
    world.expect_page("ana")
    world.advance(4 * MINUTE)
    assert (world.phones.finds, world.attempts()[0].status) == (1, AttemptStatus.SENT)


def test_killed_while_the_page_was_still_queued_it_goes_out_after_the_restart(world: World) -> None:
    world.post()
    world.restart()
    world.expect_page("ana")


# While a send is under way.
