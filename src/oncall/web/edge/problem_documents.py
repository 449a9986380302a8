"""Answers refused requests with problem documents (RFC 9457)."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, NotRequired, TypedDict

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from oncall.errors import Conflict, FileFaults, NotFound, OncallError, Refused, ScheduleMoved, StoreError, StoreInDoubt
from oncall.paging.actions.caller_actions import NotAllowed
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.support.json_types import Keyword
from oncall.web.edge.request_trace import keep_detail

PROBLEM_MEDIA = "application/problem+json"
RETRY_AFTER_SECONDS = 5
FLOODED = "too many requests from here were refused; correct them, and wait before you send the next one"
NOTHING_STORED = "the database cannot answer now, and nothing was stored; send the same request again"
IN_DOUBT = (
    "the connection to the database was lost, so this may be stored or not; "
    "it is safe to send a ticket, or an event with an id, again"
)


class FieldProblem(TypedDict):
    """A field that cannot be used, and why."""

    field: Annotated[str, "Its name, like `subject` or `triage.users`."]
    message: Annotated[str, "What is wrong, and what to write instead."]


class ProblemBody(TypedDict):
    """The body of a refusal (RFC 9457)."""

    type: Annotated[str, "Always `about:blank`: the status says what kind of problem it is."]
    title: Annotated[str, "The status in words.", Keyword("examples", ("Unprocessable Entity",))]
    status: int
    detail: Annotated[
        str,
        "What was found and what to do, for a person.",
        Keyword(
            "examples", ('impact: "P1" is not an impact of the policy; write "urgent", "high", "normal" or "low"',)
        ),
    ]
    errors: NotRequired[Annotated[list[FieldProblem], "Every field at fault; absent when no field is."]]


class ProblemDocument(Exception):
    """Raised to refuse a request with this HTTP status. `faults` name fields of the body or query."""

    def __init__(self, status: int, detail: str, faults: Sequence[FieldFault] = ()) -> None:
        self.status, self.detail, self.faults = status, detail, tuple(faults)
        super().__init__(detail)


def problem(status: int, detail: str, faults: Sequence[FieldFault] = ()) -> JSONResponse:
    """Return a problem document as the answer. detail: why the request is refused."""
    body: ProblemBody = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if faults:
        body["errors"] = [{"field": fault.field, "message": fault.message} for fault in faults]
    headers = {}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status, headers, media_type=PROBLEM_MEDIA)


def _refusal(request: Request, status: int, detail: str, faults: Sequence[FieldFault] = ()) -> JSONResponse:
    """Return a problem document as the answer, and store `detail` for the log line about the refusal."""
    keep_detail(request, detail)
    return problem(status, detail, faults)


def install(app: FastAPI, routes: Sequence[BaseRoute] = ()) -> None:
    """Make the application answer every error with a problem document.

    routes: a 405 answer lists the methods of those routes that have the path of the request.
    """

    @app.exception_handler(ProblemDocument)
    async def _problem(request: Request, error: ProblemDocument) -> JSONResponse:
        return _refusal(request, error.status, error.detail, error.faults)

    @app.exception_handler(FieldFaults)
    async def _fields(request: Request, error: FieldFaults) -> JSONResponse:
        return _refusal(request, 422, str(error).replace("\n", "; "), error.faults)

    _install_refusals(app)

    @app.exception_handler(StoreError)
    async def _store(request: Request, error: StoreError) -> JSONResponse:
        log_store_error(error)
        return _refusal(request, 503, IN_DOUBT if isinstance(error, StoreInDoubt) else NOTHING_STORED)

    @app.exception_handler(ClientDisconnect)
    async def _gone(request: Request, error: ClientDisconnect) -> JSONResponse:
        return _refusal(request, 400, "the body was cut off")

    @app.exception_handler(Exception)
    async def _unforeseen(request: Request, error: Exception) -> JSONResponse:
        return _refusal(request, 500, "the service failed at this request; its log says why")

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        answer = _refusal(request, error.status_code, str(error.detail))
        answer.headers.update(error.headers or {})
        methods = _methods(routes, request.scope)
        if "allow" in answer.headers and methods:
            answer.headers["allow"] = ", ".join(methods)
        return answer


_STATUSES: tuple[tuple[type[OncallError], int], ...] = (
    (NotAllowed, 403),
    (Refused, 422),
    (FileFaults, 422),
    (Conflict, 409),
    (ScheduleMoved, 412),
    (NotFound, 404),
)
"""The HTTP status for each error whose text the caller may read."""


def log_store_error(error: StoreError) -> None:
    """Log why the database did not answer. The caller gets only whether something was stored."""
    structlog.get_logger("oncall.web").error("the store is away", action="store_unavailable", error=str(error))


def status_of(error: OncallError) -> int | None:
    """Return the HTTP status for an error; None if only the log may show its text."""
    statuses = {**dict(_STATUSES), FieldFaults: 422}
    return next((statuses[kind] for kind in type(error).__mro__ if kind in statuses), None)


def _install_refusals(app: FastAPI) -> None:
    async def refused(request: Request, error: Exception) -> JSONResponse:
        status = status_of(error) if isinstance(error, OncallError) else None
        assert status is not None, "it is installed for the refusals of the table alone"
        return _refusal(request, status, str(error))

    for kind, _ in _STATUSES:
        app.add_exception_handler(kind, refused)


def _methods(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """Return the methods of all routes that have the path of the request.

    FastAPI's router gives only those of the first.
    """
    fitting = [route for route in routes if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE]
    found = {method for route in fitting for method in route.methods or ()}
    return sorted(found | {"HEAD"} if "GET" in found else found)
