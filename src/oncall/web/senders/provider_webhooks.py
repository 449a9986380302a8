"""The callbacks of the SMS provider: SMS replies, pressed keys, and reports on our messages. Each must be signed."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from oncall.paging.actions.call_keys import answer_call
from oncall.paging.actions.sms_replies import MOST_UNHELPFUL, UNHELPFUL_WITHIN, answer_sms
from oncall.paging.actions.sms_subscriptions import stop_texts
from oncall.paging.domain.reachability import Reach
from oncall.paging.outgoing.opt_out import opting
from oncall.planning.posted.swap_by_sms import answering_swaps
from oncall.support.phones import masked_phone
from oncall.support.wording import exact_span
from oncall.web.edge.api_description import Answer, answers, form
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.edge.request_bodies import form_body
from oncall.web.edge.request_trace import note_signed
from oncall.web.models.request_models import (
    KEY_EXAMPLE,
    SMS_EXAMPLE,
    STATUS_REPORT_EXAMPLE,
    InboundSmsForm,
    MessageStatusForm,
    PressedKeyForm,
)
from oncall.web.services.dependencies import ServicesDep, running
from oncall.web.services.services import Services

router = APIRouter(route_class=PlainRoute, tags=["provider"])


class _Twiml(Response):
    media_type = "text/xml"


async def _signed_form(request: Request) -> dict[str, str]:
    """Return the posted form. Raises ProblemDocument 403 if the provider did not sign exactly this request.

    Also raises it if the form is about another account, or if its bytes can be read as more than one form.
    """
    form = await form_body(request)
    why = running(request).services.webhooks.why_refused(_as_received(request), form, request.headers)
    if why is not None:
        raise ProblemDocument(403, why)
    note_signed(request)
    return {name: values[0] for name, values in form.items()}


SignedForm = Annotated[dict[str, str], Depends(_signed_form)]
_REFUSALS = (400, 403, 413, 422, 503)


@router.post(
    "/webhooks/twilio/sms",
    summary="Receive an SMS",
    response_class=_Twiml,
    responses=answers({200: Answer("One line of TwiML, or none")}, *_REFUSALS),
    openapi_extra=form(InboundSmsForm, SMS_EXAMPLE),
)
async def inbound_sms(services: ServicesDep, form: SignedForm) -> Response:
    """Does what a person on the roster asks for by SMS, and answers in one line. Other numbers get an empty answer.

    STOP from any number ends the texts about the status page to this number for ever.
    """
    sms = services.webhooks.sms(form)
    context = services.engine.context()
    if opting(sms.body, sms.opt_out) is Reach.OPTED_OUT:
        real_now = context.real_now
        await services.engine.write(lambda tx: stop_texts(tx, sms.phone, real_now))
    if sms.is_for_status:
        return _Twiml(services.webhooks.answer(""))
    answer = await services.engine.write(
        lambda tx: answer_sms(
            tx,
            phone=sms.phone,
            body=sms.body,
            provider_id=sms.provider_id,
            context=context,
            opt_out=sms.opt_out,
            answer_swap=answering_swaps(tx, services.clock),
        )
    )
    if answer.is_from_stranger:
        _note_stranger(services, sms.phone)
    services.engine.send_soon(answer.attempts)
    services.engine.wake()
    if answer.is_silenced:
        why = f"{MOST_UNHELPFUL} texts from this person did nothing in the last {exact_span(UNHELPFUL_WITHIN)}"
        structlog.get_logger("oncall.web").warning(
            "no answer to a text", action="reply_unanswered", by=answer.by, why=why
        )
    for waited in answer.waited:
        services.engine.observer.acknowledged(waited.total_seconds())
    return _Twiml(services.webhooks.answer(answer.text))


@router.post(
    "/webhooks/twilio/status",
    status_code=204,
    summary="Receive a report on a message",
    response_class=Response,
    responses=answers({204: Answer("Recorded")}, *_REFUSALS),
    openapi_extra=form(MessageStatusForm, STATUS_REPORT_EXAMPLE),
)
async def message_status(request: Request, services: ServicesDep, form: SignedForm) -> Response:
    """Records that a message was delivered or failed.

    If a page failed to reach its person, the next step is due at once.
    """
    receipt = services.webhooks.status(form)
    await services.engine.receive(receipt, delivery_id=request.query_params.get("delivery"))
    return Response(status_code=204)


@router.post(
    "/webhooks/twilio/voice",
    summary="Receive a key that was pressed in a call",
    response_class=_Twiml,
    responses=answers({200: Answer("What the call says next, as TwiML")}, *_REFUSALS),
    openapi_extra=form(PressedKeyForm, KEY_EXAMPLE),
)
async def pressed_key(request: Request, services: ServicesDep, form: SignedForm) -> Response:
    """Acknowledges the ticket or passes it on, for the person who was called. A call without a key changes nothing."""
    press, context = services.webhooks.key(form), services.engine.context()
    delivery = request.query_params.get("delivery")
    answer = await services.engine.write(lambda tx: answer_call(tx, delivery_id=delivery, press=press, context=context))
    services.engine.send_soon(answer.attempts)
    services.engine.wake()
    if answer.waited is not None:
        services.engine.observer.acknowledged(answer.waited.total_seconds())
    asks_at = _as_received(request) if answer.asks_again else None
    return _Twiml(services.webhooks.said(answer.text, asks_at=asks_at))


def _note_stranger(services: Services, phone: str) -> None:
    """Log and count a text from a number that is on no roster. It may be an engineer with a new phone."""
    words, shown = "a text came from a number on no roster and did nothing", masked_phone(phone)
    structlog.get_logger("oncall.web").warning(words, action="sms_from_unknown_number", phone=shown)
    services.engine.observer.stranger_wrote()


def _as_received(request: Request) -> str:
    """Return the path and the query byte for byte, as the provider signed them."""
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope["query_string"]
    return (path + (b"?" + query if query else b"")).decode("latin-1")
