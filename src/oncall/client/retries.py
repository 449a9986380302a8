"""Decides when a request is sent again, and what an answer means. Both clients use it; it neither sends nor waits."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from oncall.client.errors import ClientError, ServerSilent, Unusable
from oncall.client.requests import Ask

AGAIN = frozenset({429, 502, 503, 504})
"""The HTTP statuses after which a request is sent again: the server is overloaded, or a proxy in front of it failed."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and when a request is sent again.

    most: the number of retries. first_pause: about how many seconds before the first retry; each further pause is twice
    as long, with random jitter, so that many clients do not retry together. longest_pause: the longest pause in
    seconds; if the server's Retry-After asks for more, the call fails at once.
    """

    most: int = 4
    first_pause: float = 0.5
    longest_pause: float = 60.0
    draw: Callable[[], float] = field(default=random.random)

    def pause(self, retry: int, answer: httpx.Response | None) -> float | None:
        """Return the seconds to wait before a retry; None if the request must not be sent again.

        retry: 0 for the first one.
        """
        if retry >= self.most or (answer is not None and answer.status_code not in AGAIN):
            return None
        own: float = min(self.first_pause * 2.0**retry * (0.5 + self.draw()), self.longest_pause)
        asked = _retry_after(answer) if answer is not None else None
        if asked is None:
            return own
        return None if asked > self.longest_pause else max(asked, own)


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def refusal(ask: Ask, answer: httpx.Response | None, failure: httpx.TransportError | None) -> ClientError:
    """Return the error for a request that is not sent again: the server refused it, or did not answer (`answer` is
    None).
    """
    return _problem(answer) if answer is not None else _silence(ask, failure)


def _problem(answer: httpx.Response) -> ClientError:
    """Return the error for an answer that refuses the request, with the text of its problem document, if it has one."""
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        return Unusable(answer.status_code, "the answer is not one of an oncall server")
    errors = content.get("errors")
    return Unusable(answer.status_code, str(content.get("detail", "")), errors if isinstance(errors, list) else None)


def _silence(ask: Ask, error: httpx.TransportError | None) -> ServerSilent:
    """Return the error for a request without an answer. Its text never holds the token."""
    never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
    reason = "cannot be reached" if never_sent else f"gave no answer ({type(error).__name__})"
    doubt = ask.changes and not never_sent
    words = ": it may have done what was asked; asking again is safe" if doubt else ""
    return ServerSilent(f"the server {reason}{words}", may_have_happened=doubt)


def content(answer: httpx.Response) -> object:
    """Return the JSON of a good answer. Raises Unusable if the answer is not JSON."""
    try:
        found: object = answer.json()
    except ValueError as error:
        raise Unusable(answer.status_code, "the answer is not one of an oncall server") from error
    return found
