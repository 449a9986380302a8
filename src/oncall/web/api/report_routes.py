"""The policy in force and the reports, over HTTP. The command line prints the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from oncall.errors import Refused
from oncall.paging.clocks.policy_in_force import PolicyInForceView, published_policy_view
from oncall.paging.ports.store import Transaction
from oncall.planning.published.plan_status import plan_status
from oncall.planning.views.status_views import PlanStatusView, plan_status_view
from oncall.reports.duty_month import duty_view
from oncall.reports.duty_view_types import DutyReportView, LoadView
from oncall.reports.month import Month, month_of
from oncall.reports.quarter import Quarter, quarter_of
from oncall.reports.report_files import (
    BREACHES,
    LOAD_FORMATS,
    REVIEW_FORMATS,
    SLA_FORMATS,
    Format,
    LoadAsked,
    ReviewAsked,
    SlaAsked,
    load_written,
    review_written,
    sla_written,
)
from oncall.reports.report_view_types import ReviewView, SlaReportView
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep, QueryReader
from oncall.web.models.query_models import (
    MOST_BREACHES,
    MOST_DAYS_AHEAD,
    NARROWEST,
    WIDEST,
    DutyQuery,
    LoadReportQuery,
    PlanStatusQuery,
    PolicyQuery,
    ReviewQuery,
    SlaReportQuery,
)
from oncall.web.services.dependencies import ReadingCaller, ReportLock, ServicesDep
from oncall.web.services.services import Services

Found = TypeVar("Found")

router = APIRouter(route_class=PlainRoute, tags=["reports"])

_MEDIA = {
    Format.TEXT: "text/plain; charset=utf-8",
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.HTML: "text/html; charset=utf-8",
}
_IN_A_FORMAT = "The report, in the format of the query"
_FORMATS = ("text/plain", "text/csv", "text/html")
_UNREAD_QUARTER = Quarter(2000, 1)
_UNREAD_MONTH = Month(2000, 1)


@router.get(
    "/v1/policy",
    summary="Read the policy in force",
    responses=answers(
        {200: Answer("The policy, and the publication that brought it", PolicyInForceView)}, 401, 403, 422, 503
    ),
    openapi_extra=query(PolicyQuery),
)
async def get_policy(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns what each plan promises, and which publication brought the policy; version 0 is the packaged policy.

    A publication brings its policy into force at a date. Use `at` to get the policy that is in force at another
    instant.
    """
    at = asked.time("at", services.clock.now())
    asked.refuse_faults()
    return JSONResponse(await services.engine.read(lambda tx: published_policy_view(tx, at)))


@router.get(
    "/v1/reports/sla",
    summary="Read an SLA report",
    response_class=Response,
    responses=answers({200: Answer(_IN_A_FORMAT, SlaReportView, _FORMATS)}, 401, 403, 404, 422, 503),
    openapi_extra=query(SlaReportQuery),
)
async def get_sla_report(services: ServicesDep, caller: ReadingCaller, asked: QueryDep, lock: ReportLock) -> Response:
    """Returns how many SLA targets were met for the tickets received between two dates in the policy's zone."""
    wanted = SlaAsked(
        asked.day("from"),
        asked.day("to"),
        asked.text("customer"),
        asked.text("plan"),
        asked.word("format", SLA_FORMATS, Format.JSON),
        asked.number("breaches", BREACHES, least=0, most=MOST_BREACHES),
        asked.number_or_none("width", least=NARROWEST, most=WIDEST),
    )
    asked.refuse_faults()
    return await _written(lock, services, wanted.form, lambda tx, now: sla_written(tx, wanted, now))


