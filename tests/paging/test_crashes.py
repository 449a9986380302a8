"""The process may be killed at any call to the store or the provider: each step's message goes out exactly once."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.errors import Ambiguous, Temporary
from oncall.paging.ticket import AttemptStatus, EventKind, Purpose
from tests.paging.world import World, ticket_body

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


@settings(max_examples=60, deadline=None)
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
        fired = Counter(event.details["to"] for event in world.events() if event.kind is EventKind.STEP_FIRED)
        sent = Counter(message.to for message in world.phones.sent)
        pages = [attempt for attempt in world.attempts() if attempt.purpose is Purpose.PAGE]
        world.store.close()
        assert sent == fired
        assert {page.status for page in pages} <= REACHED
        assert {"ana", "ben", "mei"} <= set(sent)
