"""Refusals on customers' web pages. They show again what the customer typed, and do not read the database."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response

from oncall.errors import StoreError, StoreInDoubt
from oncall.support.portal_rules import QUESTIONS
from oncall.web.edge.problem_documents import NOTHING_STORED, log_store_error
from oncall.web.edge.request_trace import keep_detail
from oncall.web.pages.frame.page_refusals import PAGE_IN_DOUBT, title_of
from oncall.web.pages.frame.rendering import page
from oncall.web.services.dependencies import running

CUSTOMER_PATHS = ("/t/", "/portal")
"""The beginnings of the paths of customers' web pages."""
_HIDDEN = ("id", "impact", "promised", *(question.name for question in QUESTIONS))
"""The hidden fields that the form on the refusal has again.

The form's token is left out, because it belongs to one sign-in.
"""
_NOTHING: Mapping[str, str] = {}


def is_for_customers(path: str) -> bool:
    """Return True if the path is that of a customer's web page."""
    return path.startswith(CUSTOMER_PATHS)


def kept_words(
    request: Request,
    status: int,
    words: str,
    fields: Mapping[str, str] = _NOTHING,
    *,
    title: str | None = None,
    sends_to: str | None = None,
    signs_in: bool = False,
) -> Response:
    """Return a web page that says why nothing was stored, and shows the text that the customer typed.

    words: why nothing was stored. fields: the form's fields. sends_to: the path to which a button sends the form again;
    None: no button, the text can only be copied. signs_in: a form to get a portal link by mail is also shown.
    """
    keep_detail(request, words)
    here = running(request)
    return page(
        "kept_words.html.j2",
        status=status,
        title=title or title_of(status, request.method),
        words=words,
        message=fields.get("message", ""),
        subject=fields.get("subject", ""),
        hidden={name: fields[name] for name in _HIDDEN if name in fields},
        action=sends_to,
        signs_in=signs_in,
        can_mail=here.services.can_mail,
        help_address=here.help_address.known,
    )


def store_is_away(request: Request, away: StoreError, fields: Mapping[str, str], sends_to: str) -> Response:
    """Return the web page for a form that the database did not store, with a button that sends the form again.

    The form has an id, so it takes effect only once, even if the first one was stored.
    """
    log_store_error(away)
    words = PAGE_IN_DOUBT if isinstance(away, StoreInDoubt) else NOTHING_STORED
    return kept_words(request, 503, words, fields, sends_to=sends_to)
