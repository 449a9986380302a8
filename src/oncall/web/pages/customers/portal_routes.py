"""The portal, where a customer's contact sends a ticket.

The contact signs in by a link, answers four questions, reads when the team will answer, and sends the ticket.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncall.errors import Conflict, Refused, StoreError
from oncall.paging.actions.action_checks import LONGEST_MESSAGE
from oncall.paging.actions.customer_actions import CUSTOMER
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.actions.portal_mail import portal_link_mail
from oncall.paging.actions.portal_sign_in import (
    LONGEST_ADDRESS,
    contact_with,
    make_portal_link,
    portal_sign_in,
    signed_sign_in,
)
from oncall.paging.actions.portal_ticket import FORM_ID, PortalForm, post_form, promise_words, read_form
from oncall.paging.actions.posted_json import LARGEST_BODY
from oncall.paging.actions.sign_in import SignedIn
from oncall.paging.ports.store import Transaction
from oncall.status.customer_components import CustomerComponent, components_of_customer
from oncall.status.status_record import read_status
from oncall.support.portal_rules import QUESTIONS
from oncall.web.access.flood_gate import network_of
from oncall.web.edge.problem_documents import FLOODED, ProblemDocument
from oncall.web.edge.request_trace import keep_detail, keep_over_rate, source_of
from oncall.web.pages.customers.portal_door import (
    LARGEST_FORM,
    PortalVisitor,
    drop_portal_session,
    has_own_token,
    keep_portal_session,
    portal_visitor,
    posted_by,
)
from oncall.web.pages.frame.door import FORM_FIELD, STALE_FORM, form_fields, refuse_foreign_form
from oncall.web.pages.frame.kept_words import kept_words, store_is_away
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import page, to
from oncall.web.services.dependencies import ServicesDep, running
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)
NO_LINK = "this link was used already, has ended, or was never made; ask for a new one on the portal"
MAILED = "If this address belongs to a contact of a customer, a link is on its way. It works once, for 15 minutes."
TOO_MANY_LINKS = "Too many links were asked for, so no mail was sent. Use the last one, or ask again in ten minutes."
NO_MAIL = "No mail can go out from here, so ask your support contact for a link."
TOO_MANY = "You sent many forms in a short time, so this one was not stored. Wait a minute, and send it again."
FORM_PATH = "/portal/tickets"
SIGN_IN_ENDED = (
    "Your sign-in has ended, so nothing was stored. Open a new link in another tab, then come back and send this again."
)
SIGNED_IN_AGAIN = "You are signed in again. Check what is below, and send it."
KEPT = (*(question.name for question in QUESTIONS), "subject", "message")
"""The fields that a web page shows again as they were typed."""


@router.get("/portal")
async def get_portal(request: Request, services: ServicesDep) -> Response:
    """Shows the form for a ticket to a contact who is signed in, and how to sign in to anyone else."""
    asked = request.query_params
    signed = {name: asked[name][:LONGEST_ADDRESS] for name in ("contact", "at", "signature") if name in asked}
    if signed:
        return await _sign_in_page(request, signed=signed)
    visitor = await portal_visitor(request)
    if visitor is None:
        return await _sign_in_page(request)
    return await _form_page(request, visitor, {})


@router.get("/portal/link/{secret}")
async def get_portal_link(request: Request, secret: str) -> Response:
    """Shows a button that signs in. The link is not checked yet, so the answer is the same for every link."""
    return await _sign_in_page(request, link=secret[:LONGEST_ADDRESS])


@router.post("/portal/mail")
async def post_mail(request: Request, services: ServicesDep) -> Response:
    """Sends a login link by mail, if the address is a contact's. The answer is the same for every address."""
    refuse_foreign_form(request)
    address = (await form_fields(request)).get("contact", "").strip().lower()[:LONGEST_ADDRESS]
    if not services.can_mail:
        return await _sign_in_page(request, words=NO_MAIL, status=503)
    source = network_of(source_of(request.scope))
    # Counted before the address is looked up, so that the answer tells nothing about it.
    if not (services.sign_in_gate.count(f"portal {source}") and services.portal_mails.count(address)):
        keep_over_rate(request)
        return await _sign_in_page(request, words=TOO_MANY_LINKS, status=503)
    real_now, now, public_url = services.clock.real_now(), services.clock.now(), services.public_url

    def work(tx: Transaction) -> None:
        policy = tx.policy_at(now)
        if contact_with(address, policy) is not None:
            link = make_portal_link(tx, policy, address, by="portal", public_url=public_url, real_now=real_now)
            tx.add_relay_messages([portal_link_mail(link, real_now)])

    await services.engine.write(work)
    return await _sign_in_page(request, words=MAILED)


@router.post("/portal/link")
async def post_portal_link(request: Request, services: ServicesDep) -> Response:
    """Signs a contact in by a link: one of this service, or one that the operator's own portal signed."""
    refuse_foreign_form(request)
    source = source_of(request.scope)
    if services.refusals.is_flooding(source):
        raise ProblemDocument(429, FLOODED)
    fields = await form_fields(request)
    real_now, now, key = services.clock.real_now(), services.clock.now(), services.portal_secret

    def work(tx: Transaction) -> SignedIn | None:
        policy = tx.policy_at(now)
        if "signature" in fields:
            return signed_sign_in(fields, key, tx, policy, real_now=real_now)
        return portal_sign_in(fields.get("link", "")[:LONGEST_ADDRESS], tx, policy, real_now=real_now)

    done, log = await services.engine.write(work), structlog.get_logger("oncall.security")
    if done is None:
        log.warning("a sign-in to the portal was refused", action="portal_sign_in_refused", source=source)
        raise ProblemDocument(403, NO_LINK)
    log.info("a customer signed in", action="portal_signed_in", source=source)
    answer = to("/portal")
    keep_portal_session(answer, done, services)
    return answer


