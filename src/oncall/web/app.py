"""The service: one FastAPI application with the tickets API, the schedule, reports, provider webhooks and probes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cached_property

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from oncall import __version__
from oncall.web import (
    doctor_routes,
    probe_routes,
    problem_documents,
    provider_webhooks,
    report_routes,
    schedule_routes,
    ticket_routes,
)
from oncall.web.api_description import DescribedApp
from oncall.web.dependencies import keep_running
from oncall.web.exact_routes import ExactRoutes
from oncall.web.overload import Overload
from oncall.web.services import Services


class _Service(DescribedApp):
    """The application, which answers HEAD wherever it answers GET, and 503 when it is overloaded."""

    exact_routes: ExactRoutes

    @cached_property
    def _overload(self) -> Overload:
        return Overload(self.answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. The server itself leaves out the body of an answer to HEAD."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._overload(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: for a fixed path at once, for any other through FastAPI's router."""
        if self.exact_routes.has(scope):
            await self.exact_routes(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(open_services: Callable[[], AbstractAsyncContextManager[Services]]) -> FastAPI:
    """Build the application. `open_services` is entered inside the running event loop and left at shutdown."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services() as services:
            keep_running(app, services)
            yield

    app = _Service(
        title="oncall",
        version=__version__,
        description="Accepts tickets, pages the right engineer, and escalates until one acknowledges.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        # We publish our own metrics; FastAPI's look for a collector on every request costs time.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problem_documents.install(app)
    parts = (ticket_routes, schedule_routes, report_routes, doctor_routes, provider_webhooks, probe_routes)
    for routes in parts:
        app.include_router(routes.router)
    app.exact_routes = ExactRoutes(app, [route for routes in parts for route in routes.router.routes])
    return app
