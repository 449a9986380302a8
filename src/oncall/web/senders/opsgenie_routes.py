"""Opsgenie's alert API: the same paths, bodies and answers, so that its clients need only a new address."""

from __future__ import annotations

import time
import uuid

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.routing import Match
from starlette.types import Scope

from oncall.errors import NotFound
from oncall.intake.opsgenie import ACTIONS, DELETE, PRIORITY, TEXTS
from oncall.intake.posts import Post
from oncall.intake.sender_views import OpsgenieAnswer, OpsgenieStatusAnswer
from oncall.intake.senders import SENDERS
from oncall.paging.domain.quoted_text import quoted
from oncall.paging.ports.callers import Token
from oncall.paging.ports.intake_store import ArrivalStatus
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.models.query_models import OpsgenieDeleteQuery, OpsgenieQuery
from oncall.web.models.sender_models import (
    OPSGENIE_ACTION,
    OPSGENIE_ACTION_EXAMPLE,
    OPSGENIE_ALERT,
    OPSGENIE_EXAMPLE,
    OPSGENIE_PRIORITY,
    OPSGENIE_PRIORITY_EXAMPLE,
    posts,
)
from oncall.web.senders.sender_door import LARGEST_POST, keep, post_of, receive
from oncall.web.services.dependencies import SenderDep, ServicesDep
from oncall.web.services.services import Services

router = APIRouter(route_class=PlainRoute, tags=["senders"])


class _AlertName(PathConvertor):
    """An alert's name as a part of a path. It may have any characters, even slashes and line breaks."""

    regex = "(?s:.*)"


register_url_convertor("alert_name", _AlertName())

_ACCEPTED = Answer("The request is stored and carried out", OpsgenieAnswer)


@router.post(
    "/v2/alerts",
    status_code=202,
    summary="Receive an alert of an Opsgenie client",
    responses=answers({202: _ACCEPTED}, *(401, 403, 413, 422, 503)),
    openapi_extra=posts(OPSGENIE_ALERT, OPSGENIE_EXAMPLE),
)
async def create_alert(request: Request, services: ServicesDep, caller: SenderDep) -> JSONResponse:
    """Opens a ticket. An alert with the alias of an open one pages nobody again.

    The GenieKey is a token of this service.
    """
    return await _answered(request, services, caller)


@router.get(
    "/v2/alerts/requests/{request_id}",
    summary="Read what became of a request of an Opsgenie client",
    responses=answers({200: Answer("What became of it", OpsgenieStatusAnswer)}, 401, 403, 404, 422, 503),
)
async def request_status(request_id: str, services: ServicesDep, caller: SenderDep) -> JSONResponse:
    """Returns the outcome of an earlier request of the same caller."""
    wanted = request_id.replace("-", "")
    found = await services.engine.read(lambda tx: tx.arrival(wanted))
    if found is None or found.caller != caller.name:
        raise NotFound(f"there is no request {quoted(request_id)}")
    is_good = found.status in (ArrivalStatus.TAKEN, ArrivalStatus.REPLAYED)
    answer: OpsgenieStatusAnswer = {
        "data": {
            "success": is_good,
            "isSuccess": is_good,
            "action": found.path.partition("?")[0].rpartition("/")[2].capitalize(),
            "status": "; ".join(found.outcome),
            "processedAt": found.at.isoformat(),
            "integrationId": found.caller,
            "alertId": found.tickets[0] if found.tickets else "",
            "alias": "",
        },
        "took": 0.0,
        "requestId": request_id,
    }
    return JSONResponse(answer)


async def act_on_alert(identifier: str, request: Request, services: ServicesDep, caller: SenderDep) -> JSONResponse:
    """Changes the ticket of an alert. `close` resolves the ticket, and `priority` changes its impact.

    `acknowledge` takes the ticket for the person in `user`, if the token was made with `--may-acknowledge`. All other
    actions only add a note to the ticket.
    """
    return await _answered(request, services, caller)


async def delete_alert(identifier: str, request: Request, services: ServicesDep, caller: SenderDep) -> JSONResponse:
    """Resolves the ticket of the alert, because a deleted alert needs no engineer.

    `user` says who deleted the alert.
    """
    return await _answered(request, services, caller, ending=f"/{DELETE}")


class _AlertRoute(PlainRoute):
    """A route whose path ends with an alert's name.

    Slashes in the name are escaped, so paths of actions do not match.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match the path, unless it has more slashes than this route: then a part after the name is an action."""
        is_name = scope["type"] == "http" and scope["raw_path"].count(b"/") == self.path.count("/")
        return super().matches(scope) if is_name else (Match.NONE, {})


router.add_api_route(
    "/v2/alerts/{identifier:alert_name}",
    delete_alert,
    methods=["DELETE"],
    status_code=202,
    summary="Receive `delete` of an Opsgenie client",
    responses=answers({202: _ACCEPTED}, *(401, 403, 413, 422, 503)),
    openapi_extra=query(OpsgenieDeleteQuery),
    route_class_override=_AlertRoute,
)
_PATHS = {
    **{action: ("POST", posts(OPSGENIE_ACTION, OPSGENIE_ACTION_EXAMPLE)) for action in ACTIONS},
    **{text: ("PUT", posts(OPSGENIE_ACTION, OPSGENIE_ACTION_EXAMPLE)) for text in TEXTS},
    PRIORITY: ("PUT", posts(OPSGENIE_PRIORITY, OPSGENIE_PRIORITY_EXAMPLE)),
}
for _action, (_method, _body) in _PATHS.items():
    router.add_api_route(
        f"/v2/alerts/{{identifier:alert_name}}/{_action}",
        act_on_alert,
        methods=[_method],
        name=f"{_action}_alert",
        status_code=202,
        summary=f"Receive `{_action}` of an Opsgenie client",
        responses=answers({202: _ACCEPTED}, *(401, 403, 413, 422, 503)),
        openapi_extra=_body | query(OpsgenieQuery),
    )


async def _answered(request: Request, services: Services, caller: Token, ending: str = "") -> JSONResponse:
    """Store a request, carry it out and return the answer to the client.

    ending: added to the path in the log, where only the HTTP method tells the action.
    """
    began, sender = time.monotonic(), SENDERS["opsgenie"]
    post, is_cut = await post_of(request)
    path, mark, asked = post.path.partition("?")
    post = Post(post.body, post.headers, f"{path}{ending}{mark}{asked}")
    if is_cut:
        await keep(services, sender.origin(caller), post, f"the body has more than {LARGEST_POST} bytes")
        raise ProblemDocument(413, f"the body has more than {LARGEST_POST} bytes; its beginning is kept for a person")
    received = await receive(services, sender, caller, post)
    if received.arrival.status is not ArrivalStatus.TAKEN:
        raise ProblemDocument(422, f"{'; '.join(received.arrival.outcome)}; it is logged, and a person is told")
    answer: OpsgenieAnswer = {
        "result": "Request will be processed",
        "took": round(time.monotonic() - began, 3),
        "requestId": str(uuid.UUID(received.arrival.id)),
    }
    return JSONResponse(answer, 202)
