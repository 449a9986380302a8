"""Swaps and absences over HTTP: who could take a shift, requests and the answers to them, absences with covers."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from oncall.planning.posted.carry_out import Actor
from oncall.planning.posted.carry_out_swaps import (
    SwapAnswer,
    carry_out_answer,
    carry_out_away,
    carry_out_swap,
    covers_for,
    read_away,
)
from oncall.planning.posted.posted_swaps import away_from, swap_from
from oncall.planning.swaps.swap_notes import note_times
from oncall.planning.views.swap_views import (
    AwayView,
    SwapsView,
    SwapView,
    TakersView,
    asked_takers_view,
    away_view,
    listed_swaps_view,
    swap_answer_view,
    swap_done_view,
)
from oncall.planning.views.version_views import ChangeView
from oncall.web.api.schedule_change_routes import actor_of, ignored_fields
from oncall.web.edge.api_description import Answer, answers, if_match, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.models.swap_models import (
    AwayBody,
    PostedAnswer,
    PostedAway,
    PostedSwap,
    SwapAnswerBody,
    SwapBody,
    TakersQuery,
)
from oncall.web.services.dependencies import ReadingCaller, ServicesDep, Swapper
from oncall.web.services.services import Services

router = APIRouter(route_class=PlainRoute, tags=["schedule"])

_ANSWERED = answers({200: Answer("The request as it is now", SwapView)}, 400, 401, 403, 404, 413, 422, 503)


@router.get(
    "/v1/schedule/swaps",
    summary="List the requests to swap",
    responses=answers({200: Answer("The requests", SwapsView)}, 401, 403, 422, 503),
)
async def get_swaps(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the requests whose shifts lie ahead or began in the last seven days, each with its state."""
    asked.refuse_faults()
    now = services.clock.now()
    return JSONResponse(await services.engine.read(lambda tx: listed_swaps_view(tx, now)))


@router.get(
    "/v1/schedule/swaps/takers",
    summary="List who could take a shift",
    responses=answers({200: Answer("Every other engineer, the best first", TakersView)}, 401, 403, 404, 422, 503),
    openapi_extra=query(TakersQuery),
)
async def get_takers(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns for each other engineer whether the rules allow a swap of the shift, and how it changes the fairness
    cost.
    """
    engineer, day, role = asked.needed_text("engineer"), asked.needed_text("day"), asked.text("role")
    asked.refuse_faults()
    now = services.clock.now()
    return JSONResponse(await services.engine.read(lambda tx: asked_takers_view(tx, engineer, day, role, now)))


@router.post(
    "/v1/schedule/swaps",
    status_code=201,
    summary="Ask for a swap",
    responses=answers(
        {201: Answer("The request; or the new version, if both have agreed", SwapView, other_view=ChangeView)},
        *(400, 401, 403, 404, 412, 413, 422, 503),
    ),
    openapi_extra=if_match(),
)
async def post_swap(request: Request, services: ServicesDep, caller: Swapper, posted: PostedSwap) -> JSONResponse:
    """Asks an engineer by SMS to take a shift. An engineer's token gives away only that engineer's shifts.

    With `agreed`, a manager makes the change at once. A swap that breaks a rule of the roster is refused, and the
    refusal names the rule, unless `force` is true.
    """
    asked, actor = swap_from(posted.document), actor_of(request, services, caller)
    times = note_times(services.clock)
    done, zone = await services.engine.write(
        lambda tx: (carry_out_swap(tx, asked, actor, times), tx.schedule().calendar.zone)
    )
    services.engine.wake()
    view = swap_answer_view(done, zone, actor.context.now)
    view["warnings"] = [*view.get("warnings", []), *ignored_fields(posted.document, SwapBody)]
    return JSONResponse(view, 201)


@router.post("/v1/schedule/swaps/{code}/accept", summary="Accept a swap", responses=_ANSWERED)
async def post_accept(
    code: str, request: Request, services: ServicesDep, caller: Swapper, posted: PostedAnswer
) -> JSONResponse:
    """Accepts a request and changes the schedule. An engineer's token accepts only requests to that engineer."""
    actor = actor_of(request, services, caller)
    return await _answered(services, code, SwapAnswer.ACCEPT, actor, posted.document)


@router.post("/v1/schedule/swaps/{code}/decline", summary="Decline a swap", responses=_ANSWERED)
async def post_decline(
    code: str, request: Request, services: ServicesDep, caller: Swapper, posted: PostedAnswer
) -> JSONResponse:
    """Declines a request; the schedule stays as it is. An engineer's token declines only requests to that engineer."""
    actor = actor_of(request, services, caller)
    return await _answered(services, code, SwapAnswer.DECLINE, actor, posted.document)


@router.post("/v1/schedule/swaps/{code}/withdraw", summary="Withdraw a swap", responses=_ANSWERED)
async def post_withdraw(
    code: str, request: Request, services: ServicesDep, caller: Swapper, posted: PostedAnswer
) -> JSONResponse:
    """Withdraws a request. An engineer's token withdraws only that engineer's requests."""
    actor = actor_of(request, services, caller)
    return await _answered(services, code, SwapAnswer.WITHDRAW, actor, posted.document)


async def _answered(services: Services, code: str, answer: SwapAnswer, actor: Actor, posted: object) -> JSONResponse:
    times = note_times(services.clock)
    done, zone = await services.engine.write(
        lambda tx: (carry_out_answer(tx, code, answer, actor, times), tx.schedule().calendar.zone)
    )
    services.engine.wake()
    view = swap_done_view(done, zone)
    view["warnings"] = [*view.get("warnings", []), *ignored_fields(posted, SwapAnswerBody)]
    return JSONResponse(view)


@router.post(
    "/v1/schedule/absences",
    status_code=201,
    summary="Enter an absence",
    responses=answers({201: Answer("The absence and its covers", AwayView)}, 400, 401, 403, 404, 412, 413, 422, 503),
    openapi_extra=if_match(),
)
async def post_absence(request: Request, services: ServicesDep, caller: Swapper, posted: PostedAway) -> JSONResponse:
    """Enters an absence, and asks other engineers to cover its shifts, so that as few seats as possible change.

    With `agreed`, a manager makes the changes at once. An engineer's token enters only that engineer's absences.
    """
    asked, actor = away_from(posted.document), actor_of(request, services, caller)
    times = note_times(services.clock)
    situation = await services.engine.read(lambda tx: read_away(tx, asked, actor))
    # Finding covers may take seconds, and must not keep tickets waiting.
    plan = await asyncio.to_thread(covers_for, situation, actor)
    done = await services.engine.write(lambda tx: carry_out_away(tx, plan, asked, actor, times))
    services.engine.wake()
    view = away_view(done)
    view["warnings"] = ignored_fields(posted.document, AwayBody)
    return JSONResponse(view, 201)
