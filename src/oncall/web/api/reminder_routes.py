"""An engineer's choice of reminders and courtesy notices, over HTTP."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from oncall.paging.actions.reminder_choices import ReminderChoiceView, choice_from, choice_view, chooser, save_choice
from oncall.web.edge.api_description import Answer, answers, query
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.query_fields import QueryDep
from oncall.web.models.query_models import ReminderQuery
from oncall.web.models.request_models import PostedReminders
from oncall.web.services.dependencies import ReadingCaller, ReminderChooser, ServicesDep

router = APIRouter(route_class=PlainRoute, tags=["schedule"])


@router.get(
    "/v1/reminders",
    summary="Read what an engineer chose about reminders",
    responses=answers({200: Answer("The choice", ReminderChoiceView)}, 401, 403, 404, 422, 503),
    openapi_extra=query(ReminderQuery),
)
async def get_reminders(services: ServicesDep, caller: ReadingCaller, asked: QueryDep) -> JSONResponse:
    """Returns which reminders an engineer gets before a shift, and whether the engineer gets courtesy notices."""
    person = asked.text("engineer") or caller.name
    asked.refuse_faults()
    return JSONResponse(await services.engine.read(lambda tx: choice_view(tx, person)))


@router.post(
    "/v1/reminders",
    summary="Choose reminders and courtesy notices",
    responses=answers({200: Answer("The choice", ReminderChoiceView)}, 400, 401, 403, 404, 413, 422, 503),
)
async def post_reminders(services: ServicesDep, caller: ReminderChooser, posted: PostedReminders) -> JSONResponse:
    """Changes which reminders and courtesy notices an engineer gets. Pages always come.

    An engineer's token changes only that engineer's choice.
    """
    asked = choice_from(posted.document)
    person = chooser(caller, asked.engineer)
    return JSONResponse(await services.engine.write(lambda tx: save_choice(tx, person, asked)))
