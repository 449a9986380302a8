"""A loopback server that receives alarms and heartbeats."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Listener:
    """Keeps each post and counts each request. `status`: the status of its answers."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.posted: list[dict[str, Any]] = []
        self.beats = 0
        self._news = threading.Condition()
        outer = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.note(body)
                self.send_response(outer.status)
                self.end_headers()

            def do_GET(self) -> None:
                outer.note(None)
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        self.url = f"http://127.0.0.1:{self._server.server_port}/a-secret-path"

    def note(self, body: dict[str, Any] | None) -> None:
        with self._news:
            if body is None:
                self.beats += 1
            else:
                self.posted.append(body)
            self._news.notify_all()

    def wait(self, *, posted: int = 0, beats: int = 0, seconds: float = 120.0) -> None:
        """Wait until it has received this many posts. Raises AssertionError otherwise."""
        with self._news:
            heard = self._news.wait_for(lambda: len(self.posted) >= posted and self.beats >= beats, seconds)
        assert heard, f"heard {self.posted} and {self.beats} beats"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
