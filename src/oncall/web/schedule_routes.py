"""Who is on call, and the schedule, over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.paging.actions.intake import FieldFault, FieldFaults, instant, no_time
from oncall.schedule.schedule_views import oncall_view, schedule_view
from oncall.support.calendar import FIRST_YEAR, LAST_YEAR
from oncall.web.api_description import TIME, answers, query
from oncall.web.dependencies import PersonCaller, ServicesDep
from oncall.web.plain_route import PlainRoute

router = APIRouter(route_class=PlainRoute)

LONGEST_SPAN = timedelta(days=800)


@router.get(
    "/v1/oncall",
    summary="Who is on call, every role",
    responses=answers({200: "Who"}, 401, 403, 422, 503),
    openapi_extra=query(at=TIME),
)
async def get_oncall(request: Request, services: ServicesDep, caller: PersonCaller) -> JSONResponse:
    """At an instant; now when absent. Roles are empty in business hours; `missing` names a gap."""
    moment = _instant("at", request.query_params.get("at"), services.clock.now().replace(microsecond=0))
    view = await services.engine.read(lambda tx: oncall_view(tx.schedule(), moment))
    return JSONResponse(view)


@router.get(
    "/v1/schedule",
    summary="The schedule between two instants",
    responses=answers({200: "The shifts"}, 401, 403, 422, 503),
    openapi_extra=query(from_=TIME, to=TIME),
)
async def get_schedule(request: Request, services: ServicesDep, caller: PersonCaller) -> JSONResponse:
    """`from` (now when absent) and `to` (four weeks later when absent): instants, or dates of the policy's zone, whose
    day is inside."""
    zone = (await services.engine.read(lambda tx: tx.schedule())).calendar.zone
    start = _instant("from", request.query_params.get("from"), services.clock.now(), first_of=zone)
    end = _instant("to", request.query_params.get("to"), start + timedelta(weeks=4), end_of=zone)
    if not start < end <= start + LONGEST_SPAN:
        raise FieldFaults([FieldFault("to", "must be after `from`, by at most 800 days")])

    view = await services.engine.read(lambda tx: schedule_view(tx.schedule(), start, end))
    return JSONResponse(view)


def _instant(
    field: str,
    text: str | None,
    default: datetime,
    *,
    first_of: ZoneInfo | None = None,
    end_of: ZoneInfo | None = None,
) -> datetime:
    """An instant of the query; a bare date is its first instant in `first_of`, or the end of the day in `end_of`."""
    if text is None:
        return default
    zone = first_of or end_of
    day = _date(text) if zone is not None else None
    if zone is not None and day is not None:
        return datetime.combine(day + timedelta(days=0 if first_of else 1), time(), zone).astimezone(UTC)
    # A plus that was not escaped arrives as a blank.
    at = instant(text.replace(" ", "+"))
    if at is None:
        raise FieldFaults([FieldFault(field, no_time(text))])
    if not FIRST_YEAR < at.year < LAST_YEAR:
        raise FieldFaults([FieldFault(field, f"is outside the years {FIRST_YEAR + 1} to {LAST_YEAR - 1}")])
    return at


def _date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == len("2027-01-09") else None
    except ValueError:
        return None
    return day if day is not None and FIRST_YEAR < day.year < LAST_YEAR else None
