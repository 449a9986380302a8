"""Refusals for browsers at addresses that no route of a web page handles: unknown ones, and those that take only a
form.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.pages.frame.page_route import refusal_page

_WORDS = {
    HTTPStatus.NOT_FOUND: "no page has this address; it may be mistyped",
    HTTPStatus.METHOD_NOT_ALLOWED: "this address only takes a form; open the page of the form, and send it from there",
}
"""What the web page says for each HTTP status."""
_FOR_PROGRAMS = ("/v1/", "/webhooks/", "/status/api/")
"""Paths where every refusal is a problem document, whatever the Accept header says."""

_Handler = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI) -> None:
    """Make the application answer browsers with a web page instead of a problem document.

    Call it after `problem_documents.install`.
    """
    for kind in (HTTPException, ProblemDocument):
        app.add_exception_handler(kind, _with_page(cast("_Handler", app.exception_handlers[kind])))


def _with_page(problem: _Handler) -> _Handler:
    async def answer(request: Request, error: Exception) -> Response:
        refused = await problem(request, error)
        if not _is_browser(request):
            return refused
        status = HTTPStatus(refused.status_code)
        words = str(error.detail) if isinstance(error, ProblemDocument) else _WORDS.get(status, status.phrase)
        shown = refusal_page(request, status, words)
        shown.headers.update(
            {name: refused.headers[name] for name in ("allow", "retry-after") if name in refused.headers}
        )
        return shown

    return answer


def _is_browser(request: Request) -> bool:
    """Return True if a person opened the address in a browser: browsers ask for HTML first, and programs do not."""
    wants_page = request.headers.get("accept", "").startswith("text/html")
    return wants_page and not request.url.path.startswith(_FOR_PROGRAMS)
