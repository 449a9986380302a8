"""The web page of a customer's ticket.

The path holds a secret. Everyone who knows the secret may read the web page, so no log and no Referer shows the path.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncall.errors import OncallError, Refused, StoreError
from oncall.paging.actions.action_checks import LONGEST_MESSAGE
from oncall.paging.actions.consequences import ActionResult
from oncall.paging.actions.customer_actions import CUSTOMER, CustomerAct, customer_act
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.actions.ticket_access import PAGE_PATHS, ticket_with_secret
from oncall.paging.ports.store import Transaction
from oncall.paging.views.customer_view import CustomerView, customer_view, page_mark
from oncall.reports.answer_times import chat_words
from oncall.web.edge.problem_documents import FLOODED, ProblemDocument
from oncall.web.edge.request_bodies import LARGEST_PLAN
from oncall.web.edge.request_trace import keep_detail, keep_over_rate, source_of
from oncall.web.pages.frame.door import FOREIGN_FORM, form_fields
from oncall.web.pages.frame.kept_words import kept_words, store_is_away
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import page, to
from oncall.web.services.dependencies import ServicesDep, running
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LARGEST_FORM = LARGEST_PLAN
"""The most bytes of a customer's form. It is large, so that a message that is too long can be shown again."""
NO_TICKET = "no ticket has this address; the link may be revoked, so ask for a new one by e-mail"
TOO_MANY = "You sent many forms in a short time, so this one was not stored. Wait a minute, and send it again."


class NoTicket(OncallError):
    """Raised for a secret that opens no ticket."""


@router.get("/t/{secret}")
async def get_customer_ticket(request: Request, secret: str, services: ServicesDep) -> Response:
    """Shows a ticket to the customer who opens its link."""
    return await _page_of(request, services, secret)


@router.post("/t/{secret}/{act}")
async def post_customer_form(request: Request, secret: str, act: str, services: ServicesDep) -> Response:
    """Stores a message of the customer, raises the impact by one step, or resolves the ticket. act: which of these."""
    _refuse_foreign(request, services)
    if act not in list(CustomerAct):
        raise ProblemDocument(404, "there is no such form; open the ticket's page again")
    _refuse_flood(request, services)
    here = f"{PAGE_PATHS}{secret}/{act}"
    # The ticket is found before the body is read: without a link nobody sends us large bodies.
    try:
        is_known = await services.engine.read(lambda tx: ticket_with_secret(tx, secret)) is not None
    except StoreError as away:
        return private(store_is_away(request, away, await form_fields(request), here))
    if not is_known:
        return private(kept_words(request, 404, NO_TICKET, await form_fields(request)))
    fields = await form_fields(request, LARGEST_FORM)
    try:
        return await _done(request, services, secret, CustomerAct(act), fields)
    except StoreError as away:
        return private(store_is_away(request, away, fields, here))


async def _done(
    request: Request, services: Services, secret: str, act: CustomerAct, fields: Mapping[str, str]
) -> Response:
    """Do what a customer's form asks for, and return the answer. Raises StoreError."""
    typed = fields.get("message", "")
    if not services.customer_forms.count(secret):
        keep_over_rate(request)
        return await _page_of(request, services, secret, status=503, typed=typed, alert=TOO_MANY)
    context = services.engine.context(CUSTOMER)

    def work(tx: Transaction) -> ActionResult:
        stored = ticket_with_secret(tx, secret)
        if stored is None:
            raise NoTicket
        return customer_act(tx, stored, act, fields, context)

    try:
        done = await services.engine.write(work)
    except NoTicket:
        return private(kept_words(request, 404, NO_TICKET, fields))
    except FieldFaults as refusal:
        keep_detail(request, "; ".join(fault.field for fault in refusal.faults))
        return await _page_of(request, services, secret, status=422, typed=typed, faults=refusal.faults)
    except Refused as refusal:
        return await _page_of(request, services, secret, status=409, typed=typed, alert=str(refusal))
    services.engine.send_soon(done.attempts)
    services.engine.wake()
    return private(to(f"{PAGE_PATHS}{secret}"))


async def _page_of(
    request: Request,
    services: Services,
    secret: str,
    *,
    status: int = 200,
    typed: str = "",
    faults: Sequence[FieldFault] = (),
    alert: str | None = None,
) -> Response:
    """Return the web page of a ticket. typed: the message in the form. faults: the form's faults, listed at the top."""
    _refuse_flood(request, services)
    context = services.engine.context(CUSTOMER)

    answers = await running(request).desk_answers.times()

    def work(tx: Transaction) -> tuple[CustomerView, str, str | None, Sequence[str]] | None:
        stored = ticket_with_secret(tx, secret)
        if stored is None:
            return None
        mark, policy = page_mark(tx, stored, context), tx.policy_at(context.now)
        calendar, within = tx.schedule().calendar_at(context.now), policy.portal.answer_within
        view = customer_view(tx, stored, context)
        chat = chat_words(answers, calendar, within, context.now, view["coverage"])
        return view, mark, policy.mail.help_address, chat

    found = await services.engine.read(work)
    if found is None:
        raise ProblemDocument(404, NO_TICKET)
    view, mark, help_address, chat = found
    running(request).help_address.known = help_address
    return private(
        page(
            "customer.html.j2",
            status=status,
            item=view,
            mark=mark,
            chat=chat,
            now=context.now,
            path=f"{PAGE_PATHS}{secret}",
            typed=typed,
            faults=faults,
            alert=alert,
            new_id=secrets.token_hex(8),
            longest=LONGEST_MESSAGE,
            help_address=help_address,
        )
    )


def private(answer: Response) -> Response:
    """Add headers to an answer that keep its address out of search engines and out of the Referer.

    Returns the answer.
    """
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def _refuse_flood(request: Request, services: Services) -> None:
    if services.refusals.is_flooding(source_of(request.scope)):
        raise ProblemDocument(429, FLOODED)


def _refuse_foreign(request: Request, services: Services) -> None:
    """Raise ProblemDocument 403 for a form that another site sent. The secret in the path protects the form as well.

    `Origin: null` is allowed: older browsers send it from a web page that sends no Referer.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    public = urlsplit(running(request).services.public_url)
    own = ("null", None, f"{public.scheme}://{public.netloc}")
    if site != "same-origin" if site is not None else origin not in own:
        raise ProblemDocument(403, FOREIGN_FORM)
