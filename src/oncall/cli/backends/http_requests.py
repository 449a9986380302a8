"""Sends one HTTP request to a server.

Reads use only the standard library, because the import of httpx takes longer than an answer.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer to an HTTP request, with its body as text."""

    status_code: int
    text: str

    def json(self) -> object:
        """Return the JSON value of the body. Raises ValueError if the body is not JSON."""
        return json.loads(self.text)


class NoAnswer(Exception):
    """The server gave no answer. `str()`: why the connection failed; empty if it was made, or if the time ran out.

    is_sent: True if the request may have reached the server. is_late: True if the time ran out.
    """

    def __init__(self, reason: str = "", *, is_sent: bool, is_late: bool) -> None:
        self.is_sent, self.is_late = is_sent, is_late
        super().__init__(_ERRNO.sub("", reason))


def http_request(
    method: str, url: str, body: Mapping[str, object] | None, headers: Mapping[str, str], seconds: float
) -> HttpAnswer:
    """Send a request and return the answer, whatever its status is. Redirects are not followed. Raises NoAnswer.

    seconds: the time limit (real time) for the connection, and again for each part of the answer.
    """
    if method == "GET" and body is None and not _has_proxy():
        return _plain_get(url, headers, seconds)
    import httpx

    try:
        answer = httpx.request(method, url, json=body, headers=dict(headers), timeout=seconds)
    except httpx.HTTPError as error:
        is_sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
        late = isinstance(error, httpx.TimeoutException)
        raise NoAnswer("" if is_sent else str(error), is_sent=is_sent, is_late=late) from error
    return HttpAnswer(answer.status_code, answer.text)


def _has_proxy() -> bool:
    """Return True if an environment variable names a proxy. Only httpx can use one."""
    return any(name.lower() in _PROXIES and value for name, value in os.environ.items())


def _plain_get(url: str, headers: Mapping[str, str], seconds: float) -> HttpAnswer:
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    # Connect first: while the server is away, the kept answers come without the import of http.client.
    with _connected(url, seconds) as stream:
        from http.client import HTTPConnection, HTTPException

        connection = HTTPConnection(parts.netloc.rpartition("@")[2])
        connection.sock = stream
        try:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            return HttpAnswer(answer.status, answer.read().decode("utf-8", "replace"))
        except (OSError, HTTPException) as error:
            raise NoAnswer(is_sent=True, is_late=isinstance(error, TimeoutError)) from error
        finally:
            connection.close()


def _connected(url: str, seconds: float) -> socket.socket:
    """Connect to the server and return the socket, with TLS for https. Raises NoAnswer."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_plain = parts.scheme == "http"
    try:
        stream = socket.create_connection((host, parts.port or (80 if is_plain else 443)), timeout=seconds)
        return stream if is_plain else _encrypted(stream, host)
    except OSError as error:
        late = isinstance(error, TimeoutError)
        reason = "" if late else error.strerror or str(error)
        raise NoAnswer(reason, is_sent=False, is_late=late) from error


def _encrypted(stream: socket.socket, host: str) -> socket.socket:
    import ssl

    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    try:
        return context.wrap_socket(stream, server_hostname=host)
    except BaseException:
        stream.close()
        raise
