"""Probes for operators and load balancers: is the process alive, would a page go out, what was counted."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import generate_latest

from oncall.web.dependencies import ServicesDep
from oncall.web.plain_route import PlainRoute
from oncall.web.problem_documents import RETRY_AFTER_SECONDS

router = APIRouter(route_class=PlainRoute)


@router.get("/healthz", summary="Check that the process is alive")
async def healthz() -> JSONResponse:
    """Answers as long as the process runs. It does not look at the database."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz", summary="Check that a page would go out now", responses={503: {"description": "It would not"}})
async def readyz(services: ServicesDep) -> JSONResponse:
    """Answers 503 and names each problem when a page would not go out now."""
    found = list(await services.readiness.problems())
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if found else {}
    body = {"ready": not found, "problems": found, "channel": services.engine.channel_name}
    return JSONResponse(body, 503 if found else 200, headers)


@router.get("/metrics", summary="Read the metrics of this process", response_class=PlainTextResponse)
async def metrics(services: ServicesDep) -> PlainTextResponse:
    """Prometheus text format. Counters start at zero with the process."""
    return PlainTextResponse(generate_latest(services.registry), media_type="text/plain; version=0.0.4; charset=utf-8")
