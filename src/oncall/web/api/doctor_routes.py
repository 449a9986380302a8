"""Routes that check whether a page would be sent tonight: the doctor's findings on the server, and a drill."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from oncall.paging.actions.caller_actions import drilled_by
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.domain.ticket import LONGEST_DRILL, Attempt, StoredTicket
from oncall.paging.ports.store import Transaction
from oncall.paging.watch.doctor_findings import DoctorReport
from oncall.paging.watch.drill import DrillStarted, start_drill, whom
from oncall.paging.watch.holes_ahead import DAYS, MOST_DAYS
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.models.query_models import DoctorQuery
from oncall.web.models.request_models import LONGEST_ENGINEER_ID, PostedDrill
from oncall.web.services.dependencies import DrillStarter, ReadingCaller, ServicesDep

router = APIRouter(route_class=PlainRoute, tags=["doctor"])


@router.get(
    "/v1/doctor",
    summary="Check what would stop a page tonight",
    responses=answers({200: Answer("Everything that was checked, the worst first", DoctorReport)}, 401, 403, 422, 503),
    openapi_extra=query(DoctorQuery),
)
async def get_doctor(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Checks schedule, phones, provider, pager, clocks and database, as this server sees them. It sends nothing."""
    days = asked.number("days", DAYS, least=1, most=MOST_DAYS)
    asked.refuse_faults()
    return JSONResponse(await services.readiness.examination(days))


@router.post(
    "/v1/drills",
    status_code=202,
    summary="Send a marked test page",
    responses=answers({202: Answer("The test page is on its way", DrillStarted)}, 400, 401, 403, 413, 422, 503),
)
async def post_drill(services: ServicesDep, caller: DrillStarter, posted: PostedDrill) -> JSONResponse:
    """Sends a test page, which never escalates. An engineer's token sends it only to that engineer.

    The answer names the ticket of the drill. Read the ticket to see what happens, and resolve it at the end.
    """
    to, wait = _asked(posted.document)
    context = services.engine.context(caller.name)

    def work(tx: Transaction) -> tuple[str, StoredTicket, Attempt]:
        person = whom(tx, drilled_by(caller, to), context.now)
        stored, page = start_drill(tx, to=person, ends_at=context.now + timedelta(seconds=wait), context=context)
        return person, stored, page

    person, stored, page = await services.engine.write(work)
    services.engine.send_soon([page])
    channel = services.engine.channel_name
    answer: DrillStarted = {"ticket": stored.ticket.id, "to": person, "code": stored.code, "channel": channel}
    return JSONResponse(answer, 202)


def _asked(posted: object) -> tuple[str | None, int]:
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault("drill", 'a JSON object is needed, like {"to": "ana"}')])
    to, wait, faults = posted.get("to"), posted.get("wait", 120), []
    if to is not None and not (isinstance(to, str) and 0 < len(to) <= LONGEST_ENGINEER_ID):
        faults.append(FieldFault("to", "write an engineer's id"))
    if type(wait) is not int or not 1 <= wait <= LONGEST_DRILL:
        faults.append(FieldFault("wait", f"write a number of seconds from 1 to {LONGEST_DRILL}"))
    if faults:
        raise FieldFaults(faults)
    return to, wait
