"""Facts that the routes find out about a request, for the layer that logs and counts refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.types import Scope

from oncall.paging.ports.callers import Token

_KEY = "oncall.trace"
PROVE_SOURCE = "oncall.prove_source"
"""The key of a request's scope with a function of the server, if it has one: it takes the source as a provider's."""


@dataclass(slots=True)
class RequestTrace:
    """The trace of one request. caller: None until its token is known. detail: why it was refused, or empty.

    is_over_rate: it was refused because its caller is over the rate limit.
    """

    caller: Token | None = None
    detail: str = ""
    is_over_rate: bool = False


def start_trace(scope: Scope) -> RequestTrace:
    """Give a request a new trace and return it."""
    trace = scope[_KEY] = RequestTrace()
    return trace


def keep_caller(request: Request, caller: Token) -> None:
    """Note who sent a request."""
    trace: RequestTrace | None = request.scope.get(_KEY)
    if trace is not None:
        trace.caller = caller


def keep_detail(request: Request, detail: str) -> None:
    """Note why a request is refused."""
    trace: RequestTrace | None = request.scope.get(_KEY)
    if trace is not None:
        trace.detail = detail


def keep_over_rate(request: Request) -> None:
    """Note that a request is refused because its caller is over the rate limit."""
    trace: RequestTrace | None = request.scope.get(_KEY)
    if trace is not None:
        trace.is_over_rate = True


def note_signed(request: Request) -> None:
    """Tell the server that the provider signed this request, so that its source may open more connections."""
    prove: Callable[[], None] | None = request.scope.get(PROVE_SOURCE)
    if prove is not None:
        prove()


def source_of(scope: Scope) -> str:
    """Return the address that a request came from: its peer, or what a trusted proxy says."""
    client = scope.get("client")
    return client[0] if client else "unknown"
