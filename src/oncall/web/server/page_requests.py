"""Says which requests the process of the pages answers: those that only read what people look at."""

from __future__ import annotations

LONGEST_HEAD = 2**14
"""The most bytes of a head that goes to another process. A longer one is answered where it arrived."""
_END = b"\r\n\r\n"
_PATHS = ("/board", "/me", "/portal", "/status", "/v1/tickets")
_BELOW = ("/board/", "/t/", "/status/", "/assets/")
_STARTS = tuple(
    f"GET {start}".encode() for start in (*(f"{path}{end}" for path in _PATHS for end in (" ", "?")), *_BELOW)
)


def is_page_request(data: bytes) -> bool:
    """Return True if the bytes are the whole head of one GET for a page, or for the list of tickets.

    Nothing may follow it, so that a request which was sent along with it is never answered by the wrong process.
    """
    if not data.startswith(_STARTS) or len(data) > LONGEST_HEAD:
        return False
    return data.find(_END) == len(data) - len(_END)


def is_page(method: str, path: str) -> bool:
    """Return True if a request with this method and path is one for a page, or for the list of tickets."""
    return method == "GET" and (path in _PATHS or path.startswith(_BELOW))
