"""Subscriptions to the status page: forms that need no script, cookie or login. Only a POST changes anything."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from oncall.paging.actions.sms_subscriptions import WRONG_CODE, ask_code, enter_code
from oncall.paging.actions.subscription_limits import AskedTooOften, phone_number
from oncall.paging.actions.subscriptions import (
    Asked,
    choose,
    confirm,
    subscribe,
    subscribe_hook,
    subscriber_of,
    unsubscribe,
)
from oncall.paging.outgoing.subscriber_mail import CODE, CONFIRM, MANAGE, UNSUBSCRIBE
from oncall.paging.ports.store import Transaction
from oncall.paging.ports.subscribers import Subscriber
from oncall.status.status_pages import SubscriptionForm, subscription_html
from oncall.web.access.flood_gate import network_of
from oncall.web.edge.problem_documents import FLOODED, ProblemDocument
from oncall.web.edge.request_bodies import form_body
from oncall.web.edge.request_trace import source_of
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import POLICY
from oncall.web.services.dependencies import PublicStatusDep, ServicesDep
from oncall.web.services.public_status import PublicStatus
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)

ASKED = (
    "A mail with a link is on its way to this address. Open it within 7 days and press the button. "
    "If nothing comes, check the spam folder."
)
NO_MAIL = "this status page sends no mail; read its feed at /status/feed.atom"
NO_SMS = "this status page sends no texts; read its feed at /status/feed.atom"
TYPE_CODE = (
    "A text with a code is on its way to this number. Type the code within 10 minutes. "
    "A number that once answered STOP gets no text any more."
)
ONE_ADDRESS = "write one mail address, one phone number, or the address of one webhook"
ENDED = "No notices go to this address any more. To get them again, subscribe on the status page."
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
TRAP = "website"
"""The name of a field that people do not see. Programs that fill in every field also fill in this one."""
_LONGEST_TOKEN = 100
_NO_FORM = SubscriptionForm()


@router.post("/status/subscribe")
async def post_subscription(request: Request, services: ServicesDep, public: PublicStatusDep) -> Response:
    """Requests a subscription. The answer does not reveal whether the address is already subscribed."""
    source = source_of(request.scope)
    if services.refusals.is_flooding(source):
        raise ProblemDocument(429, FLOODED)
    fields = await form_body(request)
    is_trapped = any(fields.get(TRAP, []))
    if any(fields.get("webhook", [])) and not is_trapped:
        return await _hook(services, public, fields, source)
    if any(fields.get("phone", [])):
        return await _text(services, public, fields, source, is_trapped=is_trapped)
    if not is_trapped:
        if not services.can_mail:
            raise ProblemDocument(422, NO_MAIL)
        asked = Asked(_only(fields, "email"), fields.get("component", []), network_of(source), services.public_url)
        await _subscribe(services, asked)
    return await _answer(public, "Check your mailbox", ASKED)


@router.post("/status/code/{token}")
async def post_code(request: Request, services: ServicesDep, public: PublicStatusDep, token: str) -> Response:
    """Confirms a phone number by the code that was texted to it."""
    typed = (await form_body(request)).get("code", [])
    now, real_now, code = services.clock.now(), services.clock.real_now(), typed[0] if len(typed) == 1 else ""
    found = await services.engine.write(lambda tx: enter_code(tx, token, code, now=now, real_now=real_now))
    if found is None:
        form = SubscriptionForm("Confirm", CODE + _short(token), asks_code=True)
        return await _answer(public, "Type the code again", f"Not subscribed: {WRONG_CODE}.", form, status=422)
    return await _management(public, found, "You are subscribed")


@router.get("/status/confirm/{token}")
async def get_confirmation(public: PublicStatusDep, token: str) -> Response:
    """Shows a button that confirms. The GET changes nothing, because mail scanners open every link in a mail."""
    words = "Press the button to get notices of this status page by mail."
    form = SubscriptionForm("Confirm", CONFIRM + _short(token))
    return await _answer(public, "Confirm your subscription", words, form)


@router.post("/status/confirm/{token}")
async def post_confirmation(services: ServicesDep, public: PublicStatusDep, token: str) -> Response:
    """Confirms a subscription."""
    now, real_now = services.clock.now(), services.clock.real_now()
    found = await services.engine.write(lambda tx: confirm(tx, token, now=now, real_now=real_now))
    return await _management(public, found, "You are subscribed")


@router.get("/status/manage/{token}")
async def get_management(services: ServicesDep, public: PublicStatusDep, token: str) -> Response:
    """Shows which components a subscriber chose."""
    found = await services.engine.read(lambda tx: subscriber_of(tx, token))
    return await _management(public, found, "Your subscription")


@router.post("/status/manage/{token}")
async def post_choice(request: Request, services: ServicesDep, public: PublicStatusDep, token: str) -> Response:
    """Changes the components of a subscription."""
    chosen, now = (await form_body(request)).get("component", []), services.clock.now()
    found = await services.engine.write(lambda tx: choose(tx, token, chosen, now=now))
    return await _management(public, found, "Your choice is stored")


@router.get("/status/u/{token}")
async def get_end(public: PublicStatusDep, token: str) -> Response:
    """Shows a button that ends the subscription. The GET changes nothing."""
    words = "Press the button to get no more notices."
    return await _answer(public, "Unsubscribe", words, SubscriptionForm("Unsubscribe", UNSUBSCRIBE + _short(token)))


@router.post("/status/u/{token}")
async def post_end(services: ServicesDep, public: PublicStatusDep, token: str) -> Response:
    """Ends a subscription with one click (RFC 8058). Answers 200 even if it has ended already."""
    await services.engine.write(lambda tx: unsubscribe(tx, token))
    return await _answer(public, "You are unsubscribed", ENDED)


def _only(fields: dict[str, list[str]], wanted: str) -> str:
    """Return the address in the field `wanted`, which must be the form's only address. Raises ProblemDocument."""
    found = fields.get(wanted, [])
    others = [name for name in ("email", "phone", "webhook") if name != wanted]
    if len(found) != 1 or any(any(fields.get(name, [])) for name in others):
        raise ProblemDocument(422, ONE_ADDRESS)
    return found[0]


