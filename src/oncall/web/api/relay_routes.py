"""Routes for the messages to webhooks and team channels: list the messages, and send one again."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from oncall.paging.domain.quoted_text import quoted
from oncall.paging.ports.relay import RelayFilter, RelayPlace, RelayState
from oncall.paging.relay.retrying import RelayListView, RelayView, relay_list, retry
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.models.query_models import MOST_LISTED, RelayQuery
from oncall.web.services.dependencies import ReadingCaller, RelayRetrier, ServicesDep

router = APIRouter(route_class=PlainRoute, tags=["webhooks"])


@router.get(
    "/v1/webhooks",
    summary="List messages to webhooks and team channels",
    responses=answers({200: Answer("The newest messages first", RelayListView)}, 401, 403, 422, 503),
    openapi_extra=query(RelayQuery),
)
async def list_webhooks(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the messages to other systems and team channels, sent and waiting. It never shows a message's body.

    To continue the list, pass the `next` of an answer as `after`.
    """
    states = asked.words("state", RelayState, "write waiting, sent or quarantined, several with commas")
    to, limit = asked.text("to"), asked.number("limit", 100, least=1, most=MOST_LISTED)
    after = asked.text("after")
    place = RelayPlace.read(after) if after is not None else None
    if after is not None and place is None:
        asked.fault("after", f"{quoted(after)} is no page; write the `next` of the page before")
    asked.refuse_faults()
    wanted = RelayFilter(limit, to, states, place)
    return JSONResponse(await services.engine.read(lambda tx: relay_list(tx, wanted)))


@router.post(
    "/v1/webhooks/{message_id}/retry",
    summary="Send a message to a webhook or team channel again",
    responses=answers({200: Answer("The message is due now", RelayView)}, 401, 403, 404, 409, 422, 503),
)
async def retry_webhook(message_id: str, services: ServicesDep, caller: RelayRetrier, asked: QueryDep) -> JSONResponse:
    """Makes a waiting or quarantined message due now. It is sent with the same id as before."""
    asked.refuse_faults()
    real_now = services.clock.real_now()
    return JSONResponse(await services.engine.write(lambda tx: retry(tx, message_id, real_now=real_now)))
