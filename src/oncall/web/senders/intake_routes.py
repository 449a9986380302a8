"""The intake over HTTP: the log of requests, the failures, and what the routing table does with an alert."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from oncall.intake.arrival_pages import ArrivalPage, failures_page, log_page
from oncall.intake.arrivals import drop_failure, failure_named
from oncall.intake.intake_views import (
    ArrivalListView,
    ArrivalView,
    FailureListView,
    FailureView,
    RoutedView,
    SenderAnswer,
    arrival_view,
    explained,
    failure_view,
    replayed_view,
)
from oncall.intake.posts import labels_in
from oncall.intake.replays import replay_failure
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, instant, no_time
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep, QueryReader
from oncall.web.models.query_models import MOST_LISTED, ArrivalQuery
from oncall.web.models.request_models import PostedLabels
from oncall.web.senders.sender_door import send_taken, write_again
from oncall.web.services.dependencies import Explainer, IntakeManager, ReadingCaller, ServicesDep

router = APIRouter(route_class=PlainRoute, tags=["intake"])

_READ_REFUSALS = (401, 403, 422, 503)
_CHANGE_REFUSALS = (401, 403, 404, 409, 422, 503)


@router.get(
    "/v1/intake/log",
    summary="Read what senders posted",
    responses=answers({200: Answer("Requests of senders, the newest first", ArrivalListView)}, *_READ_REFUSALS),
    openapi_extra=query(ArrivalQuery),
)
async def get_log(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the requests that came in, and what became of them. Requests are kept for 14 days.

    To continue the list, pass the `next` of an answer as `after`.
    """
    page = _page(asked)
    return JSONResponse(await services.engine.read(lambda tx: log_page(tx, page)))


@router.get(
    "/v1/intake/failures",
    summary="List what could not be understood",
    responses=answers({200: Answer("Failures, the newest first", FailureListView)}, *_READ_REFUSALS),
    openapi_extra=query(ArrivalQuery),
)
async def get_failures(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the requests of known callers that could not be understood, until a person replays or drops them.

    To continue the list, pass the `next` of an answer as `after`.
    """
    page = _page(asked)
    return JSONResponse(await services.engine.read(lambda tx: failures_page(tx, page)))


@router.get(
    "/v1/intake/failures/{failure_id}",
    summary="Read a body that could not be understood",
    responses=answers({200: Answer("The failure with its body", FailureView)}, 401, 403, 404, 422, 503),
)
async def get_failure(failure_id: str, services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the body of a failed request as text."""
    asked.refuse_faults()
    return JSONResponse(await services.engine.read(lambda tx: failure_view(failure_named(tx, failure_id))))


@router.post(
    "/v1/intake/failures/{failure_id}/drop",
    summary="Drop a body that could not be understood",
    responses=answers({200: Answer("The failure, dropped", ArrivalView)}, *_CHANGE_REFUSALS),
)
async def post_drop(failure_id: str, services: ServicesDep, caller: IntakeManager) -> JSONResponse:
    """Deletes the body of a failed request. The log still lists the request."""
    context = services.engine.context(caller.name)
    return JSONResponse(await services.engine.write(lambda tx: arrival_view(drop_failure(tx, failure_id, context))))


@router.post(
    "/v1/intake/failures/{failure_id}/replay",
    summary="Replay a body that could not be understood",
    responses=answers({200: Answer("What the replay did", SenderAnswer)}, *_CHANGE_REFUSALS),
)
async def post_replay(failure_id: str, services: ServicesDep, caller: IntakeManager) -> JSONResponse:
    """Reads a failed request again, as if its caller sent it now.

    Use it after this service or a mapping was updated.
    """
    context = services.engine.context(caller.name)
    mappings = services.senders.mappings
    arrival, taken = await write_again(services, lambda tx: replay_failure(tx, failure_id, mappings, context))
    send_taken(services, taken)
    return JSONResponse(replayed_view(arrival, taken))


@router.post(
    "/v1/intake/explain",
    summary="Explain where an alert would go",
    responses=answers({200: Answer("The row that matches, and the verdict", RoutedView)}, 400, 401, 413, 422, 503),
)
async def post_explain(services: ServicesDep, caller: Explainer, posted: PostedLabels) -> JSONResponse:
    """Returns the row of the routing table that matches these labels, and the verdict. It stores nothing."""
    document = posted.document
    labels = document.get("labels") if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(labels, Mapping):
        raise FieldFaults([FieldFault("labels", 'an object is needed, like {"severity": "critical"}')])
    at = services.clock.now() if document.get("at") is None else instant(document["at"])
    if at is None:
        raise FieldFaults([FieldFault("at", no_time(document["at"]))])
    view = await services.engine.read(lambda tx: explained(labels_in(labels), tx.policy_at(at), tx.schedule(), at))
    return JSONResponse(view)


def _page(asked: QueryReader) -> ArrivalPage:
    limit = asked.number("limit", 100, least=1, most=MOST_LISTED)
    caller, after = asked.text("caller"), asked.text("after")
    asked.refuse_faults()
    return ArrivalPage(limit, caller, after)
