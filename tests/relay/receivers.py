"""Receivers on loopback: they keep what they get, and answer as a test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from doubles.event_loop import PATIENCE_SECONDS


@dataclass(frozen=True)
class Got:
    """One request: its path, its headers with small letters, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers every POST with `status(request)` and the headers of `more`."""

    status: Callable[[Got], int] = field(default=lambda _: 200)
    more: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.got: list[Got] = []
        self.changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Got(self.path, headers, self.rfile.read(length))
                status = outer.status(request)
                with outer.changed:
                    outer.got.append(request)
                    outer.changed.notify_all()
                self.send_response(status)
                for name, value in outer.more.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name of the base class
                """Print nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        port: int = self._server.server_address[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, count: int) -> list[Got]:
        """Wait until so many requests have come, and return them all."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.got) >= count, timeout=PATIENCE_SECONDS), (
                f"{len(self.got)} of {count} came"
            )
            return list(self.got)
