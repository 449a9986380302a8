"""Sign-in to the web pages and sign-out.

Only a POST uses up a link, because mail scanners open every address in a mail.
"""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncall.paging.actions.sign_in import sign_in
from oncall.web.edge.problem_documents import FLOODED, ProblemDocument
from oncall.web.edge.request_trace import source_of
from oncall.web.pages.frame.door import (
    MaybeVisitorDep,
    PostedFormDep,
    drop_session,
    form_fields,
    is_off_roster,
    keep_session,
    own_page,
    own_session,
    refuse_foreign_form,
)
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import asset, page, to
from oncall.web.pages.sign_in.provider_routes import farewell
from oncall.web.services.dependencies import PublicStatusDep, ServicesDep

router = APIRouter(route_class=PageRoute, include_in_schema=False)
LONGEST_LINK = 500
NO_LINK = "this link was used already, has ended, or was never made; ask your manager for a new one"


@router.get("/")
async def get_start(visitor: MaybeVisitorDep) -> Response:
    """Leads a manager to the board, an engineer to their own web page, and anyone else to the sign-in."""
    if visitor is None:
        return to("/login")
    return to("/board" if visitor.is_manager else "/me")


@router.get("/assets/{name}")
async def get_asset(name: str) -> Response:
    """Returns a static file of the web pages."""
    found = asset(name)
    if found is None:
        raise ProblemDocument(404, "there is no such file; load the page again")
    return found


@router.get("/login")
async def get_login(
    request: Request, services: ServicesDep, public: PublicStatusDep, visitor: MaybeVisitorDep
) -> Response:
    """Shows the ways to sign in: at the identity provider if there is one, and a form for a login link."""
    wanted = own_page(request.query_params.get("next", ""))
    if visitor is not None:
        return to(wanted)
    return page(
        "login.html.j2",
        link=None,
        wanted=wanted,
        has_provider=services.identity is not None,
        has_left=await is_off_roster(request),
        has_status_page=await public.is_published(),
    )


@router.get("/login/{secret}")
async def get_login_link(secret: str, public: PublicStatusDep) -> Response:
    """Shows a button that signs in. The link is not checked yet, so the answer is the same for every link."""
    return page(
        "login.html.j2",
        link=secret[:LONGEST_LINK],
        wanted="/",
        has_provider=False,
        has_left=False,
        has_status_page=await public.is_published(),
    )


@router.post("/login")
async def post_login(request: Request, services: ServicesDep) -> Response:
    """Signs a person in by a login link: starts a new session, and ends the one that the browser had."""
    refuse_foreign_form(request)
    source, log = source_of(request.scope), structlog.get_logger("oncall.security")
    if services.refusals.is_flooding(source):
        raise ProblemDocument(429, FLOODED)
    fields = await form_fields(request)
    secret = fields.get("link", "").strip()[:LONGEST_LINK].rpartition("/")[2]
    replaces, real_now = own_session(request), services.clock.real_now()
    done = await services.engine.write(lambda tx: sign_in(secret, tx, replaces=replaces, real_now=real_now))
    if done is None:
        log.warning("a sign-in was refused", action="sign_in_refused", source=source)
        raise ProblemDocument(403, NO_LINK)
    log.info("a person signed in", action="signed_in", person=done.person, source=source)
    answer = to(own_page(fields.get("next", "")))
    keep_session(answer, done, services)
    return answer


@router.post("/logout")
async def post_logout(request: Request, services: ServicesDep, posted: PostedFormDep) -> Response:
    """Ends the session on the server, and then at the identity provider. The old cookie is worthless from then on."""
    who = posted.visitor.who
    await services.engine.write(lambda tx: tx.remove_page_session(who.session))
    log = structlog.get_logger("oncall.security")
    log.info("a person signed out", action="signed_out", person=who.id, source=source_of(request.scope))
    address = await farewell(who.id_token, services)
    # Browsers do not let a form lead to another site, so a page leads there.
    answer = to("/login") if address is None else page("signed_out.html.j2", farewell=address)
    drop_session(answer, services)
    return answer
