"""The FastAPI application: the tickets API, the schedule, reports, provider webhooks, probes and the web pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from oncall import __version__
from oncall.web.access.request_guard import RequestGuard
from oncall.web.api import (
    calendar_routes,
    caller_routes,
    doctor_routes,
    handoff_routes,
    probe_routes,
    relay_routes,
    reminder_routes,
    report_routes,
    schedule_change_routes,
    schedule_routes,
    swap_routes,
    ticket_link_routes,
    ticket_routes,
    token_routes,
)
from oncall.web.edge import problem_documents
from oncall.web.edge.api_description import DescribedApp
from oncall.web.edge.exact_routes import ExactRoutes
from oncall.web.edge.overload import Overload
from oncall.web.edge.sender_paths import without_stray_slashes
from oncall.web.pages.board import action_routes, board_routes, fairness_routes, own_routes
from oncall.web.pages.board.kept_boards import KeptBoards, keep_boards
from oncall.web.pages.customers import customer_live_routes, customer_routes, portal_routes
from oncall.web.pages.drafts import draft_routes, draft_search_routes
from oncall.web.pages.frame import live_routes, missing_page
from oncall.web.pages.incidents import status_board_routes
from oncall.web.pages.sign_in import provider_routes, sign_in_routes
from oncall.web.senders import (
    heartbeat_routes,
    helpdesk_routes,
    intake_routes,
    opsgenie_routes,
    pagerduty_routes,
    provider_webhooks,
    sender_routes,
)
from oncall.web.services.dependencies import keep_running, kept
from oncall.web.services.services import Services
from oncall.web.status import status_routes, subscription_routes
from oncall.web.status.status_door import StatusDoor

_PARTS = (
    ticket_routes,
    ticket_link_routes,
    sender_routes,
    helpdesk_routes,
    intake_routes,
    heartbeat_routes,
    pagerduty_routes,
    opsgenie_routes,
    schedule_routes,
    calendar_routes,
    schedule_change_routes,
    handoff_routes,
    reminder_routes,
    swap_routes,
    report_routes,
    doctor_routes,
    caller_routes,
    token_routes,
    provider_webhooks,
    relay_routes,
    status_routes,
    subscription_routes,
    probe_routes,
    provider_routes,
    sign_in_routes,
    board_routes,
    fairness_routes,
    draft_routes,
    draft_search_routes,
    action_routes,
    own_routes,
    customer_live_routes,
    customer_routes,
    live_routes,
    portal_routes,
    status_board_routes,
)
"""The modules whose routes the application has: those of the API, the senders and the web pages."""


class _Service(DescribedApp):
    """The application that RequestGuard calls. It answers HEAD like GET, without the body."""

    entry: ASGIApp
    """The outermost ASGI application. It passes each accepted request on to `answer`."""

    exact_routes: ExactRoutes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A HEAD request is answered like a GET; the HTTP server leaves out the body."""
        if scope["type"] == "http":
            scope = without_stray_slashes(scope)
            if scope["method"] == "HEAD":
                scope = {**scope, "method": "GET"}
        await self.entry(scope, receive, send)

    def end_streams(self) -> None:
        """End the update streams of open web pages. Otherwise they would keep the server from stopping."""
        kept(self).live.stop()
        kept(self).customers_live.stop()

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that RequestGuard passed on. A path without parameters goes to its route directly.

        Any other path goes through the router of FastAPI, which is slower.
        """
        if self.exact_routes.has(scope):
            await self.exact_routes(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(
    open_services: Callable[[], AbstractAsyncContextManager[Services]],
    *,
    is_https: bool = False,
) -> FastAPI:
    """Build the application. `open_services` is entered inside the running event loop and left at shutdown.

    is_https: the public address of the service is https.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services() as services:
            await keep_running(app, services)
            keep_boards(app, KeptBoards(services, kept(app).live))
            yield
            await kept(app).public_status.stop()

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
    guard = RequestGuard(Overload(app.answer), lambda: kept(app).services.refusals, is_https=is_https)
    app.entry = StatusDoor(guard, lambda: kept(app).public_status, is_https=is_https)
    routers = [*(part.router for part in _PARTS), status_routes.pages]
    routes = [route for router in routers for route in router.routes]
    problem_documents.install(app, routes)
    missing_page.install(app)
    for router in routers:
        app.include_router(router)
    app.exact_routes, app.described = ExactRoutes(app, routes), routes
    return app
