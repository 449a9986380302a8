"""Answers 503 at once if more requests are in progress than the service can answer in time."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oncall.web.edge.problem_documents import problem

MOST_IN_PROGRESS = 256
"""The most requests of callers that are answered at the same time.

A busy machine answers so many within a few seconds. With more at a time, callers would give up before their answer.
"""
MOST_ASIDE = 256
"""The most requests of the provider and of probes at the same time.

Their limit is separate, so that a flood of tickets cannot block an acknowledgement.
"""
MOST_RECEIPTS = 2_000
"""The most delivery receipts at the same time.

A receipt waits until its batch is stored. Meanwhile it costs a connection but no processor time. Only signed receipts
wait, so a stranger cannot use up this limit.
"""
MOST_PAGES = 128
"""The most requests for web pages at the same time, so that many open boards cannot block tickets on a slow machine."""
OVERLOADED = "the service is overloaded, and nothing was stored; send the same request again"
LOG_EVERY_SECONDS = 10.0
_RECEIPTS = "/webhooks/twilio/status"
_ASIDE = ("/webhooks/twilio/", "/healthz", "/readyz", "/metrics")
_PAGES = ("/board", "/me", "/portal", "/t/", "/status", "/openapi.json")


class Overload:
    """Wraps an ASGI application, and answers 503 itself while too many requests are in progress.

    A request is in progress while this service works on it. While it waits for its client to send or to read, it does
    not count, so slow clients do not use up the limit.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int = MOST_IN_PROGRESS,
        most_aside: int = MOST_ASIDE,
        most_receipts: int = MOST_RECEIPTS,
        most_pages: int = MOST_PAGES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app, self._monotonic = app, monotonic
        self._callers, self._aside, self._pages = _Room(most), _Room(most_aside), _Room(most_pages)
        self._receipts = _Room(most_receipts)
        self._log = structlog.get_logger("oncall.web")
        self._refused = 0
        self._logged_at: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. An ASGI call that is no HTTP request goes to the wrapped application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        room = self._room_of(scope["path"])
        if room.is_full:
            self._note_refusal()
            await problem(503, OVERLOADED)(scope, receive, send)
            return
        with room:
            await self._app(scope, room.receiving(receive), room.sending(send))

    def _room_of(self, path: str) -> _Room:
        if path == _RECEIPTS:
            return self._receipts
        if path.startswith(_ASIDE):
            return self._aside
        return self._pages if path.startswith(_PAGES) else self._callers

    def _note_refusal(self) -> None:
        """Count a refusal, and log the count at most once every few seconds."""
        self._refused += 1
        now = self._monotonic()
        if self._logged_at is None or now - self._logged_at >= LOG_EVERY_SECONDS:
            self._log.warning("too many requests: some are refused", action="overloaded", refused=self._refused)
            self._logged_at, self._refused = now, 0


class _Room:
    """Counts the requests of one kind that are in progress. Each request runs in a `with` block of this object."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._in_progress = 0

    @property
    def is_full(self) -> bool:
        return self._in_progress >= self._most

    def __enter__(self) -> None:
        self._in_progress += 1

    def __exit__(self, *_: object) -> None:
        self._in_progress -= 1

    def receiving(self, receive: Receive) -> Receive:
        """Wrap `receive` of one request: while it waits for the client, the request does not count as in progress."""

        async def outside() -> Message:
            self._in_progress -= 1
            try:
                return await receive()
            finally:
                self._in_progress += 1

        return outside

    def sending(self, send: Send) -> Send:
        """Wrap `send` of one request: while the client does not read, the request does not count as in progress."""

        async def outside(message: Message) -> None:
            self._in_progress -= 1
            try:
                await send(message)
            finally:
                self._in_progress += 1

        return outside
