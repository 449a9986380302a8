"""The tickets API: post a ticket, read its state and log, and record events."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from oncall.intake.api_arrivals import log_event, log_ticket
from oncall.paging.actions.caller_actions import record_for
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.field_faults import FieldFault, FieldFaults, instant, no_time
from oncall.paging.actions.intake import AcceptedTicket, accept_posted
from oncall.paging.actions.posted_action import action_from, action_warnings
from oncall.paging.actions.ticket_references import find_ticket
from oncall.paging.actions.unknown_fields import unknown_fields
from oncall.paging.domain.events import EventKind
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.domain.ticket_answer import TicketAnswer
from oncall.paging.ports.records import TicketFilter
from oncall.paging.ports.store import Transaction
from oncall.paging.views.ticket_view_types import (
    ActionView,
    EventReceipt,
    ExplainAnswer,
    TicketListView,
    TriageAnswer,
    WholeTicketView,
)
from oncall.paging.views.ticket_views import (
    event_answer,
    explain_view,
    listing_view,
    stored_whole_view,
    triage_view,
    warnings_view,
)
from oncall.support.triage import QUESTIONS
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.models.query_models import MOST_LISTED, TicketQuery
from oncall.web.models.request_models import ExplainBody, PostedEvent, PostedQuestion, PostedTicket, PostedTriage
from oncall.web.services.dependencies import (
    EventPoster,
    Explainer,
    FloodCheckDep,
    ReadingCaller,
    ServicesDep,
    TicketPoster,
)

router = APIRouter(route_class=PlainRoute, tags=["tickets"])

_AFTER_EVENT = Answer(
    "The ticket after the event; a receipt for a caller of role intake", ActionView, other_view=EventReceipt
)


@router.post(
    "/v1/tickets",
    status_code=202,
    summary="Post a ticket",
    responses=answers(
        {
            202: Answer("The ticket is stored and judged; its page is on its way if one is due", TicketAnswer),
            200: Answer("The same ticket was stored before: its first answer; nobody is paged again", TicketAnswer),
        },
        *(400, 401, 409, 413, 422, 503),
    ),
)
async def post_ticket(
    services: ServicesDep, caller: TicketPoster, posted: PostedTicket, floods: FloodCheckDep
) -> JSONResponse:
    """Stores a ticket, returns the verdict, and pages if needed.

    It is safe to post a ticket again after a time-out or a 503.
    Unknown fields are ignored and listed in `warnings`. There is also a warning if the triage of the ticket does not
    fit its impact.
    """
    context = services.engine.context(caller.name)
    await floods.check(posted.document, caller.name, context.now)

    def work(tx: Transaction) -> AcceptedTicket:
        done = accept_posted(tx, posted.document, context)
        log_ticket(tx, caller, done, context)
        return done

    accepted = await services.engine.write(work)
    services.engine.send_soon(accepted.attempts)
    if accepted.is_new:
        services.engine.observer.ticket_accepted(accepted.answer["verdict"]["action"])
    return JSONResponse(accepted.answer, 202 if accepted.is_new else 200)


@router.get(
    "/v1/tickets",
    summary="List tickets",
    responses=answers({200: Answer("A page of tickets, newest first", TicketListView)}, 401, 403, 404, 422, 503),
    openapi_extra=query(TicketQuery),
)
async def list_tickets(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the newest tickets first. To continue the list, pass the `next` of an answer as `after`."""
    states = asked.words("state", TicketStatus, "write open, acknowledged or resolved, several with commas")
    customer, after = asked.text("customer"), asked.text("after")
    limit = asked.number("limit", 100, least=1, most=MOST_LISTED)
    asked.refuse_faults()
    owner, engineer, since = asked.text("owner"), asked.text("engineer"), asked.text("since")
    customers = (customer,) if customer is not None else ()
    wanted = TicketFilter(states, customers, after, limit, owner=owner, engineer=engineer)
    now = services.clock.now()
    return JSONResponse(await services.engine.read(lambda tx: listing_view(tx, wanted, now, since=since)))


@router.get(
    "/v1/tickets/{ticket_id}",
    summary="Read a ticket",
    responses=answers(
        {200: Answer("The ticket with its log and every message", WholeTicketView)}, 401, 403, 404, 409, 422, 503
    ),
)
async def get_ticket(ticket_id: str, services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns a ticket by its id, or by its code until it is resolved.

    If X is the id of one ticket and the code of another, X is refused with 409; write `id=X` or `code=X` instead.
    """
    asked.refuse_faults()
    now = services.clock.now()
    return JSONResponse(await services.engine.read(lambda tx: stored_whole_view(tx, find_ticket(tx, ticket_id), now)))


@router.post(
    "/v1/tickets/{ticket_id}/events",
    summary="Record an event",
    responses=answers(
        {200: _AFTER_EVENT},
        *(400, 401, 403, 404, 409, 413, 422, 503),
    ),
)
async def post_event(ticket_id: str, services: ServicesDep, caller: EventPoster, posted: PostedEvent) -> JSONResponse:
    """Records what a person or the customer did.

    The caller's role decides which kinds of event the caller may record, and in whose name. If an event with this `id`
    is posted again, nothing changes. Unknown fields are ignored and listed in `warnings`. A caller of role intake must
    name the ticket by its id, and gets a short answer.
    """
    context = services.engine.context(caller.name)
    action = action_from(posted.document, caller=caller.name, now=context.now)
    warnings = action_warnings(posted.document)

    def work(tx: Transaction) -> tuple[ActionView | EventReceipt, ActionResult]:
        done = record_for(caller, tx, ticket_id, action, context)
        log_event(tx, caller, done, context)
        return event_answer(caller.role, done, warnings), done

    answer, done = await services.engine.write(work)
    services.engine.send_soon(done.attempts)
    services.engine.wake()
    if action.kind is EventKind.ACKNOWLEDGED and done.waited is not None:
        services.engine.observer.acknowledged(done.waited.total_seconds())
    return JSONResponse(answer)


@router.post(
    "/v1/explain",
    summary="Explain what a ticket would cause",
    responses=answers(
        {200: Answer("The verdict, and each step if nobody acknowledges", ExplainAnswer)}, 400, 401, 413, 422, 503
    ),
)
async def explain(services: ServicesDep, caller: Explainer, posted: PostedQuestion) -> JSONResponse:
    """Returns the verdict that a ticket with this plan and impact would get at an instant.

    It stores and sends nothing.
    """
    plan, impact, at = _question(posted.document, services.clock.now())
    view = await services.engine.read(lambda tx: explain_view(plan, impact, tx.policy_at(at), tx.schedule(), at))
    warnings = unknown_fields(posted.document, ExplainBody.model_fields)
    answer: ExplainAnswer = {**view, **warnings_view(warnings)}
    return JSONResponse(answer)


@router.post(
    "/v1/triage",
    summary="Propose an impact",
    responses=answers({200: Answer("The proposed impact, and why", TriageAnswer)}, 400, 401, 413, 422, 503),
)
async def triage(services: ServicesDep, caller: Explainer, posted: PostedTriage) -> JSONResponse:
    """Proposes an impact from simple answers about the problem, all of them optional. It stores nothing."""
    now = services.clock.now()
    view = await services.engine.read(lambda tx: triage_view(posted.document, tx.policy_at(now)))
    answer: TriageAnswer = {**view, **warnings_view(unknown_fields(posted.document, QUESTIONS))}
    return JSONResponse(answer)


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
