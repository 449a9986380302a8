"""The handoff to the next shift over HTTP: the report on it, and the notes for the next shift."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from oncall.paging.actions.handoff_notes import add_note, note_from, noted_by, shift_view
from oncall.paging.outgoing.handoff_view import HandoffView
from oncall.paging.ports.store import Transaction
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.models.query_models import HandoffQuery
from oncall.web.models.request_models import PostedNote
from oncall.web.services.dependencies import NoteWriter, ReadingCaller, ServicesDep

router = APIRouter(route_class=PlainRoute, tags=["schedule"])


@router.get(
    "/v1/handoff",
    summary="Read the report of a shift",
    responses=answers({200: Answer("The shift, for the people of the next one", HandoffView)}, 401, 403, 422, 503),
    openapi_extra=query(HandoffQuery),
)
async def get_handoff(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns what is open, what was paged, what is held for the next shift, and the notes.

    Tickets are shown in their present state.
    """
    last = asked.text("last") or "false"
    if last not in ("true", "false"):
        asked.fault("last", "write true or false")
    asked.refuse_faults()
    context = services.engine.context(caller.name)
    return JSONResponse(await services.engine.read(lambda tx: shift_view(tx, context, is_last=last == "true")))


@router.post(
    "/v1/handoff/notes",
    status_code=201,
    summary="Write a note for the next shift",
    responses=answers({201: Answer("The running shift with its notes", HandoffView)}, 400, 401, 403, 413, 422, 503),
)
async def post_note(services: ServicesDep, caller: NoteWriter, posted: PostedNote) -> JSONResponse:
    """Stores a note that the engineers of the next shift get at the handoff.

    An engineer's token writes notes only as that engineer.
    """
    text, by = note_from(posted.document, caller=caller.name)
    context = services.engine.context(caller.name)

    def work(tx: Transaction) -> HandoffView:
        return add_note(tx, text, noted_by(caller, by, tx), context)

    return JSONResponse(await services.engine.write(work), 201)
