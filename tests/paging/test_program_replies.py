"""Replies reported by a program meet the reply clock, and take a ticket only from the desk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import TicketStatus
from tests.paging.world import MONDAY_MORNING, World

REPLIES = [EventKind.REPLIED, EventKind.UPDATED]


@pytest.mark.parametrize("kind", REPLIES)
def test_a_reply_that_a_program_reports_does_not_stop_the_escalation(world: World, kind: EventKind) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.act(kind, "helpdesk", takes_ticket=False)
    assert (world.ticket().status, world.ticket().owner) == (TicketStatus.OPEN, None)
    world.advance(timedelta(minutes=10))
    world.expect_page("ana")
    world.expect_page("ben")


def test_a_reply_that_a_program_reports_on_a_held_ticket_leaves_its_page_to_the_end_of_the_hold(world: World) -> None:
    world.post(impact="high")
    world.act(EventKind.REPLIED, "helpdesk", takes_ticket=False)
    assert world.ticket().status is TicketStatus.OPEN
    world.advance(timedelta(days=2))
    world.expect_page("ana")
    world.read_all()


@pytest.fixture
def desk(tmp_path: Path) -> World:
    """Monday morning: the support desk owns tickets, and ana and ben were on call until 08:00."""
    world = World(tmp_path, now=MONDAY_MORNING)
    world.publish()
    world.post()
    world.run()
    return world


def test_a_reply_that_a_program_reports_takes_a_ticket_that_only_the_desk_has(desk: World) -> None:
    desk.act(EventKind.REPLIED, "kim", takes_ticket=False)
    assert (desk.ticket().status, desk.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "kim")
    desk.advance(timedelta(minutes=30))
    desk.close()


def test_it_takes_no_ticket_that_has_gone_on_from_the_desk_to_the_engineers(desk: World) -> None:
    desk.advance(timedelta(minutes=15))
    desk.expect_page("ana")
    desk.act(EventKind.REPLIED, "kim", takes_ticket=False)
    assert (desk.ticket().status, desk.ticket().owner) == (TicketStatus.OPEN, None)
    desk.advance(timedelta(minutes=10))
    desk.expect_page("ana")
    desk.expect_page("ben")
    desk.close()


def test_it_ends_a_chase_and_leaves_the_ticket_to_its_owner(world: World) -> None:
    world.post()
    world.run()
    world.expect_page("ana")
    world.act(EventKind.ACKNOWLEDGED, "ana")
    world.advance(timedelta(minutes=56))
    assert world.ticket().status is TicketStatus.OPEN
    world.read_all()
    world.act(EventKind.REPLIED, "helpdesk", takes_ticket=False)
    assert (world.ticket().status, world.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "ana")
    world.read_all()
