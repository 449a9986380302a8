"""Calendar feeds and their links over HTTP. The secret in a link's path is all that a reader needs for the feed."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from oncall.paging.actions.calendar_access import (
    CalendarLinkView,
    CalendarUnlinkView,
    allowed_feed,
    link_with,
    make_link,
    revoke_links,
)
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.ports.calendar_links import CalendarLinks
from oncall.paging.ports.callers import Token
from oncall.schedule.calendar_feed import Feed, feed_of
from oncall.web.edge.api_description import Answer, answers
from oncall.web.edge.etags import names_etag
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.problem_documents import FLOODED, ProblemDocument
from oncall.web.edge.request_trace import source_of
from oncall.web.models.request_models import LONGEST_ENGINEER_ID, PostedCalendar
from oncall.web.services.dependencies import CalendarLinker, ServicesDep, running

router = APIRouter(route_class=PlainRoute, tags=["calendar"])

_MEDIA = "text/calendar"
_NO_FEED = "no calendar has this address; it may be revoked, and `oncall calendar link` makes a new one"
_LONGEST_SECRET = 100


@router.get(
    "/calendar/{secret}.ics",
    summary="Read a calendar feed",
    response_class=Response,
    responses=answers(
        {200: Answer("The feed", other_media=(_MEDIA,)), 304: Answer("It has not changed")}, 404, 422, 429, 503
    ),
)
async def get_calendar(request: Request, services: ServicesDep, secret: str) -> Response:
    """Returns the shifts of an engineer or the team as iCalendar events: those of the last year and all future ones."""
    if services.refusals.is_flooding(source_of(request.scope)):
        raise ProblemDocument(429, FLOODED)
    changes, now = running(request).shift_changes, services.clock.now()

    def work(tx: CalendarLinks) -> Feed | None:
        link = link_with(tx, secret) if len(secret) <= _LONGEST_SECRET else None
        if link is None:
            return None
        schedule = tx.schedule()
        last = changes.after(tx.version_rows(), schedule.fallback)
        return feed_of(schedule, last, link.engineer, now, events=changes.events(schedule))

    feed = await services.engine.read(work)
    if feed is None:
        raise ProblemDocument(404, _NO_FEED)
    headers = {"ETag": feed.etag, "Cache-Control": "private, no-cache"}
    if names_etag(request.headers.get("if-none-match", ""), feed.etag):
        return Response(status_code=304, headers=headers)
    return Response(feed.text(now), media_type=f"{_MEDIA}; charset=utf-8", headers=headers)


@router.post(
    "/v1/calendar/links",
    status_code=201,
    summary="Make a link to a calendar feed",
    responses=answers({201: Answer("The link", CalendarLinkView)}, 400, 401, 403, 404, 413, 422, 503),
)
async def post_link(services: ServicesDep, caller: CalendarLinker, posted: PostedCalendar) -> JSONResponse:
    """Makes a secret address of a calendar, for calendar programs.

    An engineer's token makes it only for that engineer.
    """
    engineer, real_now = _asked(caller, posted.document), services.clock.real_now()
    path = await services.engine.write(lambda tx: make_link(tx, engineer, by=caller.name, real_now=real_now))
    view: CalendarLinkView = {"engineer": engineer, "url": services.public_url + path}
    return JSONResponse(view, 201)


@router.post(
    "/v1/calendar/links/revoke",
    summary="Revoke the links to a calendar feed",
    responses=answers({200: Answer("How many were revoked", CalendarUnlinkView)}, 400, 401, 403, 404, 413, 422, 503),
)
async def post_revoked_links(services: ServicesDep, caller: CalendarLinker, posted: PostedCalendar) -> JSONResponse:
    """Revokes every calendar link of an engineer, or of the team. Calendar programs then get 404."""
    engineer = _asked(caller, posted.document)
    return JSONResponse(await services.engine.write(lambda tx: revoke_links(tx, engineer)))


def _asked(caller: Token, posted: object) -> str | None:
    """Return the id of the engineer whose calendar a request body names; None for the team's calendar.

    Raises FieldFaults for a faulty body, and NotAllowed if the caller may not have that calendar.
    """
    if not isinstance(posted, Mapping):
        raise FieldFaults([FieldFault("calendar", 'a JSON object is needed, like {"engineer": "ana"}')])
    engineer, team, faults = posted.get("engineer"), posted.get("team", False), []
    if engineer is not None and not (isinstance(engineer, str) and 0 < len(engineer) <= LONGEST_ENGINEER_ID):
        faults.append(FieldFault("engineer", "write an engineer's id"))
    if not isinstance(team, bool):
        faults.append(FieldFault("team", "write true or false"))
    if faults:
        raise FieldFaults(faults)
    return allowed_feed(caller, engineer, is_team=team)
