"""The outermost layer of the application: adds security headers to every answer, counts refusals, and stops floods.

It is plain ASGI and not FastAPI, because it runs for every request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oncall.paging.ports.refusals import RefusalReason
from oncall.web.access.refusals import Refusals
from oncall.web.edge.problem_documents import FLOODED, problem
from oncall.web.edge.request_trace import RequestTrace, source_of, start_trace
from oncall.web.edge.sender_paths import PROVIDER_PATHS, SENDER_PATHS, is_sender_path

Headers = list[tuple[bytes, bytes]]
SECRET_PATHS = ("/calendar/", "/t/", "/portal/link/")
"""The paths with a secret in them. A wrong secret is counted like a wrong token, so that nobody can try many."""
SUBSCRIBER_PATHS = ("/status/confirm/", "/status/code/", "/status/manage/", "/status/u/")
"""The paths with a subscriber's secret in them."""
LOGIN_PATH = "/login"
"""The beginning of the paths where people sign in.

A refused login link or answer of the identity provider is counted like a wrong token.
"""
PORTAL_LINK_PATH = "/portal/link"
"""The beginning of the paths of customers' login links. A refused link is counted like a wrong token."""
TICKETS = "/v1/tickets"
WORK_PATHS = (TICKETS, *SENDER_PATHS)
"""The paths where tickets, events and callbacks come in.

`/v1/explain` is left out: if it is refused, no work is lost.
"""
_NO_STORE = (b"cache-control", b"no-store")
NOSNIFF = (b"x-content-type-options", b"nosniff")
HSTS = (b"strict-transport-security", b"max-age=31536000")


class RequestGuard:
    """Wraps an ASGI application. refusals: called for each request; returns the object that counts refusals.

    is_https: the public address is https; browsers are then told never to use http.
    """

    def __init__(self, app: ASGIApp, refusals: Callable[[], Refusals], *, is_https: bool) -> None:
        self._app, self._refusals = app, refusals
        self._headers = [NOSNIFF, HSTS] if is_https else [NOSNIFF]
        self._flooded, self._flooded_sender = problem(429, FLOODED), problem(503, FLOODED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request to the application, and its answer through the checks of this module."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        flooded = self._flooded_sender if is_sender_path(scope["path"]) else self._flooded
        answer = _Answer(scope, send, self._refusals(), self._headers, flooded, start_trace(scope))
        await self._app(scope, receive, answer.send)


@dataclass(slots=True)
class _Answer:
    """The answer to one request. headers: added to it.

    flooded: sent instead of the answer if the request is of a flood.
    """

    scope: Scope
    outer: Send
    refusals: Refusals
    headers: Headers
    flooded: JSONResponse
    trace: RequestTrace
    is_replaced: bool = False

    async def send(self, message: Message) -> None:
        """Send one ASGI message of the answer, or the flood's answer in its place."""
        if self.is_replaced:
            return
        if message["type"] == "http.response.start":
            status, headers = message["status"], message["headers"]
            if status >= 400 and self._is_flood(status):
                self.is_replaced = True
                await self.outer(
                    {**message, "status": self.flooded.status_code, "headers": self._hardened(self.flooded.raw_headers)}
                )
                await self.outer({"type": "http.response.body", "body": self.flooded.body})
                return
            if status < 400 and self.refusals.has_tallies:
                self._accept()
            message = {**message, "headers": self._hardened(headers)}
        await self.outer(message)

    def _hardened(self, headers: Headers) -> Headers:
        has_own = any(name == b"cache-control" for name, _ in headers)
        return [*headers, *self.headers] if has_own else [*headers, *self.headers, _NO_STORE]

    def _is_flood(self, status: int) -> bool:
        """Count a refused request. Returns True if a flood turns the answer into a 429 (503 for a sender)."""
        path, caller = self.scope["path"], self.trace.caller
        reason = self._reason(status)
        if reason is None:
            return False
        loses_work = reason is not RefusalReason.CONFLICT or path == TICKETS
        return self.refusals.refused(
            reason,
            status,
            caller=caller.name if caller is not None else "",
            source=source_of(self.scope),
            path=_shown(path),
            detail=self.trace.detail,
            is_work=loses_work and self.scope["method"] == "POST" and path.startswith(WORK_PATHS),
        )

    def _reason(self, status: int) -> RefusalReason | None:
        """Return why the request was refused; None if an answer with this status does not count as a refusal."""
        match status:
            case 400 | 413 | 422:
                return RefusalReason.BODY
            case 401 | 429:
                return RefusalReason.TOKEN
            case 403 if self.scope["path"].startswith((LOGIN_PATH, PORTAL_LINK_PATH)):
                return RefusalReason.TOKEN
            case 403:
                is_signed = self.trace.caller is None and self.scope["path"].startswith(PROVIDER_PATHS)
                return RefusalReason.SIGNATURE if is_signed else RefusalReason.ROLE
            case 404 if self.scope["path"].startswith(SECRET_PATHS):
                return RefusalReason.TOKEN
            case 404 | 405 if self.scope["method"] == "POST":
                return RefusalReason.UNKNOWN
            case 409:
                return RefusalReason.CONFLICT
            case 503 if self.trace.is_over_rate:
                return RefusalReason.RATE
            case _:
                return None

    def _accept(self) -> None:
        if self.scope["method"] != "POST":
            return
        if self.trace.caller is not None:
            self.refusals.accepted(self.trace.caller.name)
        elif self.scope["path"].startswith(PROVIDER_PATHS):
            self.refusals.accepted("", [RefusalReason.SIGNATURE])


def _shown(path: str) -> str:
    """Return a path for the log, with `...` in place of a secret."""
    found = next((each for each in (*SECRET_PATHS, *SUBSCRIBER_PATHS) if path.startswith(each)), None)
    return f"{found}..." if found is not None else path
