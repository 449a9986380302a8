"""The update stream: server-sent events that make an open web page load its changed parts again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from oncall.errors import StoreError
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.pages.frame.door import VisitorDep, visitor_or_none
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import HEADERS
from oncall.web.services.dependencies import running
from oncall.web.services.live_feed import STREAM_PATH, LivePlace

router = APIRouter(route_class=PageRoute, include_in_schema=False)
TOO_MANY = "too many live pages are open; close some of them"


class EventStream(StreamingResponse):
    """A stream that ends as soon as its reader has closed the connection, and not only at the next message.

    It waits for its client meanwhile, so `Overload` does not count it as a request in progress.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream until it ends or its reader closes the connection."""
        sending = asyncio.create_task(self.stream_response(send))
        leaving = asyncio.create_task(self.listen_for_disconnect(receive))
        await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (sending, leaving):
            task.cancel()
        ended, _ = await asyncio.gather(sending, leaving, return_exceptions=True)
        if isinstance(ended, Exception) and not isinstance(ended, OSError):
            raise ended


def is_still_signed_in(request: Request) -> Callable[[], Awaitable[bool]]:
    """Return a function that returns True while the session of a stream is valid."""

    async def is_signed_in() -> bool:
        try:
            return await visitor_or_none(request) is not None
        except StoreError:
            return True

    return is_signed_in


@router.get(STREAM_PATH)
async def get_events(request: Request, visitor: VisitorDep) -> Response:
    """Streams a `changed` event for each change.

    The browser names the last state that it saw in the header `Last-Event-ID`, or in the query parameter `after`;
    without either, the stream begins now.
    """
    live, session = running(request).live, visitor.who.session
    if live.is_full(session):
        raise ProblemDocument(503, TOO_MANY)

    after = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    stream = live.follow(session, LivePlace.read(after), is_still_signed_in(request))
    # A proxy must pass each event on at once.
    return EventStream(stream, headers={**HEADERS, "X-Accel-Buffering": "no"}, media_type="text/event-stream")