@router.post("/portal/sign-out")
async def post_sign_out(request: Request, services: ServicesDep) -> Response:
    """Ends the contact's session on the server."""
    posted = await posted_by(request)
    answer = to("/portal")
    if posted is not None:
        session = posted[0].contact.session
        await services.engine.write(lambda tx: tx.remove_page_session(session))
        drop_portal_session(answer, services)
    return answer


@router.post(FORM_PATH)
async def post_portal_form(request: Request, services: ServicesDep) -> Response:
    """Shows when the team will answer. If the contact has seen that, stores the ticket and leads to its web page."""
    refuse_foreign_form(request)
    fields: Mapping[str, str] = {}
    try:
        visitor = await portal_visitor(request)
        fields = await form_fields(request, LARGEST_FORM if visitor is not None else LARGEST_BODY)
        if visitor is None:
            return kept_words(
                request, 200, SIGN_IN_ENDED, fields, title="Support portal", sends_to=FORM_PATH, signs_in=True
            )
        if not fields.get(FORM_FIELD):
            return await _form_page(request, visitor, fields, alert=SIGNED_IN_AGAIN)
        if not has_own_token(visitor, fields):
            return await _form_page(request, visitor, {**fields, "id": ""}, status=403, alert=STALE_FORM)
        return await _answer(request, services, visitor, fields)
    except StoreError as away:
        fields = fields or await form_fields(request)
        return store_is_away(request, away, fields, FORM_PATH)


async def _answer(request: Request, services: Services, visitor: PortalVisitor, fields: Mapping[str, str]) -> Response:
    """Answer a form of a signed-in contact. Raises StoreError."""
    try:
        form = read_form(fields)
    except FieldFaults as refusal:
        keep_detail(request, "; ".join(fault.field for fault in refusal.faults))
        return await _form_page(request, visitor, fields, status=422, faults=refusal.faults)
    now = services.clock.now().replace(microsecond=0)
    impact, promise = await services.engine.read(
        lambda tx: promise_words(form, visitor.contact, tx.policy_at(now), tx.schedule(), now)
    )
    if fields.get("promised") != impact:
        return await _form_page(request, visitor, fields, promise=promise, promised=impact)
    if not services.customer_forms.count(visitor.contact.address):
        keep_over_rate(request)
        return await _form_page(request, visitor, fields, status=503, alert=TOO_MANY)
    try:
        return await _posted(services, visitor, form)
    except Conflict as refusal:
        # A new id, because the old one names the ticket that was sent before.
        return await _form_page(request, visitor, {**fields, "id": ""}, status=409, alert=str(refusal))
    except Refused as refusal:
        return await _form_page(request, visitor, fields, status=409, alert=str(refusal))


async def _posted(services: Services, visitor: PortalVisitor, form: PortalForm) -> Response:
    context, can_mail = services.engine.context(CUSTOMER), services.can_mail
    done = await services.engine.write(lambda tx: post_form(tx, form, visitor.contact, context, can_mail=can_mail))
    services.engine.send_soon(done.attempts)
    if done.accepted.is_new:
        services.engine.observer.ticket_accepted(done.accepted.answer["verdict"]["action"])
    services.engine.wake()
    return to(done.path)


async def _sign_in_page(
    request: Request,
    *,
    link: str | None = None,
    signed: Mapping[str, str] | None = None,
    words: str | None = None,
    status: int = 200,
) -> Response:
    """Return the web page with the button that signs in. link, signed: what the button sends.

    words: a message to show.
    """
    return page(
        "portal_sign_in.html.j2",
        status=status,
        link=link,
        signed=signed,
        words=words,
        can_mail=running(request).services.can_mail,
        help_address=await _help_address(request),
    )


async def _form_page(
    request: Request,
    visitor: PortalVisitor,
    fields: Mapping[str, str],
    *,
    status: int = 200,
    faults: Sequence[FieldFault] = (),
    alert: str | None = None,
    promise: Sequence[str] = (),
    promised: str = "",
) -> Response:
    """Return the web page with the form for a ticket. fields: the fields as they were typed.

    promise: what the form would cause, in sentences. promised: the impact for which the contact has seen these
    sentences.
    """
    return page(
        "portal.html.j2",
        status=status,
        visitor=visitor,
        questions=QUESTIONS,
        typed={name: fields.get(name, "") for name in KEPT},
        form_id=_form_id(fields),
        faults={fault.field: fault.message for fault in faults},
        alert=alert,
        promise=promise,
        promised=promised,
        longest=LONGEST_MESSAGE,
        own_components=await _own_components(request, visitor),
        help_address=await _help_address(request),
    )


async def _own_components(request: Request, visitor: PortalVisitor) -> list[CustomerComponent]:
    """Return the components that only this customer may see; none without a status page, or without the database."""
    services = running(request).services
    now = services.clock.now().replace(microsecond=0)
    try:
        record = await services.engine.read(lambda tx: read_status(tx, now))
    except (Refused, StoreError):
        return []
    return components_of_customer(record, visitor.contact.customer.name)


async def _help_address(request: Request) -> str | None:
    here = running(request)
    now = here.services.clock.now()
    here.help_address.known = await here.services.engine.read(lambda tx: tx.policy_at(now).mail.help_address)
    return here.help_address.known


def _form_id(fields: Mapping[str, str]) -> str:
    """Return the id in the form, or a new one. All forms with the same id make one ticket."""
    given = fields.get("id", "")
    return given if FORM_ID.fullmatch(given) else secrets.token_hex(8)
