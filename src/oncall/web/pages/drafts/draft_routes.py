"""The web pages of plan drafts.

A manager uploads a plan, compares it with the published one, and publishes or discards it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from oncall.errors import FileFaults, Refused
from oncall.paging.actions.action_checks import LONGEST_WHY
from oncall.paging.actions.field_faults import FieldFaults
from oncall.paging.ports.plan_drafts import DraftState, PlanDraft
from oncall.paging.ports.store import Transaction
from oncall.planning.posted.carry_out import Actor
from oncall.planning.posted.plan_drafts import (
    DraftContent,
    NewDraft,
    content_of,
    discard_draft,
    draft_named,
    drafts_now,
    keep_draft,
    outcome_of,
    publish_draft,
    refuse_unready,
)
from oncall.planning.posted.posted_change import undo_from
from oncall.planning.posted.posted_publication import publication_from
from oncall.planning.posted.uploaded_files import Files, uploaded_publication
from oncall.planning.published.change_rules import roster_in_force
from oncall.planning.published.publish_plan import check_for_publication, first_free_date, refuse_other_schedule
from oncall.planning.published.schedule_diff import Difference
from oncall.planning.published.schedule_version import refuse_moved
from oncall.planning.views.draft_view import DraftView, draft_difference, draft_view
from oncall.rosters.roster import Roster
from oncall.schedule.schedule import Schedule
from oncall.schedule.schedule_views import history_view
from oncall.web.pages.frame.door import ManagerDep, ManagerFormDep, PageVisitor, UploadDep
from oncall.web.pages.frame.form_numbers import version_in
from oncall.web.pages.frame.page_refusals import page_lines
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import page, to
from oncall.web.services.dependencies import ReportLock, ServicesDep
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)
MOST_PUBLICATIONS = 10
"""How many of the newest publications the web page lists."""


@router.get("/board/drafts")
async def get_drafts(services: ServicesDep, visitor: ManagerDep) -> Response:
    """Shows the drafts, the forms for new ones, and the newest publications, each with a form to take it back."""
    return await drafts_page(services, visitor)


async def drafts_page(
    services: Services,
    visitor: PageVisitor,
    *,
    refusal: FileFaults | FieldFaults | Refused | None = None,
    typed: Mapping[str, str] | None = None,
    files: Files | None = None,
) -> Response:
    """Return the web page of all drafts.

    refusal: why a form was just refused; None: no form was. typed: that form's fields, to show again. files: its files,
    to choose again.
    """
    real_now = services.clock.real_now()

    def work(tx: Transaction) -> tuple[list[PlanDraft], Schedule]:
        return drafts_now(tx, real_now), tx.schedule()

    drafts, schedule = await services.engine.read(work)
    versions = [each for each in history_view(schedule)["versions"] if each["kind"] == "publication"]
    return page(
        "drafts.html.j2",
        status=200 if refusal is None else 422,
        visitor=visitor,
        drafts=drafts,
        publications=versions[: -MOST_PUBLICATIONS - 1 : -1],
        faults=page_lines(refusal) if refusal is not None else [],
        typed=typed or {},
        first_free=first_free_date(schedule, services.clock.now()).isoformat(),
        lost=[each.name for each in (files or {}).values()],
        names=_names(schedule),
        zone=schedule.calendar.zone.key,
        version=schedule.newest,
        new_id=secrets.token_hex(8),
        longest=LONGEST_WHY,
    )


@router.post("/board/drafts/upload")
async def post_upload(services: ServicesDep, posted: UploadDep) -> Response:
    """Stores an uploaded plan as a draft. The schedule stays as it is."""
    try:
        new = await _uploaded(services, posted.visitor, posted.files, posted.fields.get("id", ""))
        real_now = services.clock.real_now()
        await services.engine.write(lambda tx: keep_draft(tx, new, real_now))
    except (FileFaults, FieldFaults, Refused) as refusal:
        return await drafts_page(services, posted.visitor, refusal=refusal, files=posted.files)
    return to(draft_path(new.id))


async def _uploaded(services: Services, visitor: PageVisitor, files: Files, draft_id: str) -> NewDraft:
    """Read uploaded files in a thread and return them as a new draft. In the event loop, this would delay tickets."""
    in_force, schedule = await published_roster(services)

    def read() -> tuple[dict[str, object], Roster]:
        document = uploaded_publication(files, in_force)
        return document, publication_from(document).roster

    document, roster = await asyncio.to_thread(read)
    refuse_other_schedule(roster, schedule)
    title = f"{files['plan'].name} with {roster.source}"
    return NewDraft(draft_id, roster.team, title, DraftContent(document), visitor.who.id)


async def published_roster(services: Services) -> tuple[Roster | None, Schedule]:
    """Return the published roster and the schedule.

    The roster is None before a publication, or if it can no longer be read.
    """
    return await services.engine.read(lambda tx: (roster_in_force(tx), tx.schedule()))


@router.get("/board/drafts/{draft_id}")
async def get_draft(draft_id: str, services: ServicesDep, visitor: ManagerDep, lock: ReportLock) -> Response:
    """Shows one draft: the progress of its search, its plan compared with the published one, or how the draft ended."""
    real_now = services.clock.real_now()

    def work(tx: Transaction) -> tuple[PlanDraft, Schedule]:
        return draft_named(tx, draft_id, real_now), tx.schedule()

    draft, schedule = await services.engine.read(work)
    found, people, outcome = None, _names(schedule), outcome_of(draft)
    if draft.state is DraftState.READY:
        async with lock:
            found, new_people = await _compared(services, visitor, draft_id)
        people |= new_people
    return page(
        "draft.html.j2",
        visitor=visitor,
        draft=draft,
        outcome=outcome,
        undone_by=next((each.undone_by for each in schedule.log if each.version == outcome.version), None),
        found=found,
        names=people,
        zone=schedule.calendar.zone.key,
        version=found.version if found is not None else schedule.newest,
        path=draft_path(draft.id),
        at=live_mark(draft),
        now=real_now,
        new_id=secrets.token_hex(8),
        longest=LONGEST_WHY,
    )


async def _compared(services: Services, visitor: PageVisitor, draft_id: str) -> tuple[DraftView, dict[str, str]]:
    """Compare a draft with the published plan. Returns the comparison, and the names of the people by id.

    It runs in a thread, because large plans take long.
    """
    now = services.clock.now().replace(microsecond=0)
    content = await services.engine.read(lambda tx: content_of(tx, draft_id))
    asked = await asyncio.to_thread(publication_from, content.publication)

    def work(tx: Transaction) -> tuple[Schedule, Difference]:
        return tx.schedule(), draft_difference(tx, asked, now)

    schedule, difference = await services.engine.read(work)
    by = visitor.who.id
    view = await asyncio.to_thread(draft_view, asked, schedule, difference, by=by, now=now)
    return view, {each.id: each.name for each in asked.roster.engineers}


@router.post("/board/drafts/{draft_id}/publish")
async def post_publication(draft_id: str, services: ServicesDep, posted: ManagerFormDep) -> Response:
    """Publishes a draft.

    Refuses if the schedule has changed since the web page was shown, or if the plan breaks a rule.
    """
    expected, reason = version_in(posted, "version"), undo_from(posted.filled("reason")).reason
    who, real_now = posted.visitor.who.id, services.clock.real_now()

    def work(tx: Transaction) -> tuple[PlanDraft, DraftContent, Schedule]:
        return draft_named(tx, draft_id, real_now), content_of(tx, draft_id), tx.schedule()

    draft, content, before = await services.engine.read(work)
    refuse_unready(draft)
    refuse_moved(before, expected)
    asked = await asyncio.to_thread(publication_from, content.publication)
    sound = await asyncio.to_thread(check_for_publication, asked.named, asked.roster, before)
    actor = Actor(who, services.engine.context(who), expected=expected)
    await services.engine.write(lambda tx: publish_draft(tx, draft_id, sound, reason, actor))
    services.engine.wake()
    return to(draft_path(draft_id))


@router.post("/board/drafts/{draft_id}/discard")
async def post_discard(draft_id: str, services: ServicesDep, posted: ManagerFormDep) -> Response:
    """Discards a draft. If its search still runs, the search ends. The schedule stays as it is."""
    await services.engine.write(lambda tx: discard_draft(tx, draft_id))
    return to("/board/drafts")


def live_mark(draft: PlanDraft) -> str:
    """Return a text that changes with every change of a draft."""
    return f"{draft.revision}-{draft.state.value}"


def draft_path(draft_id: str) -> str:
    """Return the path of a draft's web page."""
    return f"/board/drafts/{quote(draft_id, safe='')}"


def _names(schedule: Schedule) -> dict[str, str]:
    return {person.id: person.name for person in schedule.people.values()}
