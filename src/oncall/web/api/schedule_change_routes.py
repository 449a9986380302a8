"""Routes that change the schedule: overrides, covers, undos, publications.

A caller that sends `If-Match` cannot overwrite a change that it has not seen.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.errors import NotFound
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.actions.unknown_fields import unknown_fields
from oncall.paging.ports.callers import Token
from oncall.planning.posted.carry_out import (
    Actor,
    CarriedOut,
    carry_out_cover,
    carry_out_override,
    carry_out_publication,
    carry_out_undo,
)
from oncall.planning.posted.posted_change import cover_from, override_from, undo_from
from oncall.planning.posted.posted_publication import PublicationAsked, publication_from
from oncall.planning.published.publish_plan import check_for_publication
from oncall.planning.published.schedule_diff import VersionsTransaction, would_change
from oncall.planning.views.diff_view import DryRunView, dry_run_view
from oncall.planning.views.version_views import ChangeView, PublicationView, change_view, publication_view
from oncall.web.edge.api_description import Answer, answers, if_match
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.models.request_models import RequestBody
from oncall.web.models.schedule_models import (
    CoverBody,
    OverrideBody,
    PostedCover,
    PostedOverride,
    PostedPublication,
    PostedUndo,
    PublicationBody,
    UndoBody,
)
from oncall.web.services.dependencies import Publisher, ScheduleChanger, ServicesDep
from oncall.web.services.services import Services

router = APIRouter(route_class=PlainRoute, tags=["schedule"])

_ETAG = re.compile(r'"([0-9]{1,9})"')
_MADE = answers({201: Answer("The new version", ChangeView, has_etag=True)}, 400, 401, 403, 404, 412, 413, 422, 503)


@router.post(
    "/v1/schedule/overrides",
    status_code=201,
    summary="Put an engineer on call",
    responses=_MADE,
    openapi_extra=if_match(),
)
async def post_override(
    request: Request, services: ServicesDep, caller: ScheduleChanger, posted: PostedOverride
) -> JSONResponse:
    """Puts an engineer on call for a span of time. An engineer's token puts only that engineer on call.

    A change that breaks a rule of the roster is refused, and the refusal names the rule, unless `force` is true.
    """
    asked, actor = override_from(posted.document), actor_of(request, services, caller)
    done = await services.engine.write(lambda tx: carry_out_override(tx, asked, actor))
    return _made(services, done, actor, ignored_fields(posted.document, OverrideBody))


@router.post(
    "/v1/schedule/covers",
    status_code=201,
    summary="Take over from an engineer",
    responses=_MADE,
    openapi_extra=if_match(),
)
async def post_cover(
    request: Request, services: ServicesDep, caller: ScheduleChanger, posted: PostedCover
) -> JSONResponse:
    """Takes over the roles that an engineer has, from now on or for a span of time.

    An engineer's token takes over only as that engineer.
    """
    asked, actor = cover_from(posted.document), actor_of(request, services, caller)
    done = await services.engine.write(lambda tx: carry_out_cover(tx, asked, actor))
    return _made(services, done, actor, ignored_fields(posted.document, CoverBody))


@router.post(
    "/v1/schedule/versions/{version}/undo",
    status_code=201,
    summary="Take back a version",
    responses=_MADE,
    openapi_extra=if_match(),
)
async def post_undo(
    version: str, request: Request, services: ServicesDep, caller: ScheduleChanger, posted: PostedUndo
) -> JSONResponse:
    """Takes back a publication or a change from now on; the past stays as it was.

    An engineer's token takes back only that engineer's changes.
    """
    asked, actor = undo_from(posted.document), actor_of(request, services, caller)
    number = _version(version)
    done = await services.engine.write(lambda tx: carry_out_undo(tx, number, asked, actor))
    return _made(services, done, actor, ignored_fields(posted.document, UndoBody))


@router.post(
    "/v1/schedule/publications",
    status_code=201,
    summary="Publish a plan",
    responses=answers(
        {
            201: Answer("The new version", PublicationView, has_etag=True),
            200: Answer("What a dry run would change", DryRunView),
        },
        *(400, 401, 403, 412, 413, 422, 503),
    ),
    openapi_extra=if_match(),
)
async def post_publication(
    request: Request, services: ServicesDep, caller: Publisher, posted: PostedPublication
) -> JSONResponse:
    """Publishes a plan, with its roster and policy, as the schedule.

    A plan that breaks a rule of its roster is refused.
    The server does not have the plans of other teams that the roster names under `busy`, so the caller must check
    those.
    """
    actor = actor_of(request, services, caller)
    # Reading and checking a plan takes long, and must not keep tickets waiting.
    asked = await asyncio.to_thread(publication_from, posted.document)
    before = await services.engine.read(lambda tx: tx.schedule())
    sound = await asyncio.to_thread(check_for_publication, asked.named, asked.roster, before)
    if asked.is_dry_run:
        return JSONResponse(await services.engine.read(lambda tx: _would_change(tx, asked, actor.context.now)))
    # The shifts around the plan were checked on this version.
    actor = actor if actor.expected is not None else replace(actor, expected=before.newest)
    done = await services.engine.write(
        lambda tx: carry_out_publication(tx, sound, asked.reason, actor, policy_from=asked.policy_from)
    )
    services.engine.wake()
    view = publication_view(done, actor.context.now)
    view["warnings"] += ignored_fields(posted.document, PublicationBody)
    return JSONResponse(view, 201, {"ETag": etag(done.made.after.newest)})


def _would_change(tx: VersionsTransaction, asked: PublicationAsked, now: datetime) -> DryRunView:
    return dry_run_view(would_change(tx, asked.named, asked.roster, now, asked.policy_from), now)


def etag(version: int) -> str:
    """Return the ETag for this version number of the schedule."""
    return f'"{version}"'


def actor_of(request: Request, services: Services, caller: Token) -> Actor:
    """Return the actor of a change: the caller, and the version of the schedule that `If-Match` names.

    Without `If-Match`, any version will do. Raises FieldFaults if it is not an ETag of the schedule.
    """
    is_limited = access(caller.role, Operation.CHANGE_SCHEDULE) is Access.AS_ITSELF
    context = services.engine.context(caller.name)
    return Actor(caller.name, context, is_limited=is_limited, expected=_expected(request))


def _expected(request: Request) -> int | None:
    given = request.headers.get("if-match", "*").strip()
    if given == "*":
        return None
    found = _ETAG.fullmatch(given)
    if found is None:
        words = 'is not an ETag of the schedule; send the one that you read, like "12", with its quotes'
        raise FieldFaults([FieldFault("If-Match", words)])
    return int(found[1])


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise NotFound("versions of the schedule have numbers: 1, 2, 3; `GET /v1/schedule/versions` lists them")
    return int(text)


def _made(services: Services, done: CarriedOut, actor: Actor, warnings: list[str]) -> JSONResponse:
    services.engine.wake()
    view = change_view(done, actor.context.now)
    view["warnings"] += warnings
    return JSONResponse(view, 201, {"ETag": etag(view["version"])})


def ignored_fields(posted: object, model: type[RequestBody]) -> list[str]:
    """Return a warning for each field of a request body that the model does not have."""
    return unknown_fields(posted, [field.alias or name for name, field in model.model_fields.items()])
