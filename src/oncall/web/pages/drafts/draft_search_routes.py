"""Plan drafts that are made in the background: start a search, follow it live, and repeat it with a relaxation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncall.errors import FileFaults, NotFound, Refused
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.ports.plan_drafts import DraftState, PlanDraft
from oncall.paging.ports.store import Transaction
from oncall.planning.posted.plan_drafts import (
    DraftContent,
    NewDraft,
    SearchAsked,
    content_of,
    draft_named,
    keep_draft,
    outcome_of,
)
from oncall.planning.posted.posted_change import PostedFields
from oncall.planning.posted.uploaded_files import UploadedFile, publication_of, uploaded_roster
from oncall.planning.published.publish_plan import refuse_other_schedule
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.pages.drafts.draft_routes import draft_path, drafts_page, live_mark, published_roster
from oncall.web.pages.frame.door import ManagerDep, ManagerFormDep, PostedForm, PostedUpload, UploadDep
from oncall.web.pages.frame.live_routes import TOO_MANY, EventStream, is_still_signed_in
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import HEADERS, to
from oncall.web.services.dependencies import ServicesDep, running
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)
MOST_WEEKS = 53
SECONDS = (30, 120, 600)
"""The time limits that a form offers for a search, in seconds of real time."""
NO_WORKER = "no plan can be made on this server; make it in a terminal and upload it"


@router.post("/board/drafts/make")
async def post_search(services: ServicesDep, posted: UploadDep) -> Response:
    """Starts a process that searches the fairest plan for some weeks, and stores it as a draft."""
    try:
        new = await _asked(services, posted)
        await _start(services, new)
    except (FileFaults, FieldFaults, Refused) as refusal:
        return await drafts_page(services, posted.visitor, refusal=refusal, typed=posted.fields, files=posted.files)
    return to(draft_path(new.id))


@router.post("/board/drafts/{draft_id}/again")
async def post_again(draft_id: str, services: ServicesDep, posted: ManagerFormDep) -> Response:
    """Repeats the search of a draft as a new draft, with one of the relaxations that make a plan possible."""
    real_now = services.clock.real_now()

    def work(tx: Transaction) -> tuple[PlanDraft, DraftContent]:
        return draft_named(tx, draft_id, real_now), content_of(tx, draft_id)

    draft, content = await services.engine.read(work)
    new = _again(draft, content, posted)
    await _start(services, new)
    return to(draft_path(new.id))


@router.get("/board/drafts/{draft_id}/events")
async def get_draft_events(draft_id: str, request: Request, services: ServicesDep, visitor: ManagerDep) -> Response:
    """Streams a `changed` event at each change of the draft.

    The browser names the last state that it saw in the header `Last-Event-ID`, or in the query parameter `after`.
    """
    live, session = running(request).live, visitor.who.session
    if live.is_full(session):
        raise ProblemDocument(503, TOO_MANY)

    async def mark() -> str:
        real_now = services.clock.real_now()
        try:
            return live_mark(await services.engine.read(lambda tx: draft_named(tx, draft_id, real_now)))
        except NotFound:
            return "gone"

    after = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    stream = live.follow_mark(session, after[:60], mark, is_still_signed_in(request))
    return EventStream(stream, headers={**HEADERS, "X-Accel-Buffering": "no"}, media_type="text/event-stream")


async def _asked(services: Services, posted: PostedUpload) -> NewDraft:
    """Return the draft that a form asks for. A thread reads the roster; in the event loop, this would delay tickets."""
    start, weeks, seconds = _dates(posted.filled("start", "weeks", "seconds"))
    in_force, schedule = await published_roster(services)
    roster = await asyncio.to_thread(uploaded_roster, posted.files, in_force)
    refuse_other_schedule(roster, schedule)
    content = DraftContent(publication_of(roster, UploadedFile("plan.json", "")), SearchAsked(start, weeks, seconds))
    title = f"{weeks} week{'' if weeks == 1 else 's'} from {start} with {roster.source}"
    return NewDraft(posted.fields.get("id", ""), roster.team, title, content, posted.visitor.who.id)


def _dates(filled: Mapping[str, str]) -> tuple[date, int, int]:
    """Return the first date, the number of weeks, and the time limit in seconds.

    Raises FieldFaults with every wrong field.
    """
    fields = PostedFields(filled, "search")
    start, weeks, seconds = fields.day("start"), _number(filled, "weeks"), _number(filled, "seconds")
    if "start" not in filled:
        fields.fault("start", "choose the first date of the plan")
    if not 1 <= weeks <= MOST_WEEKS:
        fields.fault("weeks", f"write a number from 1 to {MOST_WEEKS}")
    if seconds not in SECONDS:
        fields.fault("seconds", f"choose {', '.join(map(str, SECONDS[:-1]))} or {SECONDS[-1]}")
    if start is not None and not 2000 <= start.year <= 2200:
        fields.fault("start", "lies outside the calendar; choose a date from 2000 to 2200")
    fields.refuse_faults()
    assert start is not None, "a missing date is a fault"
    return start, weeks, seconds


def _again(draft: PlanDraft, content: DraftContent, posted: PostedForm) -> NewDraft:
    """Return a new draft with the settings of an old one and the relaxation that the form names.

    Raises Refused if the old draft was uploaded or its search still runs, and FieldFaults for a faulty form.
    """
    if content.search is None or draft.state is DraftState.MAKING:
        raise Refused("the search of this draft cannot be started again; open its page")
    options, chosen = outcome_of(draft).relaxations, posted.fields.get("option", "")
    relax = content.search.relax
    if chosen:
        number = _number(posted.fields, "option")
        if not 1 <= number <= len(options):
            raise FieldFaults([FieldFault("option", "is no relaxation of this draft; open its page again")])
        relax = tuple(dict.fromkeys([*relax, *options[number - 1]]))
    title = draft.title.partition(", relaxed: ")[0] + (f", relaxed: {', '.join(relax)}" if relax else "")
    search = replace(content.search, relax=relax)
    return NewDraft(
        posted.fields.get("id", ""), draft.team, title, replace(content, search=search), posted.visitor.who.id
    )


async def _start(services: Services, new: NewDraft) -> None:
    """Store a draft and start its search. A form that is sent twice starts one search.

    Raises Refused while another search runs.
    """
    if services.start_search is None:
        raise Refused(NO_WORKER)
    real_now = services.clock.real_now()
    if await services.engine.write(lambda tx: keep_draft(tx, new, real_now)):
        await services.start_search(new.id)


def _number(fields: Mapping[str, str], name: str) -> int:
    """Return the whole number in a field; 0 if the text is not a whole number."""
    text = fields.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
