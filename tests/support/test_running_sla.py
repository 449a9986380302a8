"""Clocks updated event by event equal the clocks of the whole log."""

from __future__ import annotations

from datetime import UTC, timedelta
from random import Random

import pytest

from oncall.support.clocks import RunningSla, SlaEventKind, sla
from tests.support.sla_scenes import as_sla_events, random_events, scenes


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_each_event_every_clock_is_that_of_the_whole_log(seed: int) -> None:
    random = Random(seed)
    continued = 0
    for scene in scenes(random, 12):
        for _ in range(40):
            said, _ = random_events(random)
            events = as_sla_events(scene, said)
            opening = next(number for number, one in enumerate(events) if one.kind is SlaEventKind.OPENED)
            running = RunningSla(events[: opening + 1])
            for number, event in enumerate(events[opening + 1 :], start=opening + 2):
                running.add(event)
                latest = max(one.at for one in events[:number])
                for later in (0, 0, random.choice([-90, 1, 600])):
                    now = (latest + timedelta(minutes=later)).astimezone(UTC)
                    assert running.at(now) == sla(events[:number], now)
                    continued += later >= 0
    assert continued > 1000
