"""Prometheus Alertmanager with one webhook for each alert: the peer of the pager's bench. It keeps alerts in memory."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from bench.load import Post
from bench.running import program
from doubles.loopback import free_port

ROUTE = "route: {receiver: hook, group_by: [id], group_wait: 0s, group_interval: 1h, repeat_interval: 4h}\n"


def installed() -> str | None:
    """Return where Alertmanager is installed, or None."""
    return shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


@contextmanager
def alertmanager(path: str, folder: Path, hook: str) -> Iterator[tuple[str, psutil.Process]]:
    """Run Alertmanager, which posts each alert to `hook`. Yields the address for alerts, and the process."""
    port = free_port()
    config = folder / "config.yml"
    receiver = f'receivers: [{{name: hook, webhook_configs: [{{url: "{hook}", send_resolved: false}}]}}]\n'
    config.write_text(ROUTE + receiver)
    command = [
        path, f"--config.file={config}", f"--storage.path={folder}/data", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    with program(command, port, log=folder / "alertmanager.log") as process:
        yield f"http://127.0.0.1:{port}/api/v2/alerts", process


def alerts(prefix: str, count: int) -> list[Post]:
    """Return the bodies of `count` different alerts, by id."""
    names = [f"{prefix}-{number}" for number in range(count)]
    return [(name, [{"labels": {"alertname": "Down", "id": name}}]) for name in names]


@contextmanager
def webhook() -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Run a receiver of webhooks. Yields its address, and when each alert arrived (`time.monotonic`), by id."""
    seen: dict[str, list[float]] = {}

    class Hook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            at = time.monotonic()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                seen.setdefault(alert["labels"]["id"], []).append(at)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", seen
    finally:
        server.shutdown()
        server.server_close()
