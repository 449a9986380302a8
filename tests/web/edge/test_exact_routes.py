"""Fixed paths are answered without the router, with exactly the router's answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.types import Message

from oncall.errors import Conflict
from oncall.web.edge import problem_documents
from oncall.web.edge.exact_routes import ExactRoutes
from oncall.web.edge.plain_route import PlainRoute

router = APIRouter(route_class=PlainRoute)


@router.get("/fine")
async def fine(request: Request) -> Response:
    return PlainTextResponse(f"{request.scope['route'].path} of {request.app.title}")


@router.get("/taken")
async def taken() -> Response:
    raise Conflict("the id is taken")


@router.get("/broken")
async def broken() -> Response:
    raise ValueError("a bug")


@router.get("/things/{thing}")
async def thing(thing: str) -> Response:
    return PlainTextResponse(thing)


@pytest.fixture
def app() -> FastAPI:
    made = FastAPI(title="test")
    problem_documents.install(made)
    made.include_router(router)
    return made


def scope(path: str, method: str = "GET") -> dict[str, Any]:
    return {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": [], "http_version": "1.1", "scheme": "http", "server": ("test", 80), "root_path": "",
    }  # fmt: skip


def ask(answering: Any, path: str) -> tuple[list[Mapping[str, Any]], str]:
    """Return what an ASGI application sends, and the error that it raises afterwards."""
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    try:
        asyncio.run(answering(scope(path), receive, send))
    except ValueError as error:
        return sent, str(error)
    return sent, ""


@pytest.mark.parametrize("path", ["/fine", "/taken", "/broken"])
def test_a_fixed_path_is_answered_as_the_router_answers_it(app: FastAPI, path: str) -> None:
    exact = ExactRoutes(app, router.routes)
    assert exact.has(scope(path))
    assert ask(exact, path) == ask(app, path)


def test_an_error_that_nobody_foresaw_is_a_problem_document_and_reaches_the_servers_log(app: FastAPI) -> None:
    sent, raised = ask(ExactRoutes(app, router.routes), "/broken")
    assert (sent[0]["status"], raised) == (500, "a bug")


@pytest.mark.parametrize(("method", "path"), [("GET", "/things/1"), ("POST", "/fine"), ("GET", "/nowhere")])
def test_all_other_requests_are_left_to_the_router(app: FastAPI, method: str, path: str) -> None:
    assert not ExactRoutes(app, router.routes).has(scope(path, method))
