"""`/board/status`, where the team runs the status page. Each form shows its effect before anything becomes public."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from oncall.errors import Conflict, OncallError, Refused, StoreError
from oncall.paging.actions.field_faults import FieldFaults
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.actions.status_on_page import (
    Shown,
    effect_on_page,
    new_status_id,
    record_once,
    seen_of,
)
from oncall.paging.ports.store import Transaction
from oncall.status.component_states import IncidentState
from oncall.status.status_actions import StatusAuthor
from oncall.status.status_board import WindowUptime, ended_incidents, open_incidents, uptime_windows
from oncall.status.status_effect import StatusEffect
from oncall.status.status_record import StatusRecord, read_status
from oncall.status.status_words import both_times, formula_sentence
from oncall.web.edge.problem_documents import ProblemDocument, status_of
from oncall.web.edge.request_trace import keep_detail
from oncall.web.pages.frame.door import PageVisitor, PostedForm, PostedFormDep, VisitorDep
from oncall.web.pages.frame.page_refusals import page_words
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import page, to
from oncall.web.pages.incidents.status_forms import (
    FORMS,
    STATE_CHOICES,
    StatusForm,
    action_of,
    kept_fields,
)
from oncall.web.services.dependencies import PublicStatusDep, ServicesDep
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)
PATH = "/board/status"
NO_STATUS_PAGE = "no status page is published; a manager adds a status file to the policy and publishes a plan with it"
NO_FORM = "there is no such form; open the page of the status page again"
_NEW_ID = re.compile(r"[0-9a-f]{12}")
_SEEN = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form that was sent, with the action it asks for.

    values: its fields, which the preview keeps in hidden fields.
    """

    visitor: PageVisitor
    author: StatusAuthor
    name: str
    form: StatusForm
    values: Mapping[str, str]


@router.get("/board/status")
async def get_status_board(request: Request, services: ServicesDep, visitor: VisitorDep) -> Response:
    """Shows the state of the status page, with the forms that change it.

    The query parameters `ticket` and `template` fill in the form of a new incident.
    """
    record = await _record(services)
    schedule = await services.engine.read(lambda tx: tx.schedule())
    wanted = {name: request.query_params.get(name, "")[:100] for name in ("ticket", "template")}
    template = record.page.templates.get(wanted["template"])
    if template is not None:
        wanted |= {"title": template.title, "message": template.message}
    # In a thread, because it reads the whole history, for which no page to an engineer may wait.
    return await asyncio.to_thread(
        lambda: page(
            "status_board.html.j2",
            visitor=visitor,
            names={each.id: each.name for each in schedule.people.values()},
            common=_common(record),
            filled={name: value for name, value in wanted.items() if value},
            incidents=open_incidents(record),
            ended=ended_incidents(record),
            proposals=[each for each in record.proposals if each.state.value == "proposed"],
            works=[*record.running, *record.upcoming],
            windows=uptime_windows(record),
            formula=formula_sentence(record.page),
        )
    )


@router.post("/board/status/preview")
async def post_preview(request: Request, services: ServicesDep, posted: PostedFormDep) -> Response:
    """Shows the effect that a form would have, with a button that carries it out. Nothing is stored."""
    record = await _record(services)
    asked = _asked(posted, services, record.page.zone)
    return await _preview(request, services, asked, record)


@router.post("/board/status/publish")
async def post_publish(
    request: Request, services: ServicesDep, public: PublicStatusDep, posted: PostedFormDep
) -> Response:
    """Carries out the action of a preview, once, and leads back to the board. If that fails, the preview says why."""
    record = await _record(services)
    asked, shown = _asked(posted, services, record.page.zone), _shown(posted)

    def work(tx: Transaction) -> str:
        return record_once(tx, action_of(asked.form, asked.name, asked.values, record.page.zone), asked.author, shown)

    try:
        await services.engine.write(work)
    except (Refused, Conflict, FieldFaults) as refusal:
        return await _preview(request, services, asked, record, refusal)
    public.forget()
    return to(PATH)


