"""The process dies at any call to the store or the provider: each step's message goes out exactly once."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import Ambiguous, Temporary
from oncall.paging.domain.pager_events import StepFired
from oncall.paging.domain.ticket import AttemptStatus, Purpose
from tests.paging.world import World, ticket_body

NAMES = ("T-1", "T-2", "T-3", "T-4")
REACHED = {AttemptStatus.ACCEPTED, AttemptStatus.SENT}

faults = st.lists(
    st.sampled_from(
        [
            (Temporary("refused"), False),
            (Ambiguous("cut before it was taken"), False),
            (Ambiguous("cut after it was taken"), True),
        ]
    ),
    max_size=2,
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(lives=st.lists(st.integers(0, 60), min_size=1, max_size=3), faults=faults, seconds=st.integers(0, 40))
def test_of_a_storm_no_page_is_lost_and_none_doubled_whenever_the_process_is_killed(
    lives: list[int], faults: list[tuple[Exception, bool]], seconds: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.publish()
        world.post("U-1")
        for name in NAMES:
            world.post(name, impact="high", plan="business-critical")
        world.phones.faults += faults
        for calls in lives:
            world.live(calls, timedelta(seconds=seconds), ticket_body("U-2"))
        world.post("U-2")
        world.advance(timedelta(minutes=3))
        pages = {name: [one for one in world.attempts(name) if one.step == 0] for name in ("U-1", "U-2", *NAMES)}
        told = [message.body for message in world.phones.sent if message.to == "ana"]
        world.store.close()
        assert all(len(page) == 1 and page[0].status in REACHED for page in pages.values())
        assert len(told) == len(set(told)) == len({page[0].provider_id for page in pages.values()})
        urgent, others = ({pages[name][0].bundle for name in names} - {None} for names in (("U-1", "U-2"), NAMES))
        assert urgent.isdisjoint(others)
        first = [body for body in told if body.startswith("HIGH")]
        assert sum(1 + int((re.findall(r"And (\d+) more", body) or ["0"])[0]) for body in first) == len(NAMES)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(lives=st.lists(st.integers(0, 60), min_size=1, max_size=3), faults=faults)
def test_each_step_sends_exactly_one_message_whenever_the_process_is_killed(
    lives: list[int], faults: list[tuple[Exception, bool]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.publish()
        world.phones.faults += faults
        for calls in lives:
            world.live(calls, timedelta(minutes=7), ticket_body())
        world.post()
        world.advance(timedelta(minutes=25))
        fired = Counter(event.to for event in world.logged(StepFired))
        sent = Counter(message.to for message in world.phones.sent)
        pages = [attempt for attempt in world.attempts() if attempt.purpose is Purpose.PAGE]
        world.store.close()
        assert sent == fired
        assert {page.status for page in pages} <= REACHED
        assert {"ana", "ben", "mei"} <= set(sent)
