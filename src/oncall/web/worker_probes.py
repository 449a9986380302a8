"""A worker's probes over HTTP: its metrics, whether it is alive, and whether a page would go out. It takes nothing."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, generate_latest

_TEXT, _JSON = "text/plain; version=0.0.4; charset=utf-8", "application/json"
_PATIENCE_SECONDS = 10


@contextmanager
def worker_probes(
    listening: socket.socket, registry: CollectorRegistry, problems: Callable[[], Sequence[str]]
) -> Iterator[None]:
    """Answer `/metrics`, `/healthz` and `/readyz` on a bound socket, in separate threads, until the context is left.

    problems: returns what is wrong with this worker now, a sentence each; called from any thread.
    """

    class Probes(BaseHTTPRequestHandler):
        timeout = _PATIENCE_SECONDS
        server_version, sys_version = "oncall", ""

        def do_GET(self) -> None:
            self.wfile.write(self._head())

        def do_HEAD(self) -> None:
            self._head()

        def _head(self) -> bytes:
            """Send status and headers, and return the body."""
            status, kind, body = _answer(self.path.partition("?")[0], registry, problems)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return body

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(listening.getsockname()[:2], Probes, bind_and_activate=False)
    server.socket.close()
    server.socket, server.daemon_threads = listening, True
    server.server_activate()
    thread = threading.Thread(target=server.serve_forever, name="worker-probes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(path: str, registry: CollectorRegistry, problems: Callable[[], Sequence[str]]) -> tuple[int, str, bytes]:
    if path == "/metrics":
        return 200, _TEXT, generate_latest(registry)
    if path == "/healthz":
        return 200, _JSON, b'{"status": "alive"}'
    if path == "/readyz":
        found = list(problems())
        return 503 if found else 200, _JSON, json.dumps({"ready": not found, "problems": found}).encode()
    return 404, _JSON, b'{"detail": "a worker has /metrics, /healthz and /readyz"}'
