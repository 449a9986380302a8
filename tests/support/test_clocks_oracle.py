"""Clocks and coverage agree with a second implementation that counts single minutes, in random cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from oncall.support.clocks import SlaClock, sla
from oncall.support.coverage import is_covered, next_covered
from oncall.support.policy import Coverage
from tests.support.sla_oracle import Clock, Oracle, first_covered, utc
from tests.support.sla_scenes import LENGTH, Scene, as_sla_events, random_events, scenes

SCENES, CASES = 25, 220
SEEDS = (1, 2, 3, 4)
"""In all SEEDS x SCENES x CASES = 22,000 cases."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_clock_of_every_random_ticket_is_that_of_the_oracle(seed: int) -> None:
    random = Random(seed)
    for scene in scenes(random, SCENES):
        for _ in range(CASES):
            said, now = random_events(random)
            oracle = Oracle(list(scene.books), said, now).look()
            state = sla(as_sla_events(scene, said), _instant(scene, now))
            ours = [_ours(clock) for clock in state.clocks]
            theirs = [_theirs(clock, scene) for clock in oracle.clocks]
            assert ours == theirs, (scene.start, scene.terms[0].policy.zone, said, now)


def _instant(scene: Scene, minute: int) -> datetime:
    return (scene.start + timedelta(minutes=minute)).astimezone(UTC)


def _ours(clock: SlaClock) -> dict[str, Any]:
    names = (
        "since",
        "started_at",
        "due_at",
        "warn_at",
        "met_at",
        "stopped_at",
        "breached_at",
        "is_paused",
        "is_moved",
        "plan",
        "impact",
    )
    return {"metric": clock.metric.value, **{name: getattr(clock, name) for name in names}}


def _theirs(clock: Clock, scene: Scene) -> dict[str, Any]:
    is_open = clock.met is None and clock.stopped is None
    minutes = {
        "since": clock.since,
        "started_at": clock.started(),
        "due_at": clock.due(),
        "warn_at": clock.warn() if is_open and not clock.is_paused() else None,
        "met_at": clock.met,
        "stopped_at": clock.stopped,
        "breached_at": clock.breached,
    }
    times = {name: utc(scene.start, minute) for name, minute in minutes.items()}
    whose = {"plan": clock.plan, "impact": clock.impact, "is_moved": clock.is_moved}
    return {"metric": clock.metric, **times, "is_paused": clock.is_paused(), **whose}


@pytest.mark.slow
def test_every_minute_is_covered_or_not_as_the_oracle_says_and_so_is_the_next_covered_one() -> None:
    random = Random(5)
    for scene in scenes(random, 12):
        for terms, book in zip(scene.terms, scene.books, strict=True):
            for coverage in Coverage:
                row = book.rows[coverage.value]
                for _ in range(150):
                    minute = random.randrange(LENGTH - 12 * 1440)
                    at = _instant(scene, minute)
                    assert is_covered(coverage, terms.calendar, at) == bool(row[minute])
                    assert next_covered(coverage, terms.calendar, at) == utc(scene.start, first_covered(row, minute))
