"""Who is on call, and the schedule, over HTTP."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from oncall.paging.ports.store import Transaction
from oncall.paging.views.tonight_holds import stored_tonight_view
from oncall.planning.published.schedule_diff import PUBLISHED, difference, version_named
from oncall.planning.views.diff_view import DiffView, diff_view
from oncall.schedule.schedule import Schedule
from oncall.schedule.schedule_view_types import OnCallView, ScheduleView, TonightView, VersionListView
from oncall.schedule.schedule_views import oncall_view, schedule_view, version_page
from oncall.schedule.shared_versions import SharedVersions, shared_versions
from oncall.suggestions import suggestion
from oncall.web.api.schedule_change_routes import etag
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.etags import names_etag
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.models.query_models import (
    MOST_LISTED,
    MOST_VERSION,
    DiffQuery,
    OnCallQuery,
    ScheduleQuery,
    VersionQuery,
)
from oncall.web.services.dependencies import ReadingCaller, ServicesDep

router = APIRouter(route_class=PlainRoute, tags=["schedule"])

LONGEST_SPAN = timedelta(days=800)
_UNCHANGED = Answer("The schedule still has the version that `If-None-Match` names")


@router.get(
    "/v1/oncall",
    summary="Read who is on call",
    responses=answers({200: Answer("Who holds each role", OnCallView)}, 401, 403, 422, 503),
    openapi_extra=query(OnCallQuery),
)
async def get_oncall(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the engineer in each role at an instant. In business hours no role has one; `missing` names a gap."""
    moment = asked.time("at", services.clock.now().replace(microsecond=0))
    asked.refuse_faults()
    return JSONResponse(await services.engine.read(lambda tx: oncall_view(tx.schedule(), moment)))


@router.get(
    "/v1/tonight",
    summary="Read who is on call tonight",
    responses=answers({200: Answer("Tonight's shifts, gaps and held tickets", TonightView)}, 401, 403, 422, 503),
)
async def get_tonight(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns who is on call tonight: from now, or from the end of business hours, to the next morning."""
    asked.refuse_faults()
    now = services.clock.now().replace(microsecond=0)
    return JSONResponse(await services.engine.read(lambda tx: stored_tonight_view(tx, now)))


@router.get(
    "/v1/schedule",
    summary="Read the schedule",
    responses=answers(
        {200: Answer("Every assignment that touches the span", ScheduleView, has_etag=True), 304: _UNCHANGED},
        *(401, 403, 422, 503),
    ),
    openapi_extra=query(ScheduleQuery),
)
async def get_schedule(request: Request, services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> Response:
    """Returns the published schedule between two instants, overrides applied, with its gaps.

    With `If-None-Match` and `from`, the answer is 304 if the schedule is unchanged. Without `from` the span moves with
    the clock, so the answer is always complete.
    """
    schedule = await services.engine.read(lambda tx: tx.schedule())
    zone = schedule.calendar.zone
    start = asked.time_or_day("from", services.clock.now(), zone, at_its_end=False)
    end = asked.time_or_day("to", start + timedelta(weeks=4), zone, at_its_end=True)
    engineer = asked.text("engineer")
    if engineer is not None and engineer not in schedule.people:
        asked.fault(
            "engineer",
            f"no person with this id is on a published roster; {suggestion(engineer, sorted(schedule.people))}",
        )
    asked.refuse_faults()
    if not start < end <= start + LONGEST_SPAN:
        asked.fault("to", "must be after `from`, by at most 800 days")
        asked.refuse_faults()
    schedule = await services.engine.read(lambda tx: tx.schedule())
    if "from" in request.query_params and _knows(request, schedule):
        return _unchanged(schedule)
    return JSONResponse(schedule_view(schedule, start, end, engineer), headers={"ETag": etag(schedule.newest)})


@router.get(
    "/v1/schedule/versions",
    summary="Read the history of the schedule",
    responses=answers(
        {200: Answer("A page of versions, the oldest first", VersionListView, has_etag=True), 304: _UNCHANGED},
        *(401, 403, 422, 503),
    ),
    openapi_extra=query(VersionQuery),
)
async def get_versions(request: Request, services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> Response:
    """Returns every publication, change and undo, with its number, time, author and reason.

    To continue the list, pass the `next` of an answer as `after`.
    """
    limit = asked.number("limit", MOST_LISTED, least=1, most=MOST_LISTED)
    after = asked.number("after", 0, least=0, most=MOST_VERSION)
    asked.refuse_faults()
    schedule = await services.engine.read(lambda tx: tx.schedule())
    if _knows(request, schedule):
        return _unchanged(schedule)
    return JSONResponse(version_page(schedule, limit, after), headers={"ETag": etag(schedule.newest)})


def _knows(request: Request, schedule: Schedule) -> bool:
    """Return True if the `If-None-Match` of the request names the newest version of the schedule."""
    return names_etag(request.headers.get("if-none-match", ""), etag(schedule.newest))


def _unchanged(schedule: Schedule) -> Response:
    return Response(status_code=304, headers={"ETag": etag(schedule.newest)})


@router.get(
    "/v1/schedule/diff",
    summary="Compare two versions of the schedule",
    responses=answers({200: Answer("What differs", DiffView)}, 401, 403, 404, 422, 503),
    openapi_extra=query(DiffQuery),
)
async def get_diff(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns who gains and loses which shifts, and what changed in the people, their numbers and the policy."""
    before, after = asked.needed_text("from"), asked.text("to") or PUBLISHED
    asked.refuse_faults()

    def work(tx: Transaction) -> DiffView:
        return diff_view(difference(version_named(tx, before), version_named(tx, after)))

    return JSONResponse(await services.engine.read(work))


@router.get(
    "/v1/schedule/documents",
    summary="Read every version with its document",
    responses=answers({200: Answer("Every version, the oldest first", SharedVersions)}, 401, 403, 422, 503),
)
async def get_documents(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the documents of all versions, so that a planner can count the shifts that each engineer served.

    Phone numbers are masked.
    """
    asked.refuse_faults()
    return JSONResponse(await services.engine.read(lambda tx: shared_versions(tx.version_rows())))
