"""Heartbeats over HTTP: the calls of jobs, and the list of jobs that must call."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.intake.heartbeat_views import (
    BeatAnswer,
    HeartbeatDeleted,
    HeartbeatListView,
    HeartbeatView,
    heartbeat_view,
)
from oncall.intake.heartbeats import beat, create_heartbeat
from oncall.paging.ports.callers import Token
from oncall.web.edge.api_description import Answer, answers
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.models.request_models import PostedHeartbeat
from oncall.web.services.dependencies import IntakeManager, ReadingCaller, SenderDep, ServicesDep, sender_with_secret
from oncall.web.services.services import Services

router = APIRouter(route_class=PlainRoute, tags=["heartbeats"])

_CALLED = Answer("The call counts", BeatAnswer)
_REFUSALS = (401, 403, 404, 422, 503)


async def call(name: str, services: ServicesDep, caller: SenderDep) -> JSONResponse:
    """Records that the job has run. If its silence opened a ticket, the ticket is resolved."""
    return await _called(name, services, caller)


async def call_with_secret(name: str, secret: str, request: Request, services: ServicesDep) -> JSONResponse:
    """Records that the job has run. For jobs that can only open a URL: the last part of the path is a token."""
    return await _called(name, services, await sender_with_secret(request, secret))


for _method in ("GET", "POST"):
    for _path, _route in (("/heartbeat/{name}", call), ("/heartbeat/{name}/{secret}", call_with_secret)):
        router.add_api_route(
            _path,
            _route,
            methods=[_method],
            name=f"{_route.__name__}_by_{_method.lower()}",
            summary="Receive the call of a job",
            responses=answers({200: _CALLED}, *_REFUSALS),
        )


async def _called(name: str, services: Services, caller: Token) -> JSONResponse:
    context = services.engine.context()
    found, attempts, resolved = await services.engine.write(lambda tx: beat(tx, name, context))
    services.engine.send_soon(attempts)
    answer: BeatAnswer = {"name": name, "due_at": found.due_at.isoformat(), "resolved": resolved}
    return JSONResponse(answer)


@router.get(
    "/v1/heartbeats",
    summary="List the heartbeats",
    responses=answers({200: Answer("Every heartbeat, by name", HeartbeatListView)}, 401, 403, 422, 503),
)
async def get_heartbeats(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns each job that must call, the time of its last call, and the ticket that its silence opened."""
    asked.refuse_faults()
    found = await services.engine.read(lambda tx: tx.heartbeats())
    view: HeartbeatListView = {"heartbeats": [heartbeat_view(one, services.public_url) for one in found]}
    return JSONResponse(view)


@router.post(
    "/v1/heartbeats",
    status_code=201,
    summary="Make a heartbeat",
    responses=answers({201: Answer("The heartbeat", HeartbeatView)}, 400, 401, 403, 409, 413, 422, 503),
)
async def post_heartbeat(services: ServicesDep, caller: IntakeManager, posted: PostedHeartbeat) -> JSONResponse:
    """Creates a heartbeat: a job that must call regularly.

    If the job does not call in time, a ticket opens; its next call resolves the ticket.
    """
    context = services.engine.context(caller.name)
    made = await services.engine.write(lambda tx: create_heartbeat(tx, posted.document, context))
    return JSONResponse(heartbeat_view(made, services.public_url), 201)


@router.post(
    "/v1/heartbeats/{name}/delete",
    summary="Delete a heartbeat",
    responses=answers({200: Answer("It is deleted", HeartbeatDeleted)}, *_REFUSALS),
)
async def delete_heartbeat(name: str, services: ServicesDep, caller: IntakeManager) -> JSONResponse:
    """Deletes a heartbeat. A ticket that the job's silence opened stays open."""
    await services.engine.write(lambda tx: tx.remove_heartbeat(name))
    view: HeartbeatDeleted = {"name": name, "deleted": True}
    return JSONResponse(view)
