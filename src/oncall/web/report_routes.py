"""The policy in force and reports on promises kept, over HTTP: what the terminal prints where the database is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date, datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from oncall.errors import Refused
from oncall.paging.actions.intake import FieldFault, FieldFaults
from oncall.paging.clocks.policy_in_force import published_policy_view
from oncall.paging.ports.store import Transaction
from oncall.reports.quarter import Quarter, quarter_of
from oncall.reports.report_files import (
    BREACHES,
    REVIEW_FORMATS,
    SLA_FORMATS,
    Format,
    ReviewAsked,
    SlaAsked,
    review_written,
    sla_written,
)
from oncall.web.api_description import answers, query, text
from oncall.web.dependencies import PersonCaller, ReportLock, ServicesDep
from oncall.web.plain_route import PlainRoute
from oncall.web.services import Services

router = APIRouter(route_class=PlainRoute)

_DAY = {"type": "string", "format": "date", "examples": ["2027-01-04"]}
_MEDIA = {
    Format.TEXT: "text/plain; charset=utf-8",
    Format.JSON: "application/json",
    Format.CSV: "text/csv; charset=utf-8",
    Format.HTML: "text/html; charset=utf-8",
}
MOST_BREACHES = 100_000
WIDTHS = (20, 1000)
"""The narrowest and the widest terminal for which a report is laid out, in columns."""


@router.get(
    "/v1/policy",
    summary="The policy in force, since when, and the texts it is made of",
    responses=answers({200: "The policy"}, 401, 403, 503),
)
async def get_policy(services: ServicesDep, caller: PersonCaller) -> JSONResponse:
    """What every plan is promised. `in_force` says which publication brought it; `version` 0 is the packaged one."""
    return JSONResponse(await services.engine.read(published_policy_view))


@router.get(
    "/v1/reports/sla",
    summary="Promises kept for the tickets received on some dates",
    responses=answers({200: "The report"}, 401, 403, 404, 422, 503),
    openapi_extra=query(
        from_=_DAY,
        to=_DAY,
        customer=text(),
        plan=text(),
        format=text(enum=[form.value for form in SLA_FORMATS]),
        breaches={"type": "integer", "minimum": 0, "maximum": MOST_BREACHES},
        width={"type": "integer", "minimum": WIDTHS[0], "maximum": WIDTHS[1]},
    ),
)
async def get_sla_report(request: Request, services: ServicesDep, caller: PersonCaller, lock: ReportLock) -> Response:
    """`from` and `to` (dates of the policy's zone, both inside), `customer`, `plan`, and `format`: json when absent.
    `breaches`: how many the text tells in full. `width`: the columns that the text's table has to fit.
    """
    asked = _Asked(request.query_params)
    breaches = asked.number("breaches", 0, MOST_BREACHES)
    wanted = SlaAsked(
        asked.day("from"),
        asked.day("to"),
        asked.text("customer"),
        asked.text("plan"),
        asked.format(SLA_FORMATS),
        breaches=BREACHES if breaches is None else breaches,
        width=asked.number("width", *WIDTHS),
    )
    asked.refuse_faults()
    return await _written(lock, services, wanted.form, lambda tx, now: sla_written(tx, wanted, now))


@router.get(
    "/v1/reports/qbr",
    summary="The quarterly business review of a customer",
    responses=answers({200: "The review"}, 401, 403, 404, 422, 503),
    openapi_extra=query(
        customer=text(), quarter=text(examples=["2027Q1"]), format=text(enum=[form.value for form in REVIEW_FORMATS])
    ),
)
async def get_review(request: Request, services: ServicesDep, caller: PersonCaller, lock: ReportLock) -> Response:
    """`customer`, `quarter` like 2027Q1, and `format`: json when absent."""
    asked = _Asked(request.query_params)
    wanted = ReviewAsked(asked.text("customer", is_needed=True) or "", asked.quarter(), asked.format(REVIEW_FORMATS))
    asked.refuse_faults()
    return await _written(lock, services, wanted.form, lambda tx, now: review_written(tx, wanted, now))


async def _written(
    lock: asyncio.Lock, services: Services, form: Format, work: Callable[[Transaction, datetime], str]
) -> Response:
    """Measure one report at a time: each works for seconds, and pages must not wait for several of them."""
    now = services.clock.now()
    async with lock:
        written = await services.engine.read(lambda tx: work(tx, now))
    return Response(written, media_type=_MEDIA[form])


class _Asked:
    """Reads the query and keeps every fault. What it gives after a fault is never used."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._faults: list[FieldFault] = []

    def refuse_faults(self) -> None:
        """Raise FieldFaults when there are any."""
        if self._faults:
            raise FieldFaults(self._faults)

    def text(self, name: str, *, is_needed: bool = False) -> str | None:
        value = self._given.get(name, "").strip()
        if not value and is_needed:
            self._faults.append(FieldFault(name, "missing"))
        return value or None

    def day(self, name: str) -> date:
        value = self._given.get(name)
        try:
            return date.fromisoformat(value or "")
        except ValueError:
            words = "missing" if value is None else f'"{value[:40]}" is not a date'
            self._faults.append(FieldFault(name, f'{words}; write "2027-01-04"'))
            return date.min

    def quarter(self) -> Quarter:
        try:
            return quarter_of(self._given.get("quarter", ""))
        except Refused as refusal:
            self._faults.append(FieldFault("quarter", str(refusal)))
            return Quarter(2000, 1)

    def format(self, known: tuple[Format, ...]) -> Format:
        value = self._given.get("format", Format.JSON.value)
        if value in known:
            return Format(value)
        self._faults.append(FieldFault("format", f"write {', '.join(known[:-1])} or {known[-1]}"))
        return Format.JSON

    def number(self, name: str, least: int, most: int) -> int | None:
        value = self._given.get(name)
        if value is None:
            return None
        if value.isascii() and value.isdigit() and len(value) < 7 and least <= int(value) <= most:
            return int(value)
        self._faults.append(FieldFault(name, f"write a number from {least} to {most}"))
        return None
