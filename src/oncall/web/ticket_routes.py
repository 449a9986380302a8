"""The tickets API: post one, see what became of it, say what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.intake import (
    ID_PATTERN,
    LENGTHS,
    FieldFault,
    FieldFaults,
    accept_posted,
    instant,
    no_time,
)
from oncall.paging.actions.record_action import find_ticket, record_by_reference
from oncall.paging.actions.ticket_action import FROM_PEOPLE
from oncall.paging.actions.unknown_fields import unknown_fields
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.quoted_text import clean
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.paging.views.ticket_view_types import ActionView, ExplainAnswer, TriageAnswer
from oncall.paging.views.ticket_views import (
    action_view,
    explain_view,
    listing_view,
    stored_whole_view,
    triage_view,
    warnings_view,
)
from oncall.support.triage import Workaround
from oncall.web.api_description import TIME, answers, body, fields_of, query, text
from oncall.web.dependencies import AnyCaller, PersonCaller, ServicesDep
from oncall.web.plain_route import PlainRoute
from oncall.web.request_bodies import JsonBody
from oncall.web.ticket_event_routes import read_deed

router = APIRouter(route_class=PlainRoute)

MOST_LISTED = 1000

_TICKET = body(
    "id",
    "customer",
    "subject",
    id={"anyOf": [text(40, pattern=f"^{ID_PATTERN.pattern}$"), {"type": "integer"}]},
    customer=text(LENGTHS["customer"]),
    plan=text(examples=["standard", "business-critical"]),
    impact=text(examples=["urgent", "high", "normal", "low"]),
    subject=text(LENGTHS["subject"]),
    url=text(LENGTHS["url"]),
    opened_at=TIME,
    contact=text(LENGTHS["contact"]),
    triage={"type": "object", "description": "The answers of POST /v1/triage, instead of `impact`."},
)
_EVENT = body(
    "kind",
    kind=text(enum=[kind.value for kind in FROM_PEOPLE]),
    by=text(60),
    at=TIME,
    id=text(100),
    why=text(1000),
    impact=text(100),
    into=text(40),
    needs_reply={"type": "boolean", "description": "False for a customer's message that asks for nothing."},
    take_over={"type": "boolean", "description": "True: take the ticket also from the engineer who has it."},
    to={**text(60), "description": "The id of the person to whom the ticket is passed."},
)
_TRIAGE = body(
    down={"type": "boolean"},
    workaround=text(enum=[known.value for known in Workaround]),
    users={"anyOf": [{"type": "integer", "minimum": 0}, text(enum=["many", "few"])]},
    question={"type": "boolean"},
)
_EXPLAIN = body("plan", "impact", plan=text(), impact=text(), at=TIME)
_COUNTS_FOR = {
    "impact": EventKind.IMPACT_CHANGED,
    "into": EventKind.MERGED,
    "needs_reply": EventKind.CUSTOMER_REPLIED,
    "take_over": EventKind.ACKNOWLEDGED,
    "to": EventKind.PASSED,
}
"""Fields of an event that one kind alone has."""


@router.post(
    "/v1/tickets",
    status_code=202,
    summary="Accept a ticket",
    responses=answers(
        {202: "Stored, judged, and paged if need be", 200: "Stored before"}, 400, 401, 409, 413, 422, 503
    ),
    openapi_extra=_TICKET,
)
async def post_ticket(services: ServicesDep, caller: AnyCaller, posted: JsonBody) -> JSONResponse:
    """Stores a ticket, judges it, and pages. Safe to send twice: the same id and content gives the first answer.

    A field that is not known is left out and named in `warnings`; so is an impact that its own triage contradicts."""
    context = services.engine.context(caller.name)
    accepted = await services.engine.write(lambda tx: accept_posted(tx, posted, context))
    services.engine.send_soon(accepted.attempts)
    if accepted.is_new:
        services.engine.observer.ticket_accepted(accepted.answer["verdict"]["action"])
    return JSONResponse(accepted.answer, 202 if accepted.is_new else 200)


@router.get(
    "/v1/tickets",
    summary="List tickets, newest first",
    responses=answers({200: "A page of tickets"}, 401, 403, 422, 503),
    openapi_extra=query(
        state=text(), customer=text(), after=text(), limit={"type": "integer", "minimum": 1, "maximum": 1000}
    ),
)
async def list_tickets(request: Request, services: ServicesDep, caller: PersonCaller) -> JSONResponse:
    """`state`: open, acknowledged, resolved, several with commas; all when absent. The `next` of a page is the
    `after` of the one that follows."""
    wanted = _filter(request.query_params)
    now = services.clock.now()
    return JSONResponse(await services.engine.read(lambda tx: listing_view(tx, wanted, now)))


@router.get(
    "/v1/tickets/{ticket_id}",
    summary="One ticket with its log and every try",
    responses=answers({200: "The ticket"}, 401, 403, 404, 503),
)
async def get_ticket(ticket_id: str, services: ServicesDep, caller: PersonCaller) -> JSONResponse:
    """By its id, or by its code while it is unresolved."""
    now = services.clock.now()
    return JSONResponse(await services.engine.read(lambda tx: stored_whole_view(tx, find_ticket(tx, ticket_id), now)))


@router.post(
    "/v1/tickets/{ticket_id}/events",
    summary="Say what happened to a ticket",
    responses=answers({200: "The ticket now"}, 400, 401, 403, 404, 409, 413, 422, 503),
    openapi_extra=_EVENT,
)
async def post_event(ticket_id: str, services: ServicesDep, caller: AnyCaller, posted: JsonBody) -> JSONResponse:
    """`kind` with optional `by`, `at`, `id`, `why`; `impact` for `impact_changed`, `into` for `merged`, `needs_reply`
    for `customer_replied`, `take_over` for `acknowledged`, `to` for `passed`. A repeat changes nothing."""
    context = services.engine.context(caller.name)
    action = read_deed(posted, caller, context.now)
    assert isinstance(posted, Mapping)

    def work(tx: Transaction) -> tuple[ActionView, ActionResult]:
        done = record_by_reference(tx, ticket_id, action, context)
        warnings = [*unknown_fields(posted, fields_of(_EVENT)), *_misplaced(posted)]
        return action_view(done, warnings), done

    answer, done = await services.engine.write(work)
    services.engine.send_soon(done.attempts)
    services.engine.wake()
    if action.kind is EventKind.ACKNOWLEDGED and done.waited is not None:
        services.engine.observer.acknowledged(done.waited.total_seconds())
    return JSONResponse(answer)


@router.post(
    "/v1/explain",
    summary="The verdict on such a ticket; sends nothing",
    responses=answers({200: "The verdict, and each step if nobody answered"}, 400, 401, 413, 422, 503),
    openapi_extra=_EXPLAIN,
)
async def explain(services: ServicesDep, caller: AnyCaller, posted: JsonBody) -> JSONResponse:
    """`plan`, `impact` and `at` (now when absent)."""
    plan, impact, at = _question(posted, services.clock.now())
    view = await services.engine.read(lambda tx: explain_view(plan, impact, tx.policy(), tx.schedule(), at))
    answer: ExplainAnswer = {**view, **warnings_view(unknown_fields(posted, fields_of(_EXPLAIN)))}
    return JSONResponse(answer)


@router.post(
    "/v1/triage",
    summary="The impact that the answers speak for; stores nothing",
    responses=answers({200: "The proposed impact and why"}, 400, 401, 413, 422, 503),
    openapi_extra=_TRIAGE,
)
async def triage(services: ServicesDep, caller: AnyCaller, posted: JsonBody) -> JSONResponse:
    """`down`, `workaround`, `users` (a number, many or few) and `question`, each optional. What is not known counts for
    the customer."""
    view = await services.engine.read(lambda tx: triage_view(posted, tx.policy()))
    answer: TriageAnswer = {**view, **warnings_view(unknown_fields(posted, fields_of(_TRIAGE)))}
    return JSONResponse(answer)


def _misplaced(posted: Mapping[str, Any]) -> list[str]:
    """A sentence for each field that counts for another kind of event."""
    return [
        f'"{field}" counts for {kind.value} alone and was left out.'
        for field, kind in _COUNTS_FOR.items()
        if posted.get(field) is not None and posted["kind"] != kind.value
    ]


def _question(posted: object, now: datetime) -> tuple[str, str, datetime]:
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault("body", 'a JSON object is needed, like {"plan": "standard", "impact": "high"}')])
    plan, impact, wanted = posted.get("plan"), posted.get("impact"), posted.get("at")
    at = now if wanted is None else instant(wanted)
    if isinstance(plan, str) and isinstance(impact, str) and at is not None:
        return plan, impact, at
    faults = [
        FieldFault(name, "missing" if value is None else "is not text")
        for name, value in (("plan", plan), ("impact", impact))
        if not isinstance(value, str)
    ]
    raise FieldFaults([*faults, *([FieldFault("at", no_time(wanted))] if at is None else [])])


def _filter(asked: Mapping[str, str]) -> TicketFilter:
    faults: list[FieldFault] = []
    words = [word.strip() for word in asked.get("state", "").split(",") if word.strip()]
    known = [word for word in words if word in set(TicketStatus)]
    if known != words:
        faults.append(FieldFault("state", "write open, acknowledged or resolved, several with commas"))
    limit = asked.get("limit", "100")
    is_number = limit.isascii() and limit.isdigit() and len(limit) <= 6
    if not is_number or not 1 <= int(limit) <= MOST_LISTED:
        faults.append(FieldFault("limit", f"write a number from 1 to {MOST_LISTED}"))
    if faults:
        raise FieldFaults(faults)
    customer, after = (clean(asked[name]) if name in asked else None for name in ("customer", "after"))
    return TicketFilter(tuple(TicketStatus(word) for word in known), customer, after, int(limit))
