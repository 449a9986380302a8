"""The routes of Alertmanager and CloudEvents. These senders need no answers in a format of their own."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.intake.intake_views import SenderAnswer, signal_views
from oncall.intake.senders import SENDERS
from oncall.paging.ports.callers import Token
from oncall.paging.ports.intake_store import ArrivalStatus
from oncall.web.edge.api_description import Answer, answers
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.models.sender_models import ALERTMANAGER, ALERTMANAGER_EXAMPLE, CLOUDEVENT, CLOUDEVENT_EXAMPLE, posts
from oncall.web.senders.sender_door import LARGEST_POST, Received, keep, post_of, receive
from oncall.web.services.dependencies import SenderDep, ServicesDep
from oncall.web.services.services import Services

router = APIRouter(route_class=PlainRoute, tags=["senders"])

ACCEPTED = Answer(
    "It is stored, and pages are on their way if any are due. `kept`: a part cannot be understood; a person is told",
    SenderAnswer,
)
_REFUSALS = (401, 403, 413, 503)


@router.post(
    "/webhooks/alertmanager",
    status_code=202,
    summary="Receive alerts of Alertmanager or Grafana",
    responses=answers({202: ACCEPTED}, *_REFUSALS),
    openapi_extra=posts(ALERTMANAGER, ALERTMANAGER_EXAMPLE),
)
async def receive_alerts(request: Request, services: ServicesDep, caller: SenderDep) -> JSONResponse:
    """Opens a ticket for each alert that fires, and resolves the ticket when the alert ends.

    A repeat pages nobody again.
    The policy's routing table gives the ticket its customer, plan and impact.
    """
    return await _answered(request, services, caller, "alertmanager")


@router.post(
    "/webhooks/cloudevents",
    status_code=202,
    summary="Receive CloudEvents",
    responses=answers({202: ACCEPTED}, *_REFUSALS),
    openapi_extra=posts(CLOUDEVENT, CLOUDEVENT_EXAMPLE, "application/cloudevents+json"),
)
async def receive_cloudevents(request: Request, services: ServicesDep, caller: SenderDep) -> JSONResponse:
    """Opens a ticket for a problem, and resolves the ticket when an event says that the problem is over.

    Takes structured events, binary events and batches. Events with the same `source` and `subject` are one problem. The
    `status` of the data, or else the last word of the `type`, says whether the problem is over.
    """
    return await _answered(request, services, caller, "cloudevents")


async def _answered(request: Request, services: Services, caller: Token, name: str) -> JSONResponse:
    post, is_cut = await post_of(request)
    if is_cut:
        await keep(services, SENDERS[name].origin(caller), post, f"the body has more than {LARGEST_POST} bytes")
        raise ProblemDocument(413, f"the body has more than {LARGEST_POST} bytes; its beginning is kept for a person")
    return JSONResponse(sender_answer(await receive(services, SENDERS[name], caller, post)), 202)


def sender_answer(received: Received) -> SenderAnswer:
    """Return the answer to a request whose signals are stored."""
    is_kept = received.arrival.status is not ArrivalStatus.TAKEN
    answer: SenderAnswer = {
        "status": "kept" if is_kept else "accepted",
        "id": received.arrival.id,
        "signals": signal_views(received.taken),
    }
    if is_kept:
        answer["faults"] = list(received.arrival.outcome)
    return answer
