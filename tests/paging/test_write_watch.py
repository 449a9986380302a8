"""A database that cannot be written raises the alarm within 30 seconds, with the reason, and later an all-clear."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from structlog.testing import capture_logs

from oncall.paging.watch.write_watch import WriteWatch
from tests.paging.test_auditor import Counts
from tests.paging.world import World

FULL = "/data/oncall.db: the disk is full and nothing was stored; free some space and try again"


class Operator:
    """Receives alarms, and moves time between two looks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.heard: list[Mapping[str, Any]] = []
        self.counts = Counts()
        self.watch = WriteWatch(world.clock, "w1", self.counts, self._hear)

    async def _hear(self, alarm: Mapping[str, Any]) -> None:
        self.heard.append(alarm)

    def look(self, *, after: float = 0) -> list[str]:
        self.world.clock.moment += timedelta(seconds=after)
        asyncio.run(self.watch.check())
        return self.watch.problems


def test_no_write_for_fifteen_seconds_raises_the_alarm_with_its_reason(world: World) -> None:
    operator = Operator(world)
    operator.watch.wrote()
    operator.watch.failed(FULL)
    assert operator.look(after=14) == []
    assert operator.heard == []
    with capture_logs() as logs:
        assert operator.look(after=1) == ["the database could not be written for 15 s"]
    assert operator.heard == [
        {
            "alarm": "database_unwritable",
            "worker": "w1",
            "text": "the database could not be written for 15 s: tickets are refused and nobody can be paged. "
            "Reason: /data/oncall.db: the disk is full and nothing was stored; free some space and try again",
        }
    ]
    assert operator.counts.alarms == ["database"]
    assert [(each["action"], each["log_level"], each["error"]) for each in logs] == [
        ("store_unwritable", "critical", FULL)
    ]


def test_a_write_that_never_ends_raises_it_too(world: World) -> None:
    operator = Operator(world)
    operator.look(after=20)
    (alarm,) = operator.heard
    assert alarm["text"] == (
        "the database could not be written for 20 s: tickets are refused and nobody can be paged. "
        "Reason: no write was completed"
    )


def test_the_alarm_is_repeated_every_five_minutes_while_it_lasts(world: World) -> None:
    operator = Operator(world)
    operator.watch.failed(FULL)
    for _ in range(10 * 60):
        operator.look(after=1)
    assert [alarm["text"][:50].split(":")[0] for alarm in operator.heard] == [
        "the database could not be written for 15 s",
        "the database could not be written for 315 s",
    ]


def test_the_first_write_that_succeeds_turns_it_green_and_says_so(world: World) -> None:
    operator = Operator(world)
    operator.watch.failed(FULL)
    operator.look(after=40)
    operator.world.clock.moment += timedelta(seconds=5)
    operator.watch.wrote()
    with capture_logs() as logs:
        assert operator.look() == []
    assert operator.heard[1:] == [
        {"alarm": "database_writable", "worker": "w1", "text": "the database can be written again, after 45 s"}
    ]
    assert [each["action"] for each in logs] == ["store_writable"]
    operator.look(after=1)
    assert len(operator.heard) == 2


def test_a_lock_of_a_few_seconds_raises_nothing(world: World) -> None:
    operator = Operator(world)
    for _ in range(5):
        operator.watch.failed("another program locks the database")
        operator.look(after=10)
        operator.watch.wrote()
        operator.look()
    assert operator.heard == []
