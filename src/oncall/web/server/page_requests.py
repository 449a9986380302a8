"""Decides which requests the process of the pages answers: web pages and the list of tickets, which only read."""

from __future__ import annotations

LONGEST_HEAD = 2**14
"""The most bytes of request headers that can go to another process.

A request with more is answered where it arrived.
"""
_END = b"\r\n\r\n"
_PATHS = ("/board", "/me", "/portal", "/status", "/v1/tickets")
_BELOW = ("/board/", "/t/", "/status/", "/assets/")
_STARTS = tuple(
    f"GET {start}".encode() for start in (*(f"{path}{end}" for path in _PATHS for end in (" ", "?")), *_BELOW)
)


def is_page_request(data: bytes) -> bool:
    """Return True if the bytes are exactly the headers of one GET for a web page or for the list of tickets.

    A second request behind them makes it False, so that the wrong process never answers the second request.
    """
    if not data.startswith(_STARTS) or len(data) > LONGEST_HEAD:
        return False
    return data.find(_END) == len(data) - len(_END)


def is_page(method: str, path: str) -> bool:
    """Return True if the method and path are those of a web page or of the list of tickets."""
    return method == "GET" and (path in _PATHS or path.startswith(_BELOW))
