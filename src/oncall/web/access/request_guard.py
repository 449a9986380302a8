"""The outermost layer of the application: adds security headers to every answer, counts refusals, and answers floods.

Pure ASGI, because it runs for every request.
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
"""Paths that hold a secret. A wrong secret counts as a wrong token, so that an attacker cannot guess many."""
SUBSCRIBER_PATHS = ("/status/confirm/", "/status/code/", "/status/manage/", "/status/u/")
"""Paths that hold a subscriber's secret."""
LOGIN_PATH = "/login"
"""Paths where people sign in. A refused link, and a refused answer of the identity provider, count as a wrong token."""
PORTAL_LINK_PATH = "/portal/link"
"""Paths of customers' links. A refused link counts as a wrong token."""
TICKETS = "/v1/tickets"
WORK_PATHS = (TICKETS, *SENDER_PATHS)
"""Paths where tickets, events and callbacks come in. `/v1/explain` is not among them: refusing it loses no work."""
_NO_STORE = (b"cache-control", b"no-store")
NOSNIFF = (b"x-content-type-options", b"nosniff")
HSTS = (b"strict-transport-security", b"max-age=31536000")


class RequestGuard:
    """Wraps an ASGI application. refusals: returns the object that counts refusals; called for each request.

    is_https: the service's public address is https, so browsers must not use http.
    """

    def __init__(self, app: ASGIApp, refusals: Callable[[], Refusals], *, is_https: bool) -> None:
        self._app, self._refusals = app, refusals
        self._headers = [NOSNIFF, HSTS] if is_https else [NOSNIFF]
        self._flooded, self._flooded_sender = problem(429, FLOODED), problem(503, FLOODED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        flooded = self._flooded_sender if is_sender_path(scope["path"]) else self._flooded
        answer = _Answer(scope, send, self._refusals(), self._headers, flooded, start_trace(scope))
        await self._app(scope, receive, answer.send)


@dataclass(slots=True)
class _Answer:
    """The answer to one request, with the headers that every answer has. flooded: replaces it in a flood."""

    scope: Scope
    outer: Send
    refusals: Refusals
    headers: Headers
    flooded: JSONResponse
    trace: RequestTrace
    is_replaced: bool = False

    async def send(self, message: Message) -> None:
        """Send one message of the answer."""
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
        """Count a refusal. Returns True if the answer becomes a 429."""
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
        """Return why the request was refused; None if an answer with this status is not counted as a refusal."""
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
    """Return a path without the secret in it."""
    found = next((each for each in (*SECRET_PATHS, *SUBSCRIBER_PATHS) if path.startswith(each)), None)
    return f"{found}..." if found is not None else path
