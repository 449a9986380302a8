"""Creates and revokes links that show customers their tickets, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from oncall.paging.actions.ticket_access import (
    TicketLinkView,
    TicketUnlinkView,
    make_ticket_link,
    revoke_ticket_links,
)
from oncall.web.edge.api_description import Answer, answers
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.services.dependencies import ServicesDep, TicketLinker

router = APIRouter(route_class=PlainRoute, tags=["tickets"])


@router.post(
    "/v1/tickets/{ticket_id}/links",
    status_code=201,
    summary="Make a link that shows a customer a ticket",
    responses=answers({201: Answer("The link", TicketLinkView)}, 401, 403, 404, 409, 422, 503),
)
async def post_ticket_link(ticket_id: str, services: ServicesDep, caller: TicketLinker) -> JSONResponse:
    """Makes the secret address of a ticket's web page.

    Anyone with the address can read the ticket, and write to it as the customer.
    """
    real_now, address = services.clock.real_now(), services.public_url
    made = await services.engine.write(
        lambda tx: make_ticket_link(tx, ticket_id, by=caller.name, public_url=address, real_now=real_now)
    )
    return JSONResponse(made, 201, headers={"Cache-Control": "no-store"})


@router.post(
    "/v1/tickets/{ticket_id}/links/revoke",
    summary="Revoke the links that show customers a ticket",
    responses=answers({200: Answer("How many were revoked", TicketUnlinkView)}, 401, 403, 404, 409, 422, 503),
)
async def post_revoked_ticket_links(ticket_id: str, services: ServicesDep, caller: TicketLinker) -> JSONResponse:
    """Revokes every link of a ticket. The addresses then answer 404."""
    return JSONResponse(await services.engine.write(lambda tx: revoke_ticket_links(tx, ticket_id)))
