"""Finds the visitor of a web page by the session cookie, and checks that a form comes from one of our web pages."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response

from oncall.paging.actions.permissions import Access, Operation, access
from oncall.paging.actions.posted_json import LARGEST_BODY
from oncall.paging.actions.sign_in import SESSION_LENGTH, SignedIn, Visitor, digest_of, has_left, visitor_of
from oncall.paging.ports.callers import CallerRole
from oncall.planning.posted.uploaded_files import UploadedFile
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.edge.request_bodies import LARGEST_PLAN, form_body
from oncall.web.edge.request_trace import keep_caller, keep_over_rate
from oncall.web.pages.frame.page_refusals import INCOMPLETE
from oncall.web.pages.frame.page_route import NeedsSignIn
from oncall.web.pages.frame.typed_words import remember_typed
from oncall.web.pages.frame.upload_form import upload_form
from oncall.web.services.dependencies import running
from oncall.web.services.services import Services

FORM_FIELD = "form_token"
"""The name of the hidden field that every form of a signed-in visitor has."""
FOREIGN_FORM = "this form was not sent from a page of this service, so nothing was changed; open the page and try again"
STALE_FORM = "this form belongs to another sign-in, so nothing was changed; open the page again and send it from there"
TOO_FAST = "you sent many forms in a short time, so nothing was stored; wait a minute, and send it again"
MANAGERS_ONLY = "only a manager drafts and publishes plans"
_LONGEST_COOKIE = 200
_OWN_PAGE = re.compile(r"/(?:board|me)(?:[/?][A-Za-z0-9._~%&=+/?:@,-]{0,500})?")


@dataclass(frozen=True, slots=True)
class PageVisitor:
    """A signed-in visitor of a web page. form_token: the hidden token that every form of this session has."""

    who: Visitor
    form_token: str

    @property
    def is_manager(self) -> bool:
        """Return True for the roster's manager, and for a member of the managers' group at the identity provider."""
        return self.who.role is CallerRole.MANAGER


@dataclass(frozen=True, slots=True)
class PostedForm:
    """A form that a signed-in visitor sent from one of our web pages. fields: the value of each field."""

    visitor: PageVisitor
    fields: Mapping[str, str]

    def filled(self, *names: str) -> dict[str, str]:
        """Return the named fields that are not blank, without the spaces around their values."""
        found = {name: self.fields.get(name, "").strip() for name in names}
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class PostedUpload(PostedForm):
    """A form with files that a manager sent from one of our web pages. files: by the name of the field."""

    files: Mapping[str, UploadedFile]


async def visitor_or_none(request: Request) -> PageVisitor | None:
    """Return the visitor who is signed in by the cookie; None if nobody is."""
    services = running(request).services
    session_id = _session_id(request, services)
    if session_id is None:
        return None
    real_now = services.clock.real_now()
    who = await services.engine.read(lambda tx: visitor_of(session_id, tx, real_now=real_now))
    if who is None:
        return None
    keep_caller(request, who.token)
    return PageVisitor(who, hmac.new(session_id.encode(), b"form token", hashlib.sha256).hexdigest())


async def is_off_roster(request: Request) -> bool:
    """Return True if the person who signed in with this cookie has left the roster since."""
    services = running(request).services
    session_id = _session_id(request, services)
    if session_id is None:
        return False
    real_now = services.clock.real_now()
    return await services.engine.read(lambda tx: has_left(session_id, tx, real_now=real_now))


async def _visitor(request: Request) -> PageVisitor:
    visitor = await visitor_or_none(request)
    if visitor is None:
        raise NeedsSignIn(has_left=await is_off_roster(request))
    return visitor


async def _posted(request: Request) -> PostedForm:
    try:
        visitor = await _sender(request)
    except NeedsSignIn:
        # The page that asks for a sign-in shows the text of the form again.
        with suppress(ProblemDocument):
            await form_fields(request)
        raise
    # A text that is too long is refused with its words, so the whole form is read.
    fields = await form_fields(request, LARGEST_PLAN)
    _refuse_stale(visitor, fields)
    return PostedForm(visitor, fields)


async def _manager(request: Request) -> PageVisitor:
    return _managing(await _visitor(request))


async def _manager_posted(request: Request) -> PostedForm:
    posted = await _posted(request)
    _managing(posted.visitor)
    return posted


async def _upload(request: Request) -> PostedUpload:
    visitor = _managing(await _sender(request))
    form = await upload_form(request)
    _refuse_stale(visitor, form.fields)
    return PostedUpload(visitor, form.fields, form.files)


async def _sender(request: Request) -> PageVisitor:
    """Return the visitor who sends a form from one of our web pages.

    Raises NeedsSignIn without a session, and ProblemDocument for a form of another site or a visitor over the rate
    limit.
    """
    refuse_foreign_form(request)
    visitor = await _visitor(request)
    if not running(request).services.caller_rate.allows(visitor.who.id, request.method):
        keep_over_rate(request)
        raise ProblemDocument(503, TOO_FAST)
    return visitor


def _refuse_stale(visitor: PageVisitor, fields: Mapping[str, str]) -> None:
    if not hmac.compare_digest(fields.get(FORM_FIELD, "").encode(), visitor.form_token.encode()):
        raise ProblemDocument(403, STALE_FORM)


def _managing(visitor: PageVisitor) -> PageVisitor:
    """Return the visitor if they may publish a plan; else raise ProblemDocument 403."""
    if access(visitor.who.role, Operation.PUBLISH) is not Access.YES:
        raise ProblemDocument(403, MANAGERS_ONLY)
    return visitor


VisitorDep = Annotated[PageVisitor, Depends(_visitor)]
MaybeVisitorDep = Annotated[PageVisitor | None, Depends(visitor_or_none)]
ManagerDep = Annotated[PageVisitor, Depends(_manager)]
ManagerFormDep = Annotated[PostedForm, Depends(_manager_posted)]
UploadDep = Annotated[PostedUpload, Depends(_upload)]
PostedFormDep = Annotated[PostedForm, Depends(_posted)]


async def form_fields(request: Request, most: int = LARGEST_BODY) -> dict[str, str]:
    """Return the value of each field of a form. Raises ProblemDocument 400 if a field occurs twice."""
    found = await form_body(request, most)
    if any(len(values) > 1 for values in found.values()):
        raise ProblemDocument(400, INCOMPLETE)
    fields = {name: values[0] for name, values in found.items()}
    remember_typed(request, fields)
    return fields


def refuse_foreign_form(request: Request) -> None:
    """Raise ProblemDocument 403 for a form that another site sent.

    The Host header is ignored, because a sender chooses it.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    public = urlsplit(running(request).services.public_url)
    is_own = site == "same-origin" if site is not None else origin == f"{public.scheme}://{public.netloc}"
    if not is_own:
        raise ProblemDocument(403, FOREIGN_FORM)


