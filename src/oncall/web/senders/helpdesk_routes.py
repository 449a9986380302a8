"""The routes of help desks: Zendesk, and every sender of JSON for which there is a mapping."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.intake.mapping import Authentication
from oncall.intake.posts import Post
from oncall.intake.senders import SENDERS, Sender, mapped_sender
from oncall.intake.signatures import ZENDESK, why_unsigned
from oncall.paging.ports.callers import CallerRole, Token
from oncall.web.edge.api_description import answers
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.edge.request_trace import keep_caller
from oncall.web.models.sender_models import ANY_JSON, ANY_JSON_EXAMPLE, ZENDESK_BODY, ZENDESK_EXAMPLE, Part, posts
from oncall.web.senders.sender_door import LARGEST_POST, keep, post_of, receive
from oncall.web.senders.sender_routes import ACCEPTED, sender_answer
from oncall.web.services.dependencies import ServicesDep, sender_of, sender_with_secret
from oncall.web.services.services import Services

router = APIRouter(route_class=PlainRoute, tags=["senders"])

_REFUSALS = (401, 403, 413, 503)
_WITH_TOKEN: Part = {"security": [{"token": []}]}
_INVOCATION = "x-zendesk-webhook-invocation-id"


@router.post(
    "/webhooks/zendesk",
    status_code=202,
    summary="Receive Zendesk's triggers and events",
    responses=answers({202: ACCEPTED}, *_REFUSALS),
    openapi_extra={**posts(ZENDESK_BODY, ZENDESK_EXAMPLE), **_WITH_TOKEN},
)
async def receive_zendesk(request: Request, services: ServicesDep) -> JSONResponse:
    """Opens a ticket for a trigger's body or an event, and takes over later changes of priority, comments and the end.

    A request needs a token, like that of any sender. If the server has Zendesk's signing secret, it needs the signature
    instead. A second request with the same invocation id changes nothing, nor does an event that is older than the
    newest known one.
    """
    once = request.headers.get(_INVOCATION, "")
    return await _answered(request, services, SENDERS["zendesk"], Authentication(signature=ZENDESK), once)


@router.post(
    "/webhooks/json/{mapping}",
    status_code=202,
    summary="Receive JSON by a mapping file",
    responses=answers({202: ACCEPTED}, *_REFUSALS, 404),
    openapi_extra={**posts(ANY_JSON, ANY_JSON_EXAMPLE), **_WITH_TOKEN},
)
async def receive_json(mapping: str, request: Request, services: ServicesDep) -> JSONResponse:
    """Opens, changes and resolves tickets as the mapping file of this name says.

    `freshdesk`, `intercom` and `jira` are packaged; the folder ONCALL_MAPPINGS contains others. The mapping says how
    its sender authenticates: by a token, by a token in another header, or by a signature.
    """
    found = services.senders.mappings.get(mapping)
    if found is None:
        # The caller is checked first: nobody else learns which mappings exist.
        await sender_of(request)
        raise ProblemDocument(404, "no mapping has this name; see `oncall intake test --help`")
    return await _answered(request, services, mapped_sender(found), found.authentication)


async def _answered(
    request: Request, services: Services, sender: Sender, authentication: Authentication, once: str = ""
) -> JSONResponse:
    name = sender.name.removeprefix("json/")
    secrets = services.senders.secrets.get(name, ()) if authentication.signature is not None else ()
    caller = None if secrets else await _with_token(request, authentication, name)
    post, is_cut = await post_of(request)
    if caller is None:
        caller = _signed(request, services, name, authentication, secrets, post)
    if is_cut:
        await keep(services, sender.origin(caller), post, f"the body has more than {LARGEST_POST} bytes")
        raise ProblemDocument(413, f"the body has more than {LARGEST_POST} bytes; its beginning is kept for a person")
    return JSONResponse(sender_answer(await receive(services, sender, caller, post, once=once)), 202)


async def _with_token(request: Request, authentication: Authentication, name: str) -> Token:
    """Return the caller of a request that is authenticated by a token. Raises ProblemDocument.

    name: the sender's name.
    """
    if authentication.header is not None:
        return await sender_with_secret(request, request.headers.get(authentication.header, "").strip())
    if authentication.signature is not None and "authorization" not in request.headers:
        variable = f"ONCALL_SIGNING_SECRET_{name.upper().replace('-', '_')}"
        raise ProblemDocument(
            401, f"a token is needed; the server checks signatures of this sender if it has {variable}"
        )
    return await sender_of(request)


def _signed(
    request: Request,
    services: Services,
    name: str,
    authentication: Authentication,
    secrets: tuple[str, ...],
    post: Post,
) -> Token:
    """Check the signature of a request, and return its caller: a token with the sender's name and the role intake.

    Raises ProblemDocument 401 for a wrong signature.
    """
    assert authentication.signature is not None
    why = why_unsigned(authentication.signature, secrets, post.headers, post.body, services.clock.real_now())
    if why is not None:
        raise ProblemDocument(401, why)
    caller = Token(name, CallerRole.INTAKE, "", services.clock.real_now())
    keep_caller(request, caller)
    return caller
