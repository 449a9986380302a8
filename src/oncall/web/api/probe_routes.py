"""Probes for operators and load balancers: is the process alive, would a page be sent now, and the metrics."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import generate_latest

from oncall.web.edge.api_description import Answer, answers
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.problem_documents import RETRY_AFTER_SECONDS
from oncall.web.services.dependencies import ServicesDep, running

router = APIRouter(route_class=PlainRoute, tags=["probes"])


class Alive(TypedDict):
    """The answer of a process that is alive."""

    status: Literal["alive"]


class Ready(TypedDict):
    """Whether a page would be sent now."""

    ready: bool
    problems: NotRequired[Annotated[list[str], "What would stop a page, a sentence each; for engineers and managers."]]
    channel: NotRequired[Annotated[str, "`twilio`, or `outbox`, which sends nothing; for engineers and managers."]]


@router.get(
    "/healthz", summary="Check that the process is alive", responses=answers({200: Answer("It is alive", Alive)})
)
async def healthz() -> JSONResponse:
    """Answers 200 as long as the process runs. It does not check the database."""
    body: Alive = {"status": "alive"}
    return JSONResponse(body)


@router.get(
    "/readyz",
    summary="Check that a page would go out now",
    responses=answers({200: Answer("It would", Ready), 503: Answer("It would not", Ready)}),
)
async def readyz(request: Request, services: ServicesDep) -> JSONResponse:
    """Answers 503 if a page would not be sent now.

    With the token of an engineer or a manager, the answer names each problem.
    Without such a token the answer is only yes or no.
    """
    found = list(await services.readiness.problems())
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if found else {}
    body: Ready = {"ready": not found}
    if await running(request).authenticator.sees_details(request):
        body |= {"problems": found, "channel": services.engine.channel_name}
    return JSONResponse(body, 503 if found else 200, headers)


@router.get(
    "/metrics",
    summary="Read the metrics of this process",
    response_class=PlainTextResponse,
    responses=answers({200: Answer("Prometheus text format")}),
)
async def metrics(services: ServicesDep) -> PlainTextResponse:
    """Returns the counters of this process since it started, in the format of Prometheus."""
    return PlainTextResponse(generate_latest(services.registry), media_type="text/plain; version=0.0.4; charset=utf-8")