def own_page(wanted: str) -> str:
    """Return the path to open after a sign-in: the wanted one if it belongs to our web pages, else `/`."""
    return wanted if _OWN_PAGE.fullmatch(wanted) else "/"


def own_session(request: Request) -> str | None:
    """Return the digest of the session in the cookie, even if the session has ended; None without a cookie."""
    session_id = _session_id(request, running(request).services)
    return digest_of(session_id) if session_id is not None else None


def keep_session(answer: Response, signed_in: SignedIn, services: Services) -> None:
    """Make an answer set the cookie of a new session."""
    seconds = int(SESSION_LENGTH.total_seconds())
    answer.set_cookie(
        _cookie(services), signed_in.session_id, max_age=seconds, secure=is_https(services), httponly=True,
        samesite="lax",
    )  # fmt: skip


def drop_session(answer: Response, services: Services) -> None:
    """Make an answer delete the session cookie."""
    answer.delete_cookie(_cookie(services), secure=is_https(services), httponly=True, samesite="lax")


def _session_id(request: Request, services: Services) -> str | None:
    found = request.cookies.get(_cookie(services), "")
    return found if 0 < len(found) <= _LONGEST_COOKIE else None


def _cookie(services: Services) -> str:
    """Return the cookie's name. With its prefix, browsers refuse a cookie that another host or plain http has set."""
    return "__Host-oncall" if is_https(services) else "oncall"


def is_https(services: Services) -> bool:
    """Return True if browsers reach this service by https."""
    return services.public_url.startswith("https://")
