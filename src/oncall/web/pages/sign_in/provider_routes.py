"""Sign-in through the identity provider.

Sends the browser there with new secrets, and checks the code it returns with.
"""

from __future__ import annotations

import re
import secrets
from contextlib import suppress

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncall.errors import IdentityAway, IdentityError
from oncall.paging.actions.caller_actions import NotAllowed
from oncall.paging.actions.provider_sign_in import (
    HANDSHAKE_LENGTH,
    NO_HANDSHAKE,
    begin_handshake,
    new_secrets,
    sign_in_identity,
    take_handshake,
)
from oncall.paging.actions.sign_in import SECRET_BYTES
from oncall.paging.ports.identity_provider import IdentityProvider
from oncall.web.access.flood_gate import network_of
from oncall.web.edge.problem_documents import FLOODED, ProblemDocument
from oncall.web.edge.request_trace import source_of
from oncall.web.pages.frame.door import is_https, keep_session, own_page, own_session
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import to
from oncall.web.services.dependencies import ServicesDep
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)
BACK = "/login/provider/back"
"""The path to which the provider sends the browser back. The operator registers this address at the provider."""
NO_PROVIDER = "this service has no identity provider; ask your manager for a link"
USE_A_LINK = "try again later, or ask your manager for a link"
_LONGEST = 4_096
_ERROR = re.compile(r"[a-z_]{1,40}")


@router.get("/login/provider")
async def get_provider(request: Request, services: ServicesDep) -> Response:
    """Sends the browser to the provider. The handshake is stored, and a cookie ties it to this browser."""
    provider = _provider(services)
    if not services.sign_in_gate.count(network_of(source_of(request.scope))):
        raise ProblemDocument(429, FLOODED)
    made, browser, real_now = new_secrets(), secrets.token_urlsafe(SECRET_BYTES), services.clock.real_now()
    wanted = own_page(request.query_params.get("next", ""))
    try:
        address = await provider.address(made)
    except IdentityError as error:
        raise _refusal(request, error) from error
    await services.engine.write(lambda tx: begin_handshake(made, browser, tx, wanted=wanted, real_now=real_now))
    answer = to(address)
    seconds = int(HANDSHAKE_LENGTH.total_seconds())
    answer.set_cookie(
        _cookie(services), browser, max_age=seconds, secure=is_https(services), httponly=True, samesite="lax"
    )
    return answer


@router.get(BACK)
async def get_back(request: Request, services: ServicesDep) -> Response:
    """Checks the provider's answer, and starts a session for the person on the roster whom the provider identified."""
    provider, source = _provider(services), source_of(request.scope)
    if services.refusals.is_flooding(source):
        raise ProblemDocument(429, FLOODED)
    asked = {name: request.query_params.get(name, "")[:_LONGEST] for name in ("state", "code", "error")}
    browser, real_now = request.cookies.get(_cookie(services), "")[:_LONGEST], services.clock.real_now()
    found = await services.engine.write(lambda tx: take_handshake(asked["state"], browser, tx, real_now=real_now))
    if found is None:
        raise _log_refusal(request, ProblemDocument(403, NO_HANDSHAKE))
    if asked["error"] or not asked["code"]:
        word = asked["error"] if _ERROR.fullmatch(asked["error"]) else "no reason given"
        raise _log_refusal(request, ProblemDocument(403, f"the identity provider did not sign you in: {word}"))
    issuer, replaces = request.query_params.get("iss"), own_session(request)
    try:
        identity = await provider.identity(
            asked["code"], issuer, nonce=found.nonce, verifier=found.verifier, real_now=real_now
        )
        done = await services.engine.write(
            lambda tx: sign_in_identity(identity, tx, replaces=replaces, real_now=real_now)
        )
    except IdentityError as error:
        raise _refusal(request, error) from error
    except NotAllowed as refusal:
        raise _log_refusal(request, ProblemDocument(403, str(refusal))) from refusal
    log = structlog.get_logger("oncall.security")
    log.info("a person signed in", action="signed_in", person=done.person, source=source, by="identity provider")
    answer = to(found.wanted)
    keep_session(answer, done, services)
    answer.delete_cookie(_cookie(services), secure=is_https(services), httponly=True, samesite="lax")
    return answer


async def farewell(id_token: str | None, services: Services) -> str | None:
    """Return the address at the identity provider that ends the session there; None if it has none or is away."""
    if services.identity is None or id_token is None:
        return None
    with suppress(IdentityError):
        return await services.identity.farewell(id_token)
    return None


def _provider(services: Services) -> IdentityProvider:
    if services.identity is None:
        raise ProblemDocument(404, NO_PROVIDER)
    return services.identity


def _refusal(request: Request, error: IdentityError) -> ProblemDocument:
    """Log why the provider signed nobody in, and return the refusal."""
    status = 503 if isinstance(error, IdentityAway) else 502
    return _log_refusal(request, ProblemDocument(status, f"{error}; {USE_A_LINK}"))


def _log_refusal(request: Request, refusal: ProblemDocument) -> ProblemDocument:
    log = structlog.get_logger("oncall.security")
    source = source_of(request.scope)
    log.warning("a sign-in was refused", action="sign_in_refused", source=source, why=refusal.detail)
    return refusal


def _cookie(services: Services) -> str:
    return "__Host-oncall-sign-in" if is_https(services) else "oncall-sign-in"
