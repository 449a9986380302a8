"""Answers requests for fixed paths without FastAPI's router and middleware, which take longer than the routes
themselves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import cast

from fastapi import FastAPI, Request, Response
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from oncall.web.edge.plain_route import PlainRoute

Handler = Callable[[Request, Exception], Awaitable[Response]]
Answer = Callable[[Request], Awaitable[Response]]


class ExactRoutes:
    """The plain routes whose path has no parameters, found by method and path.

    If a route raises an error, the exception handlers of the application answer it.
    """

    def __init__(self, app: FastAPI, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        # FastAPI's type also allows handlers that are not coroutine functions; `problem_documents` installs none.
        self._handlers = cast("Mapping[object, Handler]", app.exception_handlers)
        self._found: dict[tuple[str, str], tuple[PlainRoute, Answer]] = {
            (method, route.path): (route, route.get_route_handler())
            for route in routes
            if isinstance(route, PlainRoute) and not route.param_convertors
            for method in route.methods or ()
        }

    def has(self, scope: Scope) -> bool:
        """Return True if one of these routes has the method and path of the request."""
        return scope["type"] == "http" and (scope["method"], scope["path"]) in self._found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for which `has` returned True."""
        route, answer = self._found[scope["method"], scope["path"]]
        scope["app"], scope["route"], scope["path_params"] = self._app, route, {}
        request = Request(scope, receive, send)
        unforeseen: Exception | None = None
        try:
            response = await answer(request)
        except Exception as error:
            kind = next(known for known in type(error).__mro__ if known in self._handlers)
            unforeseen = error if kind is Exception else None
            response = await self._handlers[kind](request, error)
        await response(scope, receive, send)
        if unforeseen is not None:
            # The server logs it.
            raise unforeseen