async def _preview(
    request: Request, services: Services, asked: _Asked, record: StatusRecord, refusal: OncallError | None = None
) -> Response:
    """Return the preview: the effect of a form, or why it can have none. refusal: why publishing just failed."""
    new_id = new_status_id()

    def work(tx: Transaction) -> tuple[StatusEffect, int]:
        action = action_of(asked.form, asked.name, asked.values, record.page.zone)
        effect = effect_on_page(tx, action, asked.author, new_id)
        return effect, seen_of(tx, effect)

    effect, seen = None, 0
    try:
        effect, seen = await services.engine.read(work)
    except StoreError:
        raise
    except OncallError as fault:
        if status_of(fault) is None:
            raise
        refusal = refusal or fault
    words = page_words(refusal) if refusal is not None else ""
    keep_detail(request, words)
    # In a thread, because the uptime before and after is worked out from the whole history.
    return await asyncio.to_thread(
        lambda: page(
            "status_preview.html.j2",
            status=(status_of(refusal) or 422) if refusal is not None else 200,
            visitor=asked.visitor,
            common=_common(record),
            name=asked.name,
            form=asked.form,
            values=asked.values,
            effect=effect,
            months=_months(effect),
            seen=seen,
            new_id=new_id,
            refusal=words,
        )
    )


def _months(effect: StatusEffect | None) -> list[tuple[WindowUptime, WindowUptime]]:
    """Return the uptime of the running month before an action and after it, as one pair; empty without an effect."""
    return [(uptime_windows(effect.before)[0], uptime_windows(effect.after)[0])] if effect is not None else []


@dataclass(frozen=True, slots=True)
class _Common:
    """The values that both templates use. clock: returns a time as text in the status page's zone and in UTC."""

    record: StatusRecord
    clock: Callable[[datetime], str]
    forms: Mapping[str, StatusForm]
    state_choices: Sequence[tuple[str, str]]

    def incident_states(self, incident_id: str) -> Sequence[str]:
        """Return the states that an update may give an incident.

        A postmortem is offered only for a resolved incident.
        """
        is_over = any(each.id == incident_id and each.state.is_over for each in self.record.incidents)
        return [each.value for each in IncidentState if is_over or each is not IncidentState.POSTMORTEM]


def _common(record: StatusRecord) -> _Common:
    return _Common(record, lambda at: both_times(at, record.page.zone), FORMS, STATE_CHOICES)


def _asked(posted: PostedForm, services: Services, zone: ZoneInfo) -> _Asked:
    """Return what a form asks for.

    Raises ProblemDocument: 404 for an unknown form, 403 if the visitor may not send it.
    """
    name, visitor = posted.fields.get("action", ""), posted.visitor
    form = FORMS.get(name)
    if form is None:
        raise ProblemDocument(404, NO_FORM)
    if access(visitor.who.role, Operation.WRITE_STATUS) is Access.NO:
        raise ProblemDocument(403, "your role may not write on the status page")
    now = services.clock.now().replace(microsecond=0)
    author = StatusAuthor(visitor.who.id, now, may_backdate=visitor.is_manager)
    return _Asked(visitor, author, name, form, kept_fields(form, posted.fields, now.astimezone(zone)))


def _shown(posted: PostedForm) -> Shown:
    new_id, seen = posted.fields.get("new_id", ""), posted.fields.get("seen", "")
    if not (_NEW_ID.fullmatch(new_id) and _SEEN.fullmatch(seen) and seen.isascii()):
        raise ProblemDocument(422, "the form does not say which page it was sent from; preview it again")
    return Shown(new_id, int(seen))


async def _record(services: Services) -> StatusRecord:
    now = services.clock.now().replace(microsecond=0)
    try:
        return await services.engine.read(lambda tx: read_status(tx, now))
    except Refused:
        raise ProblemDocument(404, NO_STATUS_PAGE) from None
