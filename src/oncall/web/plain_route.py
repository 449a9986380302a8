"""A route whose function reads its request by itself, which all of ours do: nothing is worked out before it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


class PlainRoute(APIRoute):
    """FastAPI's route without its search for parameters and dependencies, which costs each request more than its own
    work does. The function takes the request, and each part of the path by name as text; it gives a `Response`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What is called with each request."""

        async def answer(request: Request) -> Response:
            response: Response = await self.endpoint(request, **request.path_params)
            return response

        return answer
