"""The probes of a worker process over HTTP: its metrics, is it alive, and would a page be sent.

It accepts no tickets.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from oncall.web.server.connection_gate import ConnectionLimits
from oncall.web.server.server import make_server

_TEXT, _JSON = "text/plain; version=0.0.4; charset=utf-8", "application/json"
_HARDENED = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_LIMITS = ConnectionLimits(most=100, most_per_source=50)


@contextmanager
def worker_probes(
    listening: socket.socket,
    registry: CollectorRegistry,
    problems: Callable[[], Sequence[str]],
    sees_details: Callable[[str], bool] = lambda _: False,
) -> Iterator[None]:
    """Answer `/metrics`, `/healthz` and `/readyz` on a bound socket until the context is left.

    A separate thread answers, so even a worker whose event loop hangs reports that it is not well.
    problems: returns what is wrong with this worker now, a sentence each; called from that thread.
    sees_details: returns True if an Authorization header has the token of an engineer or a manager; called from any
    thread.
    """

    async def probe(request: Request) -> Response:
        if request.url.path == "/readyz":
            authorization = request.headers.get("authorization")
            # The look-up of a token waits for the worker's loop, so it must not block this one.
            is_seen = authorization is not None and await asyncio.to_thread(sees_details, authorization)
            status, kind, body = _readiness(problems(), with_details=is_seen)
        else:
            status, kind, body = _answer(request.url.path, registry)
        return Response(body, status, headers={"Content-Type": kind, **_HARDENED})

    server = make_server(Starlette(routes=[Route("/{path:path}", probe)]), _LIMITS)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening])), name="worker-probes", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _answer(path: str, registry: CollectorRegistry) -> tuple[int, str, bytes]:
    if path == "/metrics":
        return 200, _TEXT, generate_latest(registry)
    if path == "/healthz":
        return 200, _JSON, b'{"status": "alive"}'
    return 404, _JSON, b'{"detail": "a worker has /metrics, /healthz and /readyz"}'


def _readiness(found: Sequence[str], *, with_details: bool) -> tuple[int, str, bytes]:
    body: dict[str, object] = {"ready": not found}
    if with_details:
        body["problems"] = list(found)
    return 503 if found else 200, _JSON, json.dumps(body).encode()
