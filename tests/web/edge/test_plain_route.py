"""A route resolves what its function declares, and refuses at start what it cannot resolve."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Request, Response

from oncall.web.edge.plain_route import PlainRoute


async def host_of(request: Request) -> str:
    return request.headers["host"]


async def path_of(host: Annotated[str, Depends(host_of)]) -> str:
    return host


async def needs_a_query(at: str) -> Response:
    return Response(at)


async def needs_a_header(path: Annotated[str, Depends(path_of)]) -> Response:
    return Response(path)


@pytest.mark.parametrize("function", [needs_a_query, needs_a_header])
def test_a_function_that_asks_for_more_than_the_request_is_refused(function: object) -> None:
    router = APIRouter(route_class=PlainRoute)
    with pytest.raises(TypeError, match="asks for what a PlainRoute does not resolve"):
        router.get("/")(function)  # type: ignore[type-var]  # the wrong kind is what the test is about
