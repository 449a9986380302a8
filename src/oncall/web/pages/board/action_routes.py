"""The forms of the board's web pages. Each form does the same as a request to the API, with the same rights."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.responses import Response

from oncall.paging.actions.caller_actions import record_for
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.actions.posted_action import action_from
from oncall.paging.domain.events import EventKind
from oncall.planning.posted.carry_out import Actor, carry_out_cover, carry_out_override, carry_out_undo
from oncall.planning.posted.carry_out_swaps import carry_out_swap
from oncall.planning.posted.posted_change import cover_from, override_from, undo_from
from oncall.planning.posted.posted_swaps import swap_from
from oncall.planning.swaps.swap_notes import note_times
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.pages.board.board_routes import ticket_page_of
from oncall.web.pages.frame.door import PostedForm, PostedFormDep
from oncall.web.pages.frame.form_numbers import version_in
from oncall.web.pages.frame.form_times import instant_of
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import to
from oncall.web.services.dependencies import ServicesDep
from oncall.web.services.services import Services

router = APIRouter(route_class=PageRoute, include_in_schema=False)
TICKET_ACTIONS: Mapping[str, EventKind] = {
    "acknowledge": EventKind.ACKNOWLEDGED,
    "pass": EventKind.PASSED,
    "resolve": EventKind.RESOLVED,
    "reply": EventKind.REPLIED,
    "impact": EventKind.IMPACT_CHANGED,
    "merge": EventKind.MERGED,
}
"""The kind of event that each form records, by the last part of the form's path."""


@router.post("/board/tickets/{ticket_id}/{action}")
async def post_ticket_action(ticket_id: str, action: str, services: ServicesDep, posted: PostedFormDep) -> Response:
    """Records an event of a ticket in the visitor's own name. `action` is one of `TICKET_ACTIONS`."""
    kind = TICKET_ACTIONS.get(action)
    if kind is None:
        raise ProblemDocument(404, "there is no such form; open the ticket's page again")
    visitor = posted.visitor
    context = services.engine.context(visitor.who.id)
    document: dict[str, object] = {"kind": kind.value, **posted.filled("id", "why", "to", "impact", "into", "message")}
    if posted.fields.get("take_over") == "yes":
        document["take_over"] = True
    asked = action_from(document, caller=visitor.who.id, now=context.now)
    done = await services.engine.write(lambda tx: record_for(visitor.who.token, tx, ticket_id, asked, context))
    services.engine.send_soon(done.attempts)
    services.engine.wake()
    if kind is EventKind.ACKNOWLEDGED and done.waited is not None:
        services.engine.observer.acknowledged(done.waited.total_seconds())
    if not done.changed:
        return await ticket_page_of(services, visitor, ticket_id, message=done.sentence)
    return to(f"/board/tickets/{quote(ticket_id, safe='')}")


@router.post("/board/cover")
async def post_cover(services: ServicesDep, posted: PostedFormDep) -> Response:
    """Takes over the roles that an engineer has, from now to the end of the engineer's shift."""
    asked = cover_from(_change(posted, "engineer", "by", "reason"))
    actor = _actor(services, posted)
    await services.engine.write(lambda tx: carry_out_cover(tx, asked, actor))
    services.engine.wake()
    return to("/board")


@router.post("/board/override")
async def post_override(services: ServicesDep, posted: PostedFormDep) -> Response:
    """Puts an engineer on call for a span of time. The form gives local times in the policy's zone."""
    zone = await services.engine.read(lambda tx: tx.schedule().calendar.zone)
    document = _change(posted, "engineer", "role", "from", "to", "reason")
    document |= {name: instant_of(name, str(document[name]), zone) for name in ("from", "to") if name in document}
    asked, actor = override_from(document), _actor(services, posted)
    await services.engine.write(lambda tx: carry_out_override(tx, asked, actor))
    services.engine.wake()
    return to("/board")


@router.post("/board/swap")
async def post_swap(services: ServicesDep, posted: PostedFormDep) -> Response:
    """Makes a swap to which both engineers have agreed; only a manager may do this."""
    return await _swapped(services, posted, {"agreed": True}, leads_to="/board#change")


@router.post("/board/swap/ask")
async def post_swap_request(services: ServicesDep, posted: PostedFormDep) -> Response:
    """Asks an engineer to take a shift. An engineer may give away only their own shifts."""
    return await _swapped(services, posted, {}, leads_to="/me")


async def _swapped(services: Services, posted: PostedForm, more: dict[str, object], *, leads_to: str) -> Response:
    document = _change(posted, "engineer", "with", "day", "role", "reason") | more
    asked, actor, times = swap_from(document), _actor(services, posted), note_times(services.clock)
    await services.engine.write(lambda tx: carry_out_swap(tx, asked, actor, times))
    services.engine.wake()
    return to(leads_to)


@router.post("/board/undo")
async def post_undo(services: ServicesDep, posted: PostedFormDep) -> Response:
    """Takes back a version of the schedule from now on. An engineer may take back only their own changes."""
    number = version_in(posted, "undo")
    asked, actor = undo_from(_change(posted, "reason")), _actor(services, posted)
    await services.engine.write(lambda tx: carry_out_undo(tx, number, asked, actor))
    services.engine.wake()
    return to("/board")


def _change(posted: PostedForm, *names: str) -> dict[str, object]:
    """Return the named fields of the form as the JSON body of an API request that changes the schedule."""
    document: dict[str, object] = {**posted.filled(*names)}
    if posted.fields.get("force") == "yes":
        document["force"] = True
    return document


def _actor(services: Services, posted: PostedForm) -> Actor:
    """Return the actor of a change: the visitor, and the version of the schedule that the form shows.

    A form that is sent twice changes nothing the second time, because the version is then an old one.
    """
    who, version = posted.visitor.who, version_in(posted, "version")
    is_limited = access(who.role, Operation.CHANGE_SCHEDULE) is Access.AS_ITSELF
    return Actor(who.id, services.engine.context(who.id), is_limited=is_limited, expected=version)
