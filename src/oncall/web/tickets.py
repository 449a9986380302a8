"""The tickets API: post one, see what became of it, say what happened to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.errors import NotFound
from oncall.paging.intake import EARLY, FieldFault, FieldFaults, accept, instant, parse_ticket
from oncall.paging.life import FROM_PEOPLE, Deed, find_ticket, record
from oncall.paging.ports import CallerRole, TicketFilter, Token, Transaction
from oncall.paging.ticket import EventKind, TicketStatus
from oncall.paging.views import explain_view, ticket_view, whole_ticket_view
from oncall.web.access import Doorkeeper
from oncall.web.bodies import json_body
from oncall.web.problems import Problem

router = APIRouter()

EVERYBODY = (CallerRole.INTAKE, CallerRole.ENGINEER, CallerRole.MANAGER)
PEOPLE = (CallerRole.ENGINEER, CallerRole.MANAGER)

_BY = re.compile(r"(?!.*\d{7})[\w.@ -]{1,60}")
"""A name or id; never a phone number."""
_EVENT_ID = re.compile(r"[\x21-\x7e]{1,100}")
OLDEST_EVENT = timedelta(days=366)


@router.post("/v1/tickets", status_code=202, summary="Accept a ticket")
async def post_ticket(request: Request) -> JSONResponse:
    """Stores a ticket, judges it, and pages. Safe to send twice: the same id and content gives the first answer, 200."""
    services, caller = await _enter(request, *EVERYBODY)
    body = await json_body(request)
    hand = services.engine.hand(caller.name)
    accepted = await services.engine.write(lambda tx: accept(tx, parse_ticket(body, tx.policy(), hand.now), hand))
    services.engine.send_soon(accepted.attempts)
    return JSONResponse(dict(accepted.answer), 202 if accepted.is_new else 200)


@router.get("/v1/tickets", summary="List tickets, newest first")
async def list_tickets(
    request: Request, state: str = "", customer: str | None = None, after: str | None = None, limit: str = "100"
) -> JSONResponse:
    """`state`: open, acknowledged, resolved, several with commas; all when absent. `next` is `after` for the next page."""
    services, _ = await _enter(request, *PEOPLE)
    wanted = TicketFilter(_states(state), customer, after, _limit(limit))
    tickets, zone = await services.engine.write(lambda tx: (tx.tickets(wanted), tx.policy().zone))
    following = tickets[-1].ticket.id if len(tickets) == wanted.limit else None
    return JSONResponse({"tickets": [ticket_view(stored, zone) for stored in tickets], "next": following})


@router.get("/v1/tickets/{ticket_id}", summary="One ticket with its log and every try")
async def get_ticket(request: Request, ticket_id: str) -> JSONResponse:
    """404 when there is no such ticket."""
    services, _ = await _enter(request, *PEOPLE)
    return JSONResponse(await services.engine.write(lambda tx: _whole(tx, ticket_id)))


@router.post("/v1/tickets/{ticket_id}/events", summary="Say what happened to a ticket")
async def post_event(request: Request, ticket_id: str) -> JSONResponse:
    """`kind` with optional `by`, `at`, `id`, `why`, and `impact` for `impact_changed`. A repeat changes nothing."""
    services, caller = await _enter(request, *EVERYBODY)
    body = await json_body(request)
    hand = services.engine.hand(caller.name)
    deed = _deed(body, caller, services.clock.now())

    def work(tx: Transaction) -> tuple[dict[str, Any], Any]:
        done = record(tx, find_ticket(tx, ticket_id).ticket.id, deed, hand)
        view = ticket_view(done.ticket, tx.policy().zone)
        return {**view, "changed": done.changed, "message": done.sentence}, done.attempts

    answer, attempts = await services.engine.write(work)
    services.engine.send_soon(attempts)
    services.engine.wake()
    return JSONResponse(answer)


@router.post("/v1/explain", summary="The verdict on such a ticket; sends nothing")
async def explain(request: Request) -> JSONResponse:
    """`plan`, `impact` and `at` (now when absent)."""
    services, _ = await _enter(request, *EVERYBODY)
    body = await json_body(request)
    if not isinstance(body, Mapping):
        raise FieldFaults([FieldFault("body", 'a JSON object is needed, like {"plan": "standard", "impact": "high"}')])
    faults = [FieldFault(name, "missing") for name in ("plan", "impact") if not isinstance(body.get(name), str)]
    at = instant(body["at"]) if body.get("at") is not None else services.clock.now()
    if at is None:
        faults.append(FieldFault("at", 'is not a time with an offset; write "2027-01-09T03:12:00-05:00"'))
    if faults or at is None:
        raise FieldFaults(faults)
    view = await services.engine.write(
        lambda tx: explain_view(body["plan"], body["impact"], tx.policy(), tx.schedule(), at)
    )
    return JSONResponse(view)


async def _enter(request: Request, *allowed: CallerRole) -> tuple[Any, Token]:
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    caller = await doorkeeper.caller(request, *allowed)
    return request.app.state.services, caller


def _whole(tx: Transaction, reference: str) -> dict[str, Any]:
    stored = tx.ticket(reference)
    if stored is None:
        raise NotFound(f'no ticket has the id "{reference[:40]}"')
    return whole_ticket_view(stored, tx.events(reference), tx.attempts(reference), tx.policy().zone)


def _states(text: str) -> tuple[TicketStatus, ...]:
    try:
        return tuple(TicketStatus(word.strip()) for word in text.split(",") if word.strip())
    except ValueError as error:
        raise Problem(
            422, "a field cannot be used", [FieldFault("state", f"{error}; write open, acknowledged or resolved")]
        ) from error


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 1000:
        raise Problem(422, "a field cannot be used", [FieldFault("limit", "write a number from 1 to 1000")])
    return int(text[:6])


def _deed(body: object, caller: Token, now: datetime) -> Deed:
    """What the caller says happened. Raises FieldFaults naming every field at fault, Problem 403 for another's deed."""
    if not isinstance(body, Mapping):
        raise FieldFaults([FieldFault("event", 'a JSON object is needed, like {"kind": "acknowledged"}')])
    faults: list[FieldFault] = []
    kinds = [kind.value for kind in FROM_PEOPLE]
    kind = body.get("kind")
    if kind not in kinds:
        faults.append(FieldFault("kind", f"write one of {', '.join(kinds)}"))
    by = body.get("by", caller.name)
    if not isinstance(by, str) or not _BY.fullmatch(by):
        faults.append(FieldFault("by", "is not an id or a name of 1 to 60 letters, and never a phone number"))
    identity = body.get("id")
    if identity is not None and not (isinstance(identity, str) and _EVENT_ID.fullmatch(identity)):
        faults.append(FieldFault("id", "is not text of 1 to 100 printable characters"))
    why = body.get("why", "")
    if not isinstance(why, str) or len(why) > 1000:
        faults.append(FieldFault("why", "is not text of at most 1000 characters"))
    if kind == EventKind.IMPACT_CHANGED and not isinstance(body.get("impact"), str):
        faults.append(FieldFault("impact", "missing"))
    at = _event_time(body.get("at"), now, faults)
    if faults:
        raise FieldFaults(faults)
    if caller.role is CallerRole.ENGINEER and by != caller.name:
        raise Problem(403, f"this token acts for {caller.name} alone")
    details = {"impact": body["impact"]} if kind == EventKind.IMPACT_CHANGED else {}
    return Deed(EventKind(str(kind)), str(by), at, why=str(why), id=identity, details=details)


def _event_time(value: object, now: datetime, faults: list[FieldFault]) -> datetime:
    """When it happened; `now` when it was not said."""
    if value is None:
        return now
    at = instant(value)
    if at is None:
        faults.append(FieldFault("at", 'is not a time with an offset; write "2027-01-09T03:12:00-05:00"'))
    elif not now - OLDEST_EVENT <= at <= now + EARLY:
        faults.append(FieldFault("at", "is in the future or more than a year ago"))
    return at or now
