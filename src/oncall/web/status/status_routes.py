"""The status page over HTTP: public pages, feeds and JSON, and the API for incidents, maintenance and uptime."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from oncall.paging.actions.posted_status import request_of, status_action_from
from oncall.paging.actions.status_on_page import record_on_page
from oncall.paging.ports.callers import CallerRole
from oncall.status.day_bars import start_of_last_days
from oncall.status.status_actions import StatusAuthor
from oncall.status.status_record import read_status
from oncall.status.status_views import StatusChangedView, StatusView, UptimeView, status_view, uptime_between
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.models.query_models import UptimeQuery
from oncall.web.models.request_models import PostedStatus
from oncall.web.services.dependencies import PublicStatusDep, ReadingCaller, ServicesDep, StatusWriter
from oncall.web.services.public_status import PublicFile, static_file
from oncall.web.status.status_door import answer_of

router = APIRouter(route_class=PlainRoute, tags=["status page"])
pages = APIRouter(route_class=PlainRoute, include_in_schema=False)


@router.get(
    "/v1/status",
    summary="Read the status page",
    responses=answers({200: Answer("The page with every incident", StatusView)}, 401, 403, 422, 503),
)
async def get_status(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the components with their states, all incidents and all maintenance, also those that are not public."""
    asked.refuse_faults()
    now = services.clock.now().replace(microsecond=0)
    return JSONResponse(await services.engine.read(lambda tx: status_view(read_status(tx, now))))


@router.get(
    "/v1/status/uptime",
    summary="Read the uptime, compared with the promise",
    responses=answers({200: Answer("Exact seconds and percentages", UptimeView)}, 401, 403, 404, 422, 503),
    openapi_extra=query(UptimeQuery),
)
async def get_uptime(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns the uptime of each component and of the whole status page between two times.

    An end in the future means now.
    """
    now = services.clock.now().replace(microsecond=0)
    record = await services.engine.read(lambda tx: read_status(tx, now))
    zone = record.page.zone
    start = asked.time_or_day("from", start_of_last_days(now, zone), zone, at_its_end=False)
    end = asked.time_or_day("to", now, zone, at_its_end=False)
    components = tuple(each.strip() for each in (asked.text("component") or "").split(",") if each.strip())
    asked.refuse_faults()
    return JSONResponse(await asyncio.to_thread(uptime_between, record, start, end, components))


@router.post(
    "/v1/status/events",
    status_code=201,
    summary="Write on the status page",
    responses=answers(
        {201: Answer("The incident or maintenance", StatusChangedView)}, *(400, 401, 403, 404, 409, 413, 422, 503)
    ),
)
async def post_status_event(
    services: ServicesDep, caller: StatusWriter, posted: PostedStatus, public: PublicStatusDep
) -> JSONResponse:
    """Opens, updates or corrects an incident, publishes or dismisses a proposed one, or changes a maintenance.

    Only a manager may give times in the past. With an `id`, the request is safe to send twice: nothing is written the
    second time, and the answer is the same.
    """
    action, request = status_action_from(posted.document), request_of(posted.document)
    now = services.clock.now().replace(microsecond=0)
    author = StatusAuthor(caller.name, now, may_backdate=caller.role is CallerRole.MANAGER, request=request)
    subject = await services.engine.write(lambda tx: record_on_page(tx, action, author))
    public.forget()
    view: StatusChangedView = {"id": subject}
    return JSONResponse(view, 201)


@pages.get("/status")
async def get_page(request: Request, public: PublicStatusDep) -> Response:
    """Returns the public status page."""
    return _sent(request, await public.file(""))


@pages.get("/status/")
async def get_page_with_slash() -> Response:
    """Redirects to the status page, whose address has no slash at its end."""
    return RedirectResponse("/status", 308)


@pages.get("/status/embed.svg")
async def get_badge(request: Request, public: PublicStatusDep) -> Response:
    """Returns the present state of the status page as a small picture."""
    return _sent(request, await public.file("embed.svg"))


@pages.get("/status/feed.atom")
async def get_atom(request: Request, public: PublicStatusDep) -> Response:
    """Returns the Atom feed of the status page: an entry for each update."""
    return _sent(request, await public.file("feed.atom"))


@pages.get("/status/feed.rss")
async def get_rss(request: Request, public: PublicStatusDep) -> Response:
    """Returns the RSS feed of the status page: an item for each update."""
    return _sent(request, await public.file("feed.rss"))


@pages.get("/status/components/{component}/feed.atom")
async def get_component_atom(request: Request, public: PublicStatusDep, component: str) -> Response:
    """Returns the Atom feed of one component."""
    return _sent(request, await public.file(f"components/{component}/feed.atom"))


@pages.get("/status/components/{component}/feed.rss")
async def get_component_rss(request: Request, public: PublicStatusDep, component: str) -> Response:
    """Returns the RSS feed of one component."""
    return _sent(request, await public.file(f"components/{component}/feed.rss"))


@pages.get("/status/incidents/{subject}")
async def get_incident_page(request: Request, public: PublicStatusDep, subject: str) -> Response:
    """Returns the web page of one incident or maintenance."""
    return _sent(request, await public.file(f"incidents/{subject}"))


@pages.get("/status/history")
async def get_history(request: Request, public: PublicStatusDep) -> Response:
    """Returns the newest month of the history, with links to all other months."""
    return _sent(request, await public.file("history"))


@pages.get("/status/history/{month}")
async def get_history_month(request: Request, public: PublicStatusDep, month: str) -> Response:
    """Returns one month of the history. month: like `2027-03`."""
    return _sent(request, await public.file(f"history/{month}"))


@pages.get("/status/status.css")
async def get_style(request: Request) -> Response:
    """Returns the style sheet of the status page."""
    return _sent(request, static_file("status.css"))


@pages.get("/status/status.js")
async def get_script(request: Request) -> Response:
    """Returns the script of the status page, which shows times in the reader's own zone."""
    return _sent(request, static_file("status.js"))


@pages.get("/status/api/v2/{name:path}")
async def get_document(request: Request, public: PublicStatusDep, name: str) -> Response:
    """Returns a JSON document in the format of the Statuspage v2 API."""
    return _sent(request, await public.file(f"api/v2/{name}"))


def _sent(request: Request, file: PublicFile) -> Response:
    answer = answer_of(file, request.headers.raw)
    found = Response(answer.body, answer.status)
    found.raw_headers = answer.headers
    return found