@router.get(
    "/v1/reports/qbr",
    summary="Read a quarterly business review",
    response_class=Response,
    responses=answers(
        {200: Answer("The review, in the format of the query", ReviewView, ("text/html",))}, 401, 403, 404, 422, 503
    ),
    openapi_extra=query(ReviewQuery),
)
async def get_review(services: ServicesDep, caller: ReadingCaller, asked: QueryDep, lock: ReportLock) -> Response:
    """Returns the review of one customer's quarter, compared with the quarter before."""
    customer, quarter = asked.needed_text("customer"), _quarter(asked)
    wanted = ReviewAsked(customer, quarter, asked.word("format", REVIEW_FORMATS, Format.JSON))
    asked.refuse_faults()
    return await _written(lock, services, wanted.form, lambda tx, now: review_written(tx, wanted, now))


@router.get(
    "/v1/reports/load",
    summary="Read the load of the engineers",
    response_class=Response,
    responses=answers({200: Answer(_IN_A_FORMAT, LoadView, _FORMATS)}, 401, 403, 422, 503),
    openapi_extra=query(LoadReportQuery),
)
async def get_load_report(services: ServicesDep, caller: ReadingCaller, asked: QueryDep, lock: ReportLock) -> Response:
    """Returns how often each engineer was paged between two dates, night by night."""
    wanted = LoadAsked(
        asked.day("from"),
        asked.day("to"),
        asked.word("format", LOAD_FORMATS, Format.JSON),
        asked.number_or_none("width", least=NARROWEST, most=WIDEST),
    )
    asked.refuse_faults()
    return await _written(lock, services, wanted.form, lambda tx, now: load_written(tx, wanted, now))


@router.get(
    "/v1/reports/duty",
    summary="Read who was on call in a month",
    responses=answers(
        {200: Answer("Hours, shifts, pages and breaches by engineer", DutyReportView)}, 401, 403, 422, 503
    ),
    openapi_extra=query(DutyQuery),
)
async def get_duty(services: ServicesDep, caller: ReadingCaller, asked: QueryDep, lock: ReportLock) -> JSONResponse:
    """Returns what each engineer served in a month, by kind of shift, so that a caller can compute the pay."""
    month = _month(asked)
    asked.refuse_faults()
    return JSONResponse(await _measured(lock, services, lambda tx, now: duty_view(tx, month, now)))


@router.get(
    "/v1/plan/status",
    summary="Read how the published plan is doing",
    responses=answers({200: Answer("Shares so far, and risks to come", PlanStatusView)}, 401, 403, 422, 503),
    openapi_extra=query(PlanStatusQuery),
)
async def get_plan_status(
    services: ServicesDep, caller: ReadingCaller, asked: QueryDep, lock: ReportLock
) -> JSONResponse:
    """Returns who is above or below their share, the gaps, rest that pages broke, and seats that no other engineer may
    take.
    """
    days = asked.number("days", 90, least=1, most=MOST_DAYS_AHEAD)
    asked.refuse_faults()
    return JSONResponse(plan_status_view(await _measured(lock, services, lambda tx, now: plan_status(tx, now, days))))


async def _written(
    lock: asyncio.Lock, services: Services, form: Format, work: Callable[[Transaction, datetime], str]
) -> Response:
    """Compute a report, one at a time, and return it as an answer in the format `form`."""
    return Response(await _measured(lock, services, work), media_type=_MEDIA[form])


async def _measured(lock: asyncio.Lock, services: Services, work: Callable[[Transaction, datetime], Found]) -> Found:
    """Run `work` in a read transaction and return its result. `work` gets policy time.

    Only one report is computed at a time: each takes seconds, and pages must not wait for several of them.
    """
    now = services.clock.now()
    async with lock:
        return await services.engine.read(lambda tx: work(tx, now))


def _quarter(asked: QueryReader) -> Quarter:
    try:
        return quarter_of(asked.text("quarter") or "")
    except Refused as refusal:
        asked.fault("quarter", str(refusal))
        return _UNREAD_QUARTER


def _month(asked: QueryReader) -> Month:
    try:
        return month_of(asked.text("month") or "")
    except Refused as refusal:
        asked.fault("month", str(refusal))
        return _UNREAD_MONTH
