"""Posts JSON at a steady rate, as one caller with many connections, and records when each answer arrived."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiohttp

MOST_CONNECTIONS = 200
LONGEST_RETRYING = 60.0
"""Seconds for which a post is repeated, as an intake system does, until it is accepted."""

Post = tuple[str, object]
"""A key and the JSON body that is posted for it."""


@dataclass
class Answers:
    """The answers to one load.

    accepted_at: by key, when the answer arrived (seconds of `time.monotonic`). taken: by key, the seconds from the
    request that was accepted to its answer.
    repeats: how many posts were repeated after no answer, 429 or 503.
    """

    accepted_at: dict[str, float] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)
    repeats: int = 0
    ended_at: float = 0.0


def post_all(url: str, headers: dict[str, str], posts: Sequence[Post], *, rate: float) -> Answers:
    """Post at `rate` a second, even when answers are late, and wait until each post is accepted."""
    return asyncio.run(_post_all(url, headers, posts, rate))


async def _post_all(url: str, headers: dict[str, str], posts: Sequence[Post], rate: float) -> Answers:
    answers = Answers()
    connector = aiohttp.TCPConnector(limit=MOST_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        began = time.monotonic()
        tasks = []
        for number, (key, body) in enumerate(posts):
            if (pause := began + number / rate - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            tasks.append(asyncio.create_task(_post(session, url, headers, key, body, answers)))
        await asyncio.gather(*tasks)
    answers.ended_at = time.monotonic()
    return answers


async def _post(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], key: str, body: object, answers: Answers
) -> None:
    last = time.monotonic() + LONGEST_RETRYING
    while time.monotonic() < last:
        pause, sent_at = 1.0, time.monotonic()
        try:
            async with session.post(url, json=body, headers=headers) as answer:
                await answer.read()
                if answer.status in (200, 202):
                    answers.accepted_at[key] = time.monotonic()
                    answers.taken[key] = answers.accepted_at[key] - sent_at
                    return
                if answer.status not in (429, 503):
                    raise RuntimeError(f"HTTP {answer.status}: {await answer.text()}")
                pause = float(answer.headers.get("Retry-After", "1"))
        except aiohttp.ClientError:
            pass
        answers.repeats += 1
        await asyncio.sleep(pause)
