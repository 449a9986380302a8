"""Answers readers of the public status page from the cache, before any other layer of the application.

Thousands may read the status page while tickets are paged. So an answer costs one look-up and two ASGI messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from oncall.web.access.request_guard import HSTS, NOSNIFF
from oncall.web.edge.etags import names_etag
from oncall.web.services.public_status import MAX_AGE, PublicFile, PublicStatus

Headers = list[tuple[bytes, bytes]]
STATUS = "/status"
_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
    b"frame-ancestors 'none'"
)
_ALWAYS: Headers = [
    (b"cache-control", f"public, max-age={MAX_AGE}".encode()),
    (b"access-control-allow-origin", b"*"),
    (b"content-security-policy", _POLICY),
    (b"referrer-policy", b"same-origin"),
    (b"vary", b"accept-encoding"),
]


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer with a file, or 304 if the reader already has it."""

    status: int
    headers: Headers
    body: bytes


class StatusDoor:
    """Wraps an ASGI application, and answers requests for cached files of the status page itself.

    public: returns the object with the cache; called for each request. is_https: the public address is https; browsers
    are then told never to use http.
    """

    def __init__(self, app: ASGIApp, public: Callable[[], PublicStatus], *, is_https: bool) -> None:
        self._app, self._public = app, public
        self._headers = [NOSNIFF, HSTS] if is_https else [NOSNIFF]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request from the cache, or pass it on to the wrapped application."""
        file = self._kept(scope) if scope["type"] == "http" else None
        if file is None:
            await self._app(scope, receive, send)
            return
        answer = answer_of(file, scope["headers"])
        headers = [*answer.headers, *self._headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _kept(self, scope: Scope) -> PublicFile | None:
        path: str = scope["path"]
        if scope["method"] != "GET" or not path.startswith(STATUS):
            return None
        if path == STATUS:
            return self._public().kept_file("")
        # The page itself has no slash at its end.
        return self._public().kept_file(path[len(STATUS) + 1 :]) if len(path) > len(STATUS) + 1 else None


def answer_of(file: PublicFile, asked: Iterable[tuple[bytes, bytes]]) -> Answer:
    """Return the answer with a file: 304 if the reader has it, else the file. asked: the headers of the request."""
    known = accepted = b""
    for name, value in asked:
        if name == b"if-none-match":
            known = value
        elif name == b"accept-encoding":
            accepted = value
    if known and names_etag(known.decode("latin-1"), file.etag):
        return Answer(304, [(b"etag", _weak(file)), *_ALWAYS], b"")
    return _whole(file, is_packed=file.packed is not None and takes_gzip(accepted))


@lru_cache(maxsize=64)
def takes_gzip(accepted: bytes) -> bool:
    """Return True if an Accept-Encoding header allows gzip, that is, names it with a weight that is not 0."""
    for each in accepted.decode("latin-1").lower().split(","):
        coding, _, weight = each.replace(" ", "").partition(";q=")
        if coding in ("gzip", "*"):
            return weight.strip("0.") != "" or weight == ""
    return False


def _whole(file: PublicFile, *, is_packed: bool) -> Answer:
    body = file.packed if is_packed and file.packed is not None else file.body
    headers = [
        (b"content-type", file.media.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"etag", _weak(file)),
        *_ALWAYS,
    ]
    return Answer(200, [*headers, (b"content-encoding", b"gzip")] if is_packed else headers, body)


def _weak(file: PublicFile) -> bytes:
    """Return the entity tag as it is sent: weak, because the compressed and the plain body share it."""
    return b"W/" + file.etag.encode()
