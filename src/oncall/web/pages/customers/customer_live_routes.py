"""The update stream of a customer's ticket: its events make the open web page load its changed parts again."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncall.errors import StoreError
from oncall.paging.actions.customer_actions import CUSTOMER
from oncall.paging.actions.ticket_access import ticket_with_secret
from oncall.paging.ports.store import Transaction
from oncall.paging.views.customer_view import page_mark
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.pages.customers.customer_routes import NO_TICKET, private
from oncall.web.pages.frame.live_routes import TOO_MANY, EventStream
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import HEADERS
from oncall.web.services.dependencies import ServicesDep, running
from oncall.web.services.live_feed import LivePlace, place_of
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_LONGEST_MARK = 40


@router.get("/t/{secret}/events")
async def get_customer_events(request: Request, secret: str, services: ServicesDep) -> Response:
    """Streams a `changed` event at each change of the ticket.

    The browser names the last state that it saw in the header `Last-Event-ID`, or in the query parameter `after`.
    """
    live, session = running(request).customers_live, hashlib.sha256(secret.encode(errors="replace")).hexdigest()
    found = await _mark_and_place(services, secret)
    if found is None:
        raise ProblemDocument(404, NO_TICKET)
    if live.is_full(session):
        raise ProblemDocument(503, TOO_MANY)

    async def mark() -> str | None:
        return await _mark(services, secret)

    async def is_open() -> bool:
        try:
            return await mark() is not None
        except StoreError:
            return True

    after = request.headers.get("last-event-id") or request.query_params.get("after") or found[0]
    stream = _of_ticket(live.follow(session, found[1], is_open), mark, after[:_LONGEST_MARK])
    headers = {**HEADERS, "X-Accel-Buffering": "no"}
    return private(EventStream(stream, headers=headers, media_type="text/event-stream"))


async def _mark(services: Services, secret: str) -> str | None:
    context = services.engine.context(CUSTOMER)

    def work(tx: Transaction) -> str | None:
        stored = ticket_with_secret(tx, secret)
        return page_mark(tx, stored, context) if stored is not None else None

    return await services.engine.read(work)


async def _mark_and_place(services: Services, secret: str) -> tuple[str, LivePlace] | None:
    """Return the ticket's mark, and the newest events and versions that the same transaction sees.

    A mark is a text that changes with the web page. None for a secret that opens no ticket.
    """
    context = services.engine.context(CUSTOMER)

    def work(tx: Transaction) -> tuple[str, LivePlace] | None:
        stored = ticket_with_secret(tx, secret)
        return (page_mark(tx, stored, context), place_of(tx)) if stored is not None else None

    return await services.engine.read(work)


async def _of_ticket(
    parts: AsyncGenerator[str, None], find_mark: Callable[[], Awaitable[str | None]], seen: str
) -> AsyncGenerator[str, None]:
    """Yield an event for each change of one ticket. parts: a stream with events for the changes of all tickets.

    seen: the mark (a text that changes with the ticket) that the web page shows. The stream ends when the link is
    revoked.
    """
    try:
        async for part in parts:
            if not part.startswith("id:"):
                yield part
            try:
                mark = await find_mark()
            except StoreError:
                # While the database is away nothing is known to have changed.
                continue
            if mark is None:
                return
            if mark != seen:
                seen = mark
                yield f"id: {mark}\nevent: changed\ndata: ticket\n\n"
    finally:
        await parts.aclose()
