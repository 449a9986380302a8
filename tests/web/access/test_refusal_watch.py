"""How often refused requests are logged, stored and reported, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from oncall.paging.ports.refusals import RefusalCount, RefusalReason
from oncall.paging.sending.engine import Engine
from oncall.web.access.refusals import LOGGED_A_MINUTE, MOST_SAMPLES, Refusals
from oncall.wiring.refusal_watch import RefusalWatch
from tests.paging.world import World

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def refusals(world: World) -> Refusals:
    return Refusals(CollectorRegistry(), real_now=world.clock.real_now, worker="test")


def refuse(refusals: Refusals, count: int = 1, *, source: str = "192.0.2.7", caller: str = "zendesk") -> None:
    for _ in range(count):
        refusals.refused(
            RefusalReason.BODY,
            422,
            caller=caller,
            source=source,
            path="/v1/tickets",
            detail="impact: missing",
            is_work=True,
        )


@pytest.fixture
def look(world: World, refusals: Refusals) -> Callable[[], list[RefusalCount]]:
    """Let the watch look once. Return what is stored then."""
    engine = Engine(store=world.store, channels={"sms": world.phones}, clock=world.clock, worker="test")
    watch = RefusalWatch(refusals, engine, world.clock, worker="test", alarm=None)

    def once() -> list[RefusalCount]:
        asyncio.run(watch.check())
        return world.store.read(lambda tx: tx.refusals(since=world.clock.real_now() - timedelta(days=1)))

    return once


def actions(logs: list[Any]) -> list[str]:
    return [each["action"] for each in logs]


def test_the_refusals_of_a_minute_that_are_not_logged_are_counted_in_one_line(world: World, refusals: Refusals) -> None:
    with capture_logs() as logs:
        refuse(refusals, 50)
        refusals.summarise()
        assert actions(logs) == ["refused"] * LOGGED_A_MINUTE
        world.advance(MINUTE)
        refusals.summarise()
        refusals.summarise()
    assert logs[-1]["count"] == 50 - LOGGED_A_MINUTE
    assert actions(logs) == ["refused"] * LOGGED_A_MINUTE + ["refused_more"]


def test_a_flood_from_many_addresses_is_logged_by_a_bounded_number_of_lines(refusals: Refusals) -> None:
    with capture_logs() as logs:
        for number in range(2 * MOST_SAMPLES):
            refuse(refusals, source=f"10.0.{number // 256}.{number % 256}", caller="")
    assert len(logs) == MOST_SAMPLES + LOGGED_A_MINUTE


def test_counts_are_stored_when_a_caller_is_refused_again_and_again_and_then_once_a_minute(
    world: World, refusals: Refusals, look: Callable[[], list[RefusalCount]]
) -> None:
    refuse(refusals, 3)
    assert [each.count for each in look()] == [3]
    for _ in range(3):
        refuse(refusals, 100)
        world.advance(timedelta(seconds=15))
        assert [each.count for each in look()] == [3], "a flood does not write"
    world.advance(timedelta(seconds=15))
    assert [each.count for each in look()] == [303]


def test_a_single_refusal_is_stored_too(refusals: Refusals, look: Callable[[], list[RefusalCount]]) -> None:
    refuse(refusals)
    assert [each.count for each in look()] == [1]


def test_an_alarm_is_raised_once_an_hour_while_it_lasts_and_ends_with_an_accepted_request(
    world: World, refusals: Refusals, look: Callable[[], list[RefusalCount]]
) -> None:
    refuse(refusals, 3)
    with capture_logs() as logs:
        look()
        look()
        world.advance(timedelta(hours=1))
        look()
        refusals.accepted("zendesk")
        look()
        look()
    assert actions(logs) == ["refused_repeatedly", "refused_repeatedly", "refusals_clear"]
