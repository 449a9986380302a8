"""Who is on call, and the schedule, over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.paging.intake import FieldFault, instant
from oncall.paging.ports import CallerRole
from oncall.schedule.views import oncall_view, schedule_view
from oncall.web.access import Doorkeeper
from oncall.web.problems import Problem

router = APIRouter()

LONGEST_SPAN = timedelta(days=800)


@router.get("/v1/oncall", summary="Who is on call, every role")
async def get_oncall(request: Request, at: str | None = None) -> JSONResponse:
    """At an instant; now when absent. Roles are empty in business hours; `missing` names a gap."""
    services = await _enter(request)
    moment = _instant("at", at, services.clock.now())
    view = await services.engine.write(lambda tx: oncall_view(tx.schedule(), moment))
    return JSONResponse(view)


@router.get("/v1/schedule", summary="The schedule between two instants")
async def get_schedule(request: Request) -> JSONResponse:
    """`from` (now when absent) and `to` (four weeks later when absent)."""
    services = await _enter(request)
    start = _instant("from", request.query_params.get("from"), services.clock.now())
    end = _instant("to", request.query_params.get("to"), start + timedelta(weeks=4))
    if not start < end <= start + LONGEST_SPAN:
        raise Problem(422, "a field cannot be used", [FieldFault("to", "must be after `from`, by at most 800 days")])

    def work(tx: Any) -> dict[str, Any]:
        return schedule_view(tx.schedule().turns(start, end), start, end, tx.policy().zone)

    return JSONResponse(await services.engine.write(work))


async def _enter(request: Request) -> Any:
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    await doorkeeper.caller(request, CallerRole.ENGINEER, CallerRole.MANAGER)
    return request.app.state.services


def _instant(field: str, text: str | None, default: datetime) -> datetime:
    if text is None:
        return default
    at = instant(text.replace(" ", "+"))
    if at is None:
        fault = FieldFault(field, 'is not a time with an offset; write "2027-01-09T03:12:00-05:00"')
        raise Problem(422, f"{field} {fault.message}", [fault])
    return at
