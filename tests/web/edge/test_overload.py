"""Requests beyond what the service can answer in time are refused at once; slow clients do not count."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from structlog.testing import capture_logs

from doubles.event_loop import turns
from oncall.web.edge.overload import Overload

Story = Callable[["Crowd"], Awaitable[None]]


class Crowd:
    """An application that answers when the test says so, and its clients."""

    def __init__(self, most: int, most_aside: int) -> None:
        self.now = 0.0
        self.may_answer = asyncio.Event()
        self.may_send, self.may_read = asyncio.Event(), asyncio.Event()
        self.service = Overload(
            self._app,
            most=most,
            most_aside=most_aside,
            most_receipts=3,
            most_pages=1,
            monotonic=lambda: self.now,
        )

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        if scope["type"] == "http":
            await self.may_answer.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"ok"})

    async def call(self, path: str = "/v1/tickets", *, sends_late: bool = False, reads_late: bool = False) -> Any:
        """Make one request. Return the status, headers and body of its answer."""
        answer: list[Any] = []

        async def receive() -> dict[str, Any]:
            if sends_late:
                await self.may_send.wait()
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            if reads_late:
                await self.may_read.wait()
            answer.append(message)

        await self.service({"type": "http", "path": path, "method": "POST", "headers": []}, receive, send)
        start, body = answer
        return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]

    def begin(self, count: int, **how: Any) -> list[asyncio.Task[Any]]:
        return [asyncio.create_task(self.call(**how)) for _ in range(count)]


def in_a_crowd(story: Story, *, most: int = 2, most_aside: int = 1) -> None:
    async def run() -> None:
        async with asyncio.timeout(60):
            await story(Crowd(most, most_aside))

    asyncio.run(run())


def test_a_request_too_many_is_answered_503_with_retry_after_at_once_and_the_others_go_on() -> None:
    async def story(crowd: Crowd) -> None:
        begun = crowd.begin(2)
        await turns()
        status, headers, body = await crowd.call()
        assert (status, headers["retry-after"]) == (503, "5")
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(body) == {
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "detail": "the service is overloaded, and nothing was stored; send the same request again",
        }
        crowd.may_answer.set()
        assert [status for status, _, _ in await asyncio.gather(*begun)] == [200, 200]
        assert (await crowd.call())[0] == 200

    in_a_crowd(story)


def test_a_flood_of_tickets_keeps_neither_the_provider_nor_a_probe_out() -> None:
    async def story(crowd: Crowd) -> None:
        begun = crowd.begin(2)
        await turns()
        callback = crowd.begin(1, path="/webhooks/twilio/sms")
        await turns()
        assert (await crowd.call("/readyz"))[0] == 503
        crowd.may_answer.set()
        assert [status for status, _, _ in await asyncio.gather(*begun, *callback)] == [200] * 3

    in_a_crowd(story)


def test_clients_that_send_or_read_slowly_do_not_count() -> None:
    async def story(crowd: Crowd) -> None:
        crowd.may_answer.set()
        slow = [*crowd.begin(5, sends_late=True), *crowd.begin(5, reads_late=True)]
        await turns()
        assert (await crowd.call())[0] == 200
        crowd.may_send.set()
        crowd.may_read.set()
        assert [status for status, _, _ in await asyncio.gather(*slow)] == [200] * 10

    in_a_crowd(story)


def test_a_request_that_fails_or_is_cancelled_gives_its_place_back() -> None:
    async def story(crowd: Crowd) -> None:
        for _ in range(3):
            begun = crowd.begin(2)
            await turns()
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)
        crowd.may_answer.set()
        assert (await crowd.call())[0] == 200

    in_a_crowd(story)


def test_refusals_are_logged_with_their_number_at_most_every_ten_seconds() -> None:
    async def story(crowd: Crowd) -> None:
        begun = crowd.begin(2)
        await turns()
        for crowd.now in (0.0, 1.0, 9.9, 10.0):
            await crowd.call()
        crowd.may_answer.set()
        await asyncio.gather(*begun)

    with capture_logs() as logs:
        in_a_crowd(story)
    assert [(each["action"], each["refused"]) for each in logs] == [("overloaded", 1), ("overloaded", 3)]


def test_other_calls_than_requests_pass() -> None:
    async def story(crowd: Crowd) -> None:
        crowd.begin(2)
        await turns()

        async def receive() -> dict[str, Any]:
            return {"type": "lifespan.startup"}

        async def send(message: Any) -> None:
            raise AssertionError(message)

        await crowd.service({"type": "lifespan"}, receive, send)
        crowd.may_answer.set()

    in_a_crowd(story)


def test_pages_that_are_read_take_no_place_from_callers() -> None:
    async def story(crowd: Crowd) -> None:
        page = crowd.begin(1, path="/board/live")
        await turns()
        assert (await crowd.call("/me"))[0] == 503
        tickets = crowd.begin(2)
        await turns()
        crowd.may_answer.set()
        assert [(await each)[0] for each in (*page, *tickets)] == [200, 200, 200]

    in_a_crowd(story)


def test_receipts_that_wait_for_their_batch_keep_no_reply_out_and_have_a_limit_of_their_own() -> None:
    async def story(crowd: Crowd) -> None:
        receipts = crowd.begin(3, path="/webhooks/twilio/status")
        await turns()
        assert (await crowd.call("/webhooks/twilio/status"))[0] == 503
        reply = crowd.begin(1, path="/webhooks/twilio/sms")
        await turns()
        crowd.may_answer.set()
        assert [status for status, _, _ in await asyncio.gather(*receipts, *reply)] == [200] * 4

    in_a_crowd(story)
