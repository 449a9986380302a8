"""PagerDuty's Events API v2: the same paths, bodies and answers, so that its clients need only a new address."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.intake.pagerduty import LARGEST_EVENT, InvalidEvent, change_summary, event_from, key_in, routing_key_of
from oncall.intake.posts import Post, json_object
from oncall.intake.sender_views import PagerDutyChangeAnswer, PagerDutyError, PagerDutyEventAnswer
from oncall.intake.senders import SENDERS
from oncall.intake.signals import Reading, Unreadable
from oncall.paging.ports.callers import Token
from oncall.web.edge.api_description import Answer, answers
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.edge.request_trace import keep_detail
from oncall.web.models.sender_models import CHANGE_EVENT, CHANGE_EXAMPLE, PAGERDUTY_EVENT, PAGERDUTY_EXAMPLE, posts
from oncall.web.senders.sender_door import keep, post_of, take
from oncall.web.services.dependencies import ServicesDep, sender_with_secret
from oncall.web.services.services import Services

router = APIRouter(route_class=PlainRoute, tags=["senders"])

KEY_HEADER = "x-routing-key"
_MASK = b"(routing key)"
_REFUSALS = (401, 403, 413, 503)
_INVALID = Answer("The event is invalid; `errors` says why, in PagerDuty's words", PagerDutyError)


@router.post(
    "/v2/enqueue",
    status_code=202,
    summary="Receive an event of a PagerDuty client",
    responses=answers({202: Answer("The event is stored", PagerDutyEventAnswer), 400: _INVALID}, *_REFUSALS),
    openapi_extra=posts(PAGERDUTY_EVENT, PAGERDUTY_EXAMPLE),
)
async def enqueue(request: Request, services: ServicesDep) -> JSONResponse:
    """Opens a ticket, resolves it, or adds a note to it. The routing key is a token of this service.

    A trigger with the key of an open ticket pages nobody again. An acknowledgement takes the ticket only if it names a
    person, and the token was made with `--may-acknowledge`.
    """
    opened = await _opened(request, services, "pagerduty")
    if isinstance(opened, JSONResponse):
        return opened
    post, caller, document = opened
    try:
        event = event_from(document, secrets.token_hex(16))
    except InvalidEvent as refusal:
        return await _kept(request, services, "pagerduty", caller, post, refusal)
    await take(services, SENDERS["pagerduty"].origin(caller), post, Reading((event.signal,)))
    answer: PagerDutyEventAnswer = {
        "status": "success",
        "message": "Event processed",
        "dedup_key": event.dedup_key,
    }
    return JSONResponse(answer, 202)


@router.post(
    "/v2/change/enqueue",
    status_code=202,
    summary="Receive a change event of a PagerDuty client",
    responses=answers({202: Answer("The event is logged", PagerDutyChangeAnswer), 400: _INVALID}, *_REFUSALS),
    openapi_extra=posts(CHANGE_EVENT, CHANGE_EXAMPLE),
)
async def enqueue_change(request: Request, services: ServicesDep) -> JSONResponse:
    """Logs a change, such as a deployment. It pages nobody."""
    opened = await _opened(request, services, "pagerduty-change")
    if isinstance(opened, JSONResponse):
        return opened
    post, caller, document = opened
    try:
        change_summary(document)
    except InvalidEvent as refusal:
        return await _kept(request, services, "pagerduty-change", caller, post, refusal)
    await take(services, SENDERS["pagerduty-change"].origin(caller), post, Reading())
    answer: PagerDutyChangeAnswer = {"status": "success", "message": "Change event processed"}
    return JSONResponse(answer, 202)


async def _opened(
    request: Request, services: Services, sender: str
) -> tuple[Post, Token, Mapping[str, object]] | JSONResponse:
    """Return the request with its routing key masked, its caller, and its JSON document.

    If the request has no routing key or is not JSON, returns the answer that refuses it. Raises ProblemDocument.
    """
    post, is_cut = await post_of(request, LARGEST_EVENT)
    in_header = request.headers.get(KEY_HEADER, "").strip()
    if is_cut:
        why = f"the event has more than {LARGEST_EVENT} bytes"
        await _kept_for_a_person(request, services, sender, post, in_header, why)
        raise ProblemDocument(413, why)
    try:
        document = json_object(post.body)
        key = in_header or routing_key_of(document)
    except InvalidEvent as refusal:
        return _invalid(request, refusal.errors)
    except Unreadable as refusal:
        await _kept_for_a_person(request, services, sender, post, in_header, str(refusal))
        keep_detail(request, str(refusal))
        answer: PagerDutyError = {
            "status": "Unrecognized object",
            "message": "Event object format is unrecognized",
            "errors": ["JSON parse error"],
        }
        return JSONResponse(answer, 400)
    return _masked(post, key), await sender_with_secret(request, key), document


async def _kept_for_a_person(
    request: Request, services: Services, sender: str, post: Post, in_header: str, why: str
) -> None:
    """Keep an event that cannot be read, so that a person can look at it. An event without a routing key is not kept.

    Raises ProblemDocument if the routing key is not a token of this service.
    """
    key = in_header or key_in(post.body)
    if key:
        caller = await sender_with_secret(request, key)
        await keep(services, SENDERS[sender].origin(caller), _masked(post, key), why)


def _masked(post: Post, key: str) -> Post:
    """Return the request with its routing key masked in the body, because the key is a secret and the body is kept."""
    return replace(post, body=post.body.replace(key.encode(), _MASK))


async def _kept(
    request: Request, services: Services, sender: str, caller: Token, post: Post, refusal: InvalidEvent
) -> JSONResponse:
    """Keep an invalid event of a known caller, and return the answer that PagerDuty would give."""
    await keep(services, SENDERS[sender].origin(caller), post, str(refusal))
    return _invalid(request, refusal.errors)


def _invalid(request: Request, errors: list[str]) -> JSONResponse:
    keep_detail(request, "; ".join(errors))
    answer: PagerDutyError = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    return JSONResponse(answer, 400)
