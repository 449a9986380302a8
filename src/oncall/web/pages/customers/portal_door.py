"""Finds the contact who sends a request to the portal, by the session in the portal's own cookie."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request, Response

from oncall.paging.actions.portal_sign_in import Contact, contact_of
from oncall.paging.actions.sign_in import SESSION_LENGTH, SignedIn
from oncall.paging.ports.store import Transaction
from oncall.web.edge.problem_documents import ProblemDocument
from oncall.web.edge.request_bodies import LARGEST_PLAN
from oncall.web.pages.frame.door import FORM_FIELD, STALE_FORM, form_fields, refuse_foreign_form
from oncall.web.services.dependencies import running
from oncall.web.services.services import Services

LARGEST_FORM = LARGEST_PLAN
"""The most bytes of a form. It is large, so that a description that is too long can be shown again."""
_LONGEST_COOKIE = 200


@dataclass(frozen=True, slots=True)
class PortalVisitor:
    """A contact who is signed in to the portal. form_token: the hidden token that every form of this session has."""

    contact: Contact
    form_token: str


async def portal_visitor(request: Request) -> PortalVisitor | None:
    """Return the contact who is signed in by the portal's cookie; None if nobody is."""
    services = running(request).services
    session_id = request.cookies.get(_cookie(services), "")
    if not 0 < len(session_id) <= _LONGEST_COOKIE:
        return None
    real_now, now = services.clock.real_now(), services.clock.now()

    def work(tx: Transaction) -> Contact | None:
        return contact_of(session_id, tx, tx.policy_at(now), real_now=real_now)

    contact = await services.engine.read(work)
    if contact is None:
        return None
    return PortalVisitor(contact, hmac.new(session_id.encode(), b"portal form", hashlib.sha256).hexdigest())


def has_own_token(visitor: PortalVisitor, fields: Mapping[str, str]) -> bool:
    """Return True if the form's hidden token is that of this session."""
    return hmac.compare_digest(fields.get(FORM_FIELD, "").encode(), visitor.form_token.encode())


async def posted_by(request: Request) -> tuple[PortalVisitor, Mapping[str, str]] | None:
    """Return the contact who sent a form, and the form's fields; None without a session.

    Raises ProblemDocument for a form of another site, or one without this session's token.
    """
    refuse_foreign_form(request)
    visitor = await portal_visitor(request)
    if visitor is None:
        return None
    fields = await form_fields(request, LARGEST_FORM)
    if not has_own_token(visitor, fields):
        raise ProblemDocument(403, STALE_FORM)
    return visitor, fields


def keep_portal_session(answer: Response, signed_in: SignedIn, services: Services) -> None:
    """Make an answer set the cookie of a new portal session."""
    answer.set_cookie(
        _cookie(services),
        signed_in.session_id,
        max_age=int(SESSION_LENGTH.total_seconds()),
        secure=_is_https(services),
        httponly=True,
        samesite="lax",
    )


def drop_portal_session(answer: Response, services: Services) -> None:
    """Make an answer delete the cookie of the portal session."""
    answer.delete_cookie(_cookie(services), secure=_is_https(services), httponly=True, samesite="lax")


def _cookie(services: Services) -> str:
    return "__Host-oncall-portal" if _is_https(services) else "oncall-portal"


def _is_https(services: Services) -> bool:
    return services.public_url.startswith("https://")
