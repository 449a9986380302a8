"""The types by which a route's function declares what it needs: the services and the caller of a request."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from oncall.paging.actions.permissions import Operation
from oncall.paging.ports.callers import Token
from oncall.reports.answer_times import AnswerTimes
from oncall.schedule.shift_changes import ShiftChanges
from oncall.web.access.authentication import Authenticator
from oncall.web.access.bearer import LONGEST_SECRET, digest, sender_digest
from oncall.web.access.flood_check import FloodCheck
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.services.desk_answers import DeskAnswers, recent_answers
from oncall.web.services.live_feed import LiveFeed, place_of
from oncall.web.services.public_status import PublicStatus
from oncall.web.services.services import Services


@dataclass(slots=True)
class HelpAddress:
    """The team's mail address on customers' web pages.

    known: the last one that was read, for use while the database is away.
    """

    known: str | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The objects that exist while the application runs.

    report_lock: held while a report is computed, so only one at a time.
    shift_changes: when each event of the calendar feeds last changed. live: the update streams of open web pages.
    customers_live: the update streams of customers' web pages; their limit is separate, so that they cannot use up the
    board's. desk_answers: how fast the support desk answered customers in the last days.
    """

    services: Services
    authenticator: Authenticator
    flood_check: FloodCheck
    public_status: PublicStatus
    live: LiveFeed
    customers_live: LiveFeed
    desk_answers: DeskAnswers
    report_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    shift_changes: ShiftChanges = field(default_factory=ShiftChanges)
    help_address: HelpAddress = field(default_factory=HelpAddress)


async def keep_running(app: FastAPI, services: Services) -> None:
    """Make the services available to every route of the application.

    Loads the known tokens, and creates the other objects of `Running`.
    """
    authenticator = Authenticator(
        services.engine, services.clock, services.refusals, services.token_use, services.caller_rate
    )
    await authenticator.start()
    flood_check = FloodCheck(services.engine, services.refusals)
    live, customers_live = (LiveFeed(lambda: services.engine.read(place_of)) for _ in range(2))

    async def count_answers() -> AnswerTimes:
        now = services.clock.now()
        return await services.engine.read(lambda tx: recent_answers(tx, now))

    answers = DeskAnswers(count_answers, services.clock.real_now)
    status = PublicStatus(services)
    app.state.running = Running(services, authenticator, flood_check, status, live, customers_live, answers)


def kept(app: FastAPI) -> Running:
    """Return the `Running` of an application. Only this function reads the application's untyped state."""
    found: Running = app.state.running
    return found


def running(request: Request) -> Running:
    """Return the `Running` of the application that answers this request."""
    return kept(request.app)


async def _services(request: Request) -> Services:
    return running(request).services


async def _flood_check(request: Request) -> FloodCheck:
    return running(request).flood_check


async def _public_status(request: Request) -> PublicStatus:
    return running(request).public_status


async def _report_lock(request: Request) -> asyncio.Lock:
    return running(request).report_lock


HOW_SENDERS_SIGN = (
    "a token is needed: send it as a bearer token, as the password of basic authentication, or as a GenieKey"
)


class _CallerFor(SecurityBase):
    """A dependency that returns the caller's token, if its role and scopes allow the operation; else it refuses the
    request.

    FastAPI documents it as bearer authentication.
    """

    scheme_name = "token"
    model = HTTPBearer()

    def __init__(self, operation: Operation) -> None:
        self._operation = operation

    async def __call__(self, request: Request) -> Token:
        return await running(request).authenticator.caller(request, self._operation)


class _Sender(_CallerFor):
    """A dependency that returns the token of a sender, with any scheme in its Authorization header."""

    async def __call__(self, request: Request) -> Token:
        return await sender_of(request)


async def sender_of(request: Request) -> Token:
    """Return the token in the Authorization header of a sender, whatever the scheme is. Raises ProblemDocument."""
    key = sender_digest(request.headers.get("authorization", ""))
    if key is None:
        raise ProblemDocument(401, HOW_SENDERS_SIGN)
    return await running(request).authenticator.caller_with(key, request, Operation.POST_TICKET)


async def sender_with_secret(request: Request, secret: str) -> Token:
    """Return the token of a sender that sends its secret in the body or the path. Raises ProblemDocument."""
    if not 0 < len(secret) <= LONGEST_SECRET:
        raise ProblemDocument(401, HOW_SENDERS_SIGN)
    return await running(request).authenticator.caller_with(digest(secret), request, Operation.POST_TICKET)


ServicesDep = Annotated[Services, Depends(_services)]
FloodCheckDep = Annotated[FloodCheck, Depends(_flood_check)]
ReportLock = Annotated[asyncio.Lock, Depends(_report_lock)]
SenderDep = Annotated[Token, Depends(_Sender(Operation.POST_TICKET))]
IntakeManager = Annotated[Token, Depends(_CallerFor(Operation.MANAGE_INTAKE))]
TicketPoster = Annotated[Token, Depends(_CallerFor(Operation.POST_TICKET))]
EventPoster = Annotated[Token, Depends(_CallerFor(Operation.POST_EVENT))]
Explainer = Annotated[Token, Depends(_CallerFor(Operation.EXPLAIN))]
ReadingCaller = Annotated[Token, Depends(_CallerFor(Operation.READ))]
StatusWriter = Annotated[Token, Depends(_CallerFor(Operation.WRITE_STATUS))]
PublicStatusDep = Annotated[PublicStatus, Depends(_public_status)]
CalendarLinker = Annotated[Token, Depends(_CallerFor(Operation.LINK_CALENDAR))]
TicketLinker = Annotated[Token, Depends(_CallerFor(Operation.LINK_TICKET))]
ScheduleChanger = Annotated[Token, Depends(_CallerFor(Operation.CHANGE_SCHEDULE))]
Swapper = Annotated[Token, Depends(_CallerFor(Operation.SWAP))]
Publisher = Annotated[Token, Depends(_CallerFor(Operation.PUBLISH))]
RelayRetrier = Annotated[Token, Depends(_CallerFor(Operation.RETRY_MESSAGE))]
ReminderChooser = Annotated[Token, Depends(_CallerFor(Operation.CHOOSE_REMINDERS))]
NoteWriter = Annotated[Token, Depends(_CallerFor(Operation.NOTE_HANDOFF))]
DrillStarter = Annotated[Token, Depends(_CallerFor(Operation.START_DRILL))]
TokenMaker = Annotated[Token, Depends(_CallerFor(Operation.ADD_CALLER))]
LoginLinker = Annotated[Token, Depends(_CallerFor(Operation.MAKE_LOGIN_LINK))]
TokenRotator = Annotated[Token, Depends(_CallerFor(Operation.CHANGE_CALLER))]
