"""Work that can wait slows down while tickets arrive, and posts to many webhooks do not begin together."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from doubles.event_loop import turns
from oncall.paging.relay.pace import LONG_REST_SECONDS, MOST_HOOKS, SHORT_REST_SECONDS, HookPlaces, Pace

NOW = datetime(2027, 1, 9, 8, 12, tzinfo=UTC)


def test_rests_are_long_while_tickets_arrive_and_short_when_they_have_stopped() -> None:
    pace, rests = Pace(), list[float]()
    for second, last_event in enumerate((1000, 1000, 1400, 1800, 1804, 1804)):
        pace.note(last_event, NOW + timedelta(seconds=second))
        rests.append(pace.rest_seconds)
    short, long = SHORT_REST_SECONDS, LONG_REST_SECONDS
    assert rests == [short, short, long, long, short, short]


def test_a_log_that_is_read_often_is_judged_by_the_second() -> None:
    pace = Pace()
    for tenth in range(31):
        pace.note(tenth // 10, NOW + timedelta(seconds=tenth / 10))
        assert pace.rest_seconds == SHORT_REST_SECONDS


def test_few_webhooks_are_posted_to_at_a_time_and_each_gets_its_turn() -> None:
    running, most, ended = 0, 0, 0

    async def post(places: HookPlaces) -> None:
        nonlocal running, most, ended
        async with places.place():
            running += 1
            most = max(most, running)
            await turns(3 * MOST_HOOKS)
            running -= 1
            ended += 1

    async def run() -> None:
        places = HookPlaces(Pace(rest_seconds=0.0))
        await asyncio.gather(*(post(places) for _ in range(3 * MOST_HOOKS)))

    asyncio.run(run())
    assert (most, ended) == (MOST_HOOKS, 3 * MOST_HOOKS)
