"""The board, an engineer's own web page, and the web page of one ticket. They show what the API returns."""

from __future__ import annotations

import asyncio
import secrets

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.paging.actions.ticket_references import find_ticket
from oncall.paging.ports.store import Transaction
from oncall.paging.relay.customer_mail import customer_address
from oncall.paging.views.ticket_mark import ticket_mark
from oncall.paging.views.ticket_view_types import WholeTicketView
from oncall.paging.views.ticket_views import stored_whole_view
from oncall.paging.views.ticket_words import timeline_rows
from oncall.paging.watch.drill import new_drill_name
from oncall.planning.views.board_view import own_view
from oncall.schedule.schedule import Schedule
from oncall.status.incidents import Incident
from oncall.status.ticket_incidents import open_incident_of
from oncall.support.policy import Policy
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.pages.board.board_state import LIVE_PATH
from oncall.web.pages.board.kept_boards import boards_of
from oncall.web.pages.frame.door import PageVisitor, VisitorDep
from oncall.web.pages.frame.live_routes import TOO_MANY, EventStream, is_still_signed_in
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import HEADERS, page, render
from oncall.web.services.dependencies import ServicesDep, running
from oncall.web.services.live_feed import place_of
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/board")
async def get_board(request: Request, visitor: VisitorDep) -> Response:
    """Shows who is on call, the open tickets, and the schedule as a table of people and days."""
    values = await boards_of(request).values(request.query_params)
    html = await asyncio.to_thread(lambda: render("board.html.j2", visitor=visitor, **values))
    return HTMLResponse(html, headers=HEADERS)


@router.get(LIVE_PATH)
async def get_live_board(request: Request, visitor: VisitorDep) -> Response:
    """Returns the parts of a board that change, for the script of the board."""
    return HTMLResponse(await boards_of(request).live_page(request.query_params), headers=HEADERS)


@router.get("/me")
async def get_own_page(services: ServicesDep, visitor: VisitorDep) -> Response:
    """Shows the visitor's next shifts, swaps, tickets and calendar links."""
    return await own_page_of(services, visitor)


async def own_page_of(
    services: Services, visitor: PageVisitor, *, new_link: str | None = None, drill: tuple[str, str] | None = None
) -> Response:
    """Return the visitor's own web page.

    new_link: the address of a calendar link that was just made; it is shown only this once. drill: the id and the code
    of a test page that was just started.
    """
    now = services.clock.now().replace(microsecond=0)
    own, at = await services.engine.read(lambda tx: (own_view(tx, visitor.who.id, now), place_of(tx)))
    return page(
        "me.html.j2",
        visitor=visitor,
        own=own,
        at=at,
        now=now,
        new_link=new_link,
        drill=drill,
        # The same form sent twice names the same drill or link, so that one test page goes out and one link is made.
        new_drill=new_drill_name(),
        new_name=secrets.token_hex(8),
    )


@router.get("/board/tickets/{ticket_id}")
async def get_ticket_page(ticket_id: str, services: ServicesDep, visitor: VisitorDep) -> Response:
    """Shows one ticket, with its clocks, its timeline and the forms to act on it."""
    return await ticket_page_of(services, visitor, ticket_id)


@router.get("/board/tickets/{ticket_id}/events")
async def get_ticket_events(ticket_id: str, request: Request, services: ServicesDep, visitor: VisitorDep) -> Response:
    """Streams a `changed` event each time that the ticket, or the delivery of one of its messages, changes."""
    live, session = running(request).live, visitor.who.session

    async def mark() -> str:
        return await services.engine.read(lambda tx: ticket_mark(tx, find_ticket(tx, ticket_id)))

    present = await mark()
    if live.is_full(session):
        raise ProblemDocument(503, TOO_MANY)
    after = request.headers.get("last-event-id") or request.query_params.get("after") or present
    stream = live.follow_mark(session, after[:60], mark, is_still_signed_in(request))
    return EventStream(stream, headers={**HEADERS, "X-Accel-Buffering": "no"}, media_type="text/event-stream")


async def ticket_page_of(
    services: Services, visitor: PageVisitor, ticket_id: str, *, message: str | None = None
) -> Response:
    """Return the web page of a ticket. ticket_id: its id or code. message: what an action did; None: there was none.

    Raises NotFound for an unknown ticket.
    """
    now = services.clock.now()

    def work(tx: Transaction) -> tuple[WholeTicketView, Schedule, Policy, str, Incident | None]:
        stored = find_ticket(tx, ticket_id)
        view, incident = stored_whole_view(tx, stored, now), open_incident_of(tx, stored.ticket.id)
        return view, tx.schedule(), tx.policy_at(now), ticket_mark(tx, stored), incident

    ticket, schedule, policy, at, incident = await services.engine.read(work)
    latest = schedule.latest
    names = {each.id: each.name for each in schedule.people.values()}
    return page(
        "ticket.html.j2",
        visitor=visitor,
        item=ticket,
        incident=incident,
        at=at,
        now=now,
        names=names,
        rows=timeline_rows(ticket, names),
        impacts=list(policy.impacts),
        is_mailed=services.can_mail and customer_address(ticket["ticket"]["contact"], policy.mail) is not None,
        longest=LONGEST_WHY,
        engineers=list(latest.people.values()) if latest is not None else [],
        # The same form sent twice names the same event, which changes nothing the second time.
        new_id=f"page-{secrets.token_hex(8)}",
        message=message,
    )
