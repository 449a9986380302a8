"""Callers' tokens over HTTP: list, make, rotate and revoke them."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.paging.actions.portal_sign_in import PortalLinkView, make_portal_link, wanted_contact
from oncall.paging.actions.sign_in import LoginLinkView, login_link_for, wanted_person
from oncall.paging.actions.token_requests import (
    NewTokenView,
    RevokedTokenView,
    TokenListView,
    create_for,
    revoke_for,
    rotate_for,
    tokens_for,
    wanted_handle,
    wanted_rotation,
    wanted_token,
)
from oncall.web.edge.api_description import Answer, answers
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.edge.request_trace import source_of
from oncall.web.models.token_models import (
    PostedLoginLink,
    PostedPortalLink,
    PostedRevocation,
    PostedRotation,
    PostedToken,
)
from oncall.web.services.dependencies import LoginLinker, ReadingCaller, ServicesDep, TokenMaker, TokenRotator

router = APIRouter(route_class=PlainRoute, tags=["tokens"])

_NO_STORE = {"Cache-Control": "no-store"}


@router.get(
    "/v1/tokens",
    summary="List tokens",
    responses=answers({200: Answer("The tokens, without their secrets", TokenListView)}, 401, 403, 422, 503),
)
async def list_tokens(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns all tokens to a manager. An engineer gets only their own."""
    asked.refuse_faults()
    return JSONResponse(await services.engine.read(lambda tx: tokens_for(caller, tx)))


@router.post(
    "/v1/tokens",
    status_code=201,
    summary="Make a token",
    responses=answers({201: Answer("The token, with its secret", NewTokenView)}, 400, 401, 403, 409, 413, 422, 503),
)
async def post_token(services: ServicesDep, caller: TokenMaker, posted: PostedToken) -> JSONResponse:
    """Makes a token and returns its secret, which cannot be shown again."""
    wanted, real_now = wanted_token(posted.document), services.clock.real_now()
    made = await services.engine.write(lambda tx: create_for(caller, wanted, tx, real_now=real_now))
    return JSONResponse(made, 201, headers=_NO_STORE)


@router.post(
    "/v1/tokens/rotate",
    summary="Rotate a token",
    responses=answers({200: Answer("The new secret", NewTokenView)}, 400, 401, 403, 404, 413, 422, 503),
)
async def post_rotation(services: ServicesDep, caller: TokenRotator, posted: PostedRotation) -> JSONResponse:
    """Gives a token a new secret. The old secret works until the overlap ends.

    An engineer rotates only their own tokens.
    """
    asked, real_now = wanted_rotation(posted.document), services.clock.real_now()
    made = await services.engine.write(lambda tx: rotate_for(caller, asked, tx, real_now=real_now))
    return JSONResponse(made, headers=_NO_STORE)


@router.post(
    "/v1/tokens/revoke",
    summary="Revoke a token",
    responses=answers({200: Answer("It is revoked", RevokedTokenView)}, 400, 401, 403, 404, 413, 422, 503),
)
async def post_revocation(services: ServicesDep, caller: TokenRotator, posted: PostedRevocation) -> JSONResponse:
    """Deletes a token; within seconds, requests with it are refused. An engineer revokes only their own tokens."""
    handle = wanted_handle(posted.document)
    return JSONResponse(await services.engine.write(lambda tx: revoke_for(caller, handle, tx)))


@router.post(
    "/v1/login-links",
    status_code=201,
    summary="Make a link that signs in to the pages",
    responses=answers({201: Answer("The link", LoginLinkView)}, 400, 401, 403, 404, 413, 422, 503),
)
async def post_login_link(
    request: Request, services: ServicesDep, caller: LoginLinker, posted: PostedLoginLink
) -> JSONResponse:
    """Makes a link with which a person signs in to the web pages. The link works once, within 15 minutes."""
    person, real_now = wanted_person(posted.document), services.clock.real_now()
    view = await services.engine.write(
        lambda tx: login_link_for(caller, person, tx, public_url=services.public_url, real_now=real_now)
    )
    structlog.get_logger("oncall.security").info(
        "a login link was made",
        action="login_link_made",
        person=person,
        by=caller.name,
        source=source_of(request.scope),
    )
    return JSONResponse(view, 201, headers=_NO_STORE)


@router.post(
    "/v1/portal/links",
    status_code=201,
    summary="Make a link that signs a customer in to the portal",
    responses=answers({201: Answer("The link", PortalLinkView)}, 400, 401, 403, 404, 413, 422, 503),
)
async def post_portal_link(services: ServicesDep, caller: LoginLinker, posted: PostedPortalLink) -> JSONResponse:
    """Makes a link with which a contact of the customers file signs in to the portal.

    It works once, within 15 minutes.
    """
    contact, real_now, now = wanted_contact(posted.document), services.clock.real_now(), services.clock.now()
    address = services.public_url
    view = await services.engine.write(
        lambda tx: make_portal_link(
            tx, tx.policy_at(now), contact, by=caller.name, public_url=address, real_now=real_now
        )
    )
    structlog.get_logger("oncall.security").info(
        "a portal link was made", action="portal_link_made", customer=view["customer"], by=caller.name
    )
    return JSONResponse(view, 201, headers=_NO_STORE)
