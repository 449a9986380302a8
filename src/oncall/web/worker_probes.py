"""A worker's probes over HTTP: its metrics, whether it is alive, and whether a page would go out. It takes nothing."""

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

from oncall.web.connection_gate import ConnectionLimits
from oncall.web.server import make_server

_TEXT, _JSON = "text/plain; version=0.0.4; charset=utf-8", "application/json"
_LIMITS = ConnectionLimits(most=100, most_per_source=50)


@contextmanager
def worker_probes(
    listening: socket.socket, registry: CollectorRegistry, problems: Callable[[], Sequence[str]]
) -> Iterator[None]:
    """Answer `/metrics`, `/healthz` and `/readyz` on a bound socket until the context is left.

    A thread of its own answers, so a worker whose loop hangs can still say that it is not well.
    problems: returns what is wrong with this worker now, a sentence each; called from that thread.
    """

    async def probe(request: Request) -> Response:
        status, kind, body = _answer(request.url.path, registry, problems)
        return Response(body, status, headers={"Content-Type": kind})

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


def _answer(path: str, registry: CollectorRegistry, problems: Callable[[], Sequence[str]]) -> tuple[int, str, bytes]:
    if path == "/metrics":
        return 200, _TEXT, generate_latest(registry)
    if path == "/healthz":
        return 200, _JSON, b'{"status": "alive"}'
    if path == "/readyz":
        found = list(problems())
        return 503 if found else 200, _JSON, json.dumps({"ready": not found, "problems": found}).encode()
    return 404, _JSON, b'{"detail": "a worker has /metrics, /healthz and /readyz"}'
