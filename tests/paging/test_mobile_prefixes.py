"""Replies from a phone whose number the carrier writes with another mobile prefix than the roster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from oncall.paging.domain.ticket import TicketStatus
from oncall.rosters.roster_file import read_roster
from tests.paging.world import ROSTER, World

MEXICO, ARGENTINA = ("+525512345678", "+5215512345678"), ("+541112345678", "+5491112345678")


@pytest.fixture(params=[MEXICO, ARGENTINA, ARGENTINA[::-1]], ids=lambda pair: pair[1])
def numbers(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Ana's number on the roster, and the number that the carrier names as the sender of her texts."""
    pair: tuple[str, str] = request.param
    return pair


@pytest.fixture
def paged(tmp_path: Path, numbers: tuple[str, str]) -> Iterator[World]:
    """Ticket T-1 has paged ana."""
    roster = read_roster(ROSTER)
    engineers = [replace(each, phone=numbers[0]) if each.id == "ana" else each for each in roster.engineers]
    world = World(tmp_path, roster=replace(roster, engineers=tuple(engineers)))
    world.publish()
    world.post()
    world.run()
    world.expect_page("ana")
    yield world
    world.close()


def test_a_reply_with_the_other_mobile_prefix_acknowledges(paged: World, numbers: tuple[str, str]) -> None:
    assert paged.sms(numbers[1], f"ACK {paged.code()}") == "T-1 is yours."
    assert (paged.ticket().status, paged.ticket().owner) == (TicketStatus.ACKNOWLEDGED, "ana")


def test_a_stop_with_the_other_mobile_prefix_is_remembered(paged: World, numbers: tuple[str, str]) -> None:
    paged.sms(numbers[1], "STOP")
    paged.expect_page("mei", containing="Ana Pereira")