async def _text(
    services: Services, public: PublicStatus, fields: dict[str, list[str]], source: str, *, is_trapped: bool
) -> Response:
    """Send a code by SMS, and show the form for the code. If the trap field is filled in, no code is sent."""
    phone, token = _only(fields, "phone"), "none"
    if not is_trapped:
        if not services.can_text:
            raise ProblemDocument(422, NO_SMS)
        asked = Asked("", fields.get("component", []), network_of(source), services.public_url)
        token = await _ask_code(services, phone, asked)
    form = SubscriptionForm("Confirm", CODE + token, asks_code=True)
    return await _answer(public, "Type the code", TYPE_CODE, form)


async def _ask_code(services: Services, phone: str, asked: Asked) -> str:
    now, real_now = services.clock.now(), services.clock.real_now()

    def work(tx: Transaction) -> str:
        # An engineer who later sends STOP to the number that pages would get no more pages.
        is_engineer = tx.schedule().person_with_phone(phone_number(phone)) is not None
        is_barred = is_engineer and services.pages_text_readers
        return ask_code(tx, phone, asked, is_barred=is_barred, now=now, real_now=real_now)

    try:
        return await services.engine.write(work)
    except AskedTooOften as error:
        raise ProblemDocument(429, str(error)) from error


async def _subscribe(services: Services, asked: Asked) -> None:
    now, real_now = services.clock.now(), services.clock.real_now()

    def work(tx: Transaction) -> None:
        subscribe(tx, asked, now=now, real_now=real_now)

    try:
        await services.engine.write(work)
    except AskedTooOften as error:
        raise ProblemDocument(429, str(error)) from error


async def _hook(services: Services, public: PublicStatus, fields: dict[str, list[str]], source: str) -> Response:
    """Store a subscriber's webhook and show its secrets, once.

    It needs no confirmation, because it gets only updates.
    """
    urls, now, real_now = fields["webhook"], services.clock.now(), services.clock.real_now()
    if len(urls) != 1 or services.check_hook is None or any(fields.get("email", []) + fields.get("phone", [])):
        raise ProblemDocument(422, ONE_ADDRESS)
    url = urls[0].strip()
    asked = Asked("", fields.get("component", []), network_of(source), services.public_url)
    await services.check_hook(url)

    def work(tx: Transaction) -> Subscriber:
        return subscribe_hook(tx, url, asked, now=now, real_now=real_now)

    try:
        found = await services.engine.write(work)
    except AskedTooOften as error:
        raise ProblemDocument(429, str(error)) from error
    title = "The webhook is subscribed"
    return await _management(public, found, title, f" Keep its signing secret: {found.signing_secret}")


async def _management(public: PublicStatus, found: Subscriber, title: str, more: str = "") -> Response:
    form = SubscriptionForm(
        "Store my choice",
        MANAGE + found.manage_token,
        chosen=found.components,
        unsubscribe=UNSUBSCRIBE + found.manage_token,
    )
    return await _answer(public, title, f"Notices go to {found.shown}.{more}", form)


async def _answer(
    public: PublicStatus, title: str, words: str, form: SubscriptionForm = _NO_FORM, *, status: int = 200
) -> Response:
    record = await public.record()
    # In a thread, so that no page to an engineer waits for it.
    html = await asyncio.to_thread(subscription_html, record, title, words, form)
    return HTMLResponse(html, status, headers=_HEADERS)


def _short(token: str) -> str:
    return token[:_LONGEST_TOKEN]
