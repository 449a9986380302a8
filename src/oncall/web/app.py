"""The service: one FastAPI application with the tickets API, the schedule, the provider's webhooks and the probes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest

from oncall import __version__
from oncall.paging.ports.clock import Clock
from oncall.paging.sending.engine import Engine
from oncall.web import problem_documents
from oncall.web.api_description import SECURITY_SCHEMES
from oncall.web.authentication import Authenticator
from oncall.web.services import Readiness, Webhooks


@dataclass(frozen=True)
class Services:
    """The real objects behind the routes, made by `wiring`. `registry` holds the metrics that `/metrics` shows."""

    engine: Engine
    clock: Clock
    webhooks: Webhooks
    readiness: Readiness
    registry: CollectorRegistry


class _Service(FastAPI):
    """An application whose OpenAPI document says what a token is."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        document = super().openapi()
        document.setdefault("components", {})["securitySchemes"] = SECURITY_SCHEMES
        return document


def create_app(open_services: Callable[[], AbstractAsyncContextManager[Services]]) -> FastAPI:
    """The application. `open_services` is entered inside the running event loop and left at shutdown."""
    from oncall.web import doctor, provider_webhooks, report_routes, schedule_routes, ticket_routes

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services() as services:
            app.state.services = services
            app.state.doorkeeper = Authenticator(services.engine)
            app.state.report_turn = asyncio.Lock()
            yield

    app = _Service(
        title="oncall",
        version=__version__,
        description="Tickets in, the right engineer paged, until somebody acknowledges.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Our metrics are our own; to look with each request whether somebody else collects any costs time.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    problem_documents.install(app)
    app.include_router(ticket_routes.router)
    app.include_router(schedule_routes.router)
    app.include_router(report_routes.router)
    app.include_router(doctor.router)
    app.include_router(provider_webhooks.router)
    _add_probes(app)
    return app


def _add_probes(app: FastAPI) -> None:
    @app.get("/healthz", summary="The process is alive")
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @app.get("/readyz", summary="A page would go out now", responses={503: {"description": "It would not: why"}})
    async def readyz() -> JSONResponse:
        services: Services = app.state.services
        found = list(await services.readiness.problems())
        headers = {"Retry-After": str(problem_documents.RETRY_AFTER_SECONDS)} if found else {}
        body = {"ready": not found, "problems": found, "channel": services.engine.channel_name}
        return JSONResponse(body, 503 if found else 200, headers)

    @app.get("/metrics", summary="Prometheus metrics")
    async def metrics() -> PlainTextResponse:
        services: Services = app.state.services
        return PlainTextResponse(
            generate_latest(services.registry), media_type="text/plain; version=0.0.4; charset=utf-8"
        )
