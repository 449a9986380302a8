"""Facts about a request that its route finds out, such as the caller.

RequestGuard needs them to log and count refusals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.types import Scope

from oncall.paging.ports.callers import Token

_KEY = "oncall.trace"
PROVE_SOURCE = "oncall.prove_source"
"""A key of an ASGI scope. Its value is a function of our server: call it once the provider's signature is checked."""


@dataclass(slots=True)
class RequestTrace:
    """The facts about one request. caller: None until its token is known. detail: why it was refused, or empty.

    is_over_rate: it was refused because its caller is over the rate limit.
    """

    caller: Token | None = None
    detail: str = ""
    is_over_rate: bool = False


def start_trace(scope: Scope) -> RequestTrace:
    """Add a new, empty trace to a request and return the trace."""
    trace = scope[_KEY] = RequestTrace()
    return trace


def keep_caller(request: Request, caller: Token) -> None:
    """Record in the request's trace who sent it."""
    trace: RequestTrace | None = request.scope.get(_KEY)
    if trace is not None:
        trace.caller = caller


def keep_detail(request: Request, detail: str) -> None:
    """Record in the request's trace why it is refused."""
    trace: RequestTrace | None = request.scope.get(_KEY)
    if trace is not None:
        trace.detail = detail


def keep_over_rate(request: Request) -> None:
    """Record in the request's trace that it is refused because its caller is over the rate limit."""
    trace: RequestTrace | None = request.scope.get(_KEY)
    if trace is not None:
        trace.is_over_rate = True


def note_signed(request: Request) -> None:
    """Tell the server that the provider signed this request, so that its source may open more connections.

    Does nothing if the request came through another server.
    """
    prove: Callable[[], None] | None = request.scope.get(PROVE_SOURCE)
    if prove is not None:
        prove()


def source_of(scope: Scope) -> str:
    """Return the address that a request came from: the other end of its connection, or what a trusted proxy says."""
    client = scope.get("client")
    return client[0] if client else "unknown"
