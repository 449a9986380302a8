"""The route that tells a caller about its own token."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from oncall.paging.views.caller_view import CallerView, caller_view
from oncall.web.edge.api_description import Answer, answers
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.services.dependencies import ReadingCaller, ServicesDep

router = APIRouter(route_class=PlainRoute, tags=["callers"])


@router.get(
    "/v1/me",
    summary="Read who the caller is",
    responses=answers({200: Answer("The caller, as described by its token", CallerView)}, 401, 403, 422, 503),
)
async def get_me(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the name and the role of the caller's token, the engineer it acts for, and when it expires."""
    asked.refuse_faults()
    return JSONResponse(await services.engine.read(lambda tx: caller_view(caller, tx.schedule())))
