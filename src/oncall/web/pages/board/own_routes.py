"""The forms of a person's own web page: the calendar link, answers to swaps, and a test page to their own phone."""

from __future__ import annotations

import base64
import hmac
import re
from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import Response

from oncall.paging.actions.calendar_access import SECRET_BYTES, make_link, revoke_links
from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.actions.reminder_choices import AS_POLICY, choice_from, save_choice
from oncall.paging.domain.ticket import Attempt, StoredTicket
from oncall.paging.ports.store import Transaction
from oncall.paging.watch.drill import is_drill_name, start_drill, whom
from oncall.planning.posted.carry_out import Actor
from oncall.planning.posted.carry_out_swaps import SwapAnswer, carry_out_answer
from oncall.planning.swaps.swap_notes import note_times
from oncall.support.reminders import CHOICES
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.pages.board.board_routes import own_page_of
from oncall.web.pages.frame.door import PostedForm, PostedFormDep
from oncall.web.pages.frame.page_refusals import INCOMPLETE
from oncall.web.pages.frame.page_route import PageRoute
from oncall.web.pages.frame.rendering import to
from oncall.web.services.dependencies import ServicesDep

router = APIRouter(route_class=PageRoute, include_in_schema=False)
DRILL_WAITS = timedelta(minutes=2)
"""How long the pager tries to send a test page."""
_LINK_NAME = re.compile(r"[0-9a-f]{16}")


@router.post("/me/calendar")
async def post_calendar_link(services: ServicesDep, posted: PostedFormDep) -> Response:
    """Makes a link to the visitor's own calendar and shows it. If the form is sent twice, the link is the same."""
    person, real_now, secret = posted.visitor.who.id, services.clock.real_now(), _link_secret(posted)
    path = await services.engine.write(lambda tx: make_link(tx, person, by=person, real_now=real_now, secret=secret))
    return await own_page_of(services, posted.visitor, new_link=services.public_url + path)


def _link_secret(posted: PostedForm) -> str:
    """Return the secret of the link that a form makes. It is the same each time that the form is sent.

    Only this session can compute it, because its key is the session's form token.
    """
    name = posted.fields.get("link", "")
    if not _LINK_NAME.fullmatch(name):
        raise ProblemDocument(422, INCOMPLETE)
    key = posted.visitor.form_token.encode()
    made = hmac.digest(key, b"calendar link " + name.encode(), "sha256")
    return base64.urlsafe_b64encode(made[:SECRET_BYTES]).rstrip(b"=").decode()


@router.post("/me/calendar/revoke")
async def post_calendar_revocation(services: ServicesDep, posted: PostedFormDep) -> Response:
    """Revokes every calendar link of the visitor."""
    person = posted.visitor.who.id
    await services.engine.write(lambda tx: revoke_links(tx, person))
    return to("/me#calendar")


@router.post("/me/swaps/{code}/{answer}")
async def post_swap_answer(code: str, answer: str, services: ServicesDep, posted: PostedFormDep) -> Response:
    """Answers a request to swap: the visitor accepts or declines it, or withdraws one of their own."""
    if answer not in list(SwapAnswer):
        raise ProblemDocument(404, "there is no such form; open your own page again")
    who = posted.visitor.who
    is_limited = access(who.role, Operation.SWAP) is Access.AS_ITSELF
    actor = Actor(who.id, services.engine.context(who.id), is_limited=is_limited)
    times = note_times(services.clock)
    await services.engine.write(lambda tx: carry_out_answer(tx, code, SwapAnswer(answer), actor, times))
    services.engine.wake()
    return to("/me")


@router.post("/me/reminders")
async def post_reminders(services: ServicesDep, posted: PostedFormDep) -> Response:
    """Stores which reminders the visitor gets, and whether they get courtesy notices."""
    person, fields = posted.visitor.who.id, posted.fields
    chosen = [name for name in CHOICES if fields.get(name) == "yes"]
    as_policy = fields.get("reminders") == AS_POLICY
    asked = choice_from({"reminders": AS_POLICY if as_policy else chosen, "quiet": fields.get("quiet") == "yes"})
    await services.engine.write(lambda tx: save_choice(tx, person, asked))
    return to("/me#reminders")


@router.post("/me/drill")
async def post_drill(services: ServicesDep, posted: PostedFormDep) -> Response:
    """Sends a test page to the visitor's own phone. If the form is sent twice, it leads to the same test page."""
    who, name = posted.visitor.who, posted.fields.get("drill", "")
    if not is_drill_name(name):
        raise ProblemDocument(
            422, "this form has no id of its own; open your own page again and send the form from there"
        )
    context = services.engine.context(who.id)

    def work(tx: Transaction) -> tuple[StoredTicket, Attempt] | None:
        if tx.ticket(name) is not None:
            return None
        person = whom(tx, who.id, context.now)
        return start_drill(tx, to=person, ends_at=context.now + DRILL_WAITS, context=context, name=name)

    started = await services.engine.write(work)
    if started is None:
        return to(f"/board/tickets/{name}")
    stored, attempt = started
    services.engine.send_soon([attempt])
    return await own_page_of(services, posted.visitor, drill=(stored.ticket.id, stored.code))
