"""A route that answers with a web page. A refusal is a web page too; a visitor without a session must first sign in."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from urllib.parse import quote

from fastapi import Request, Response

from oncall.errors import OncallError, StoreError, StoreInDoubt
from oncall.paging.actions.caller_actions import OFF_ROSTER
from oncall.web.edge.plain_route import PlainRoute
from oncall.web.edge.problem_documents import NOTHING_STORED, ProblemDocument, log_store_error, status_of
from oncall.web.edge.request_trace import keep_detail
from oncall.web.pages.frame.kept_words import is_for_customers, kept_words
from oncall.web.pages.frame.page_refusals import PAGE_IN_DOUBT, TOO_LARGE, page_words, title_of
from oncall.web.pages.frame.rendering import page, to
from oncall.web.pages.frame.typed_words import named_words, typed_words

SIGN_IN_ENDED = (
    "your sign-in has ended, so nothing was changed; sign in, open the page again, and copy your words into its form"
)


_PAGE_OF_ONE = re.compile(r"/board/(?:tickets|drafts)/[^/]+/[a-z]+")
"""Matches the path of a form on the web page of one ticket or one draft."""


class NeedsSignIn(Exception):
    """Raised if the browser has no session.

    The visitor is sent to the sign-in, and from there to the requested address.
    has_left: the person of the session has left the roster, so signing in again does not help.
    """

    def __init__(self, *, has_left: bool = False) -> None:
        super().__init__()
        self.has_left = has_left


class PageRoute(PlainRoute):
    """A plain route whose refusals are web pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[object, object, Response]]:
        """Return the coroutine function that answers a request to this route."""
        answer = super().get_route_handler()

        async def answer_with_page(request: Request) -> Response:
            try:
                return await answer(request)
            except NeedsSignIn as needed:
                if typed_words(request):
                    words = OFF_ROSTER if needed.has_left else SIGN_IN_ENDED
                    return refusal_page(request, 403, words, needs_sign_in=not needed.has_left)
                return to(f"/login?next={quote(_wanted(request), safe='')}")
            except ProblemDocument as refusal:
                shown = refusal_page(request, refusal.status, TOO_LARGE if refusal.status == 413 else refusal.detail)
                keep_detail(request, refusal.detail)
                return shown
            except StoreError as away:
                log_store_error(away)
                return refusal_page(request, 503, PAGE_IN_DOUBT if isinstance(away, StoreInDoubt) else NOTHING_STORED)
            except OncallError as refusal:
                status = status_of(refusal)
                if status is None:
                    raise
                return refusal_page(request, status, page_words(refusal))

        return answer_with_page


def _wanted(request: Request) -> str:
    """Return the address to open after the sign-in: the requested one, or the board's if the request was a form."""
    if request.method != "GET":
        return "/board"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _way_back(request: Request) -> tuple[str, str]:
    """Return the path and the label of the link on a refusal.

    After a form, the link leads to the web page of the form.
    """
    path = request.url.path
    if path.startswith("/status/"):
        return "/status", "To the status page"
    if request.method == "GET":
        return "/", "To the start page"
    if _PAGE_OF_ONE.fullmatch(path):
        return path.rpartition("/")[0], "Back to the page of the form"
    if path.startswith("/board/drafts/"):
        return "/board/drafts", "Back to the plan drafts"
    if path.startswith("/me/"):
        return "/me", "Back to my page"
    return ("/board", "Back to the board") if path.startswith("/board/") else ("/", "To the start page")


def refusal_page(request: Request, status: int, words: str, *, needs_sign_in: bool = False) -> Response:
    """Return the web page of a refusal. It shows again what the visitor typed into the form.

    words: why the request is refused. needs_sign_in: a link to the sign-in is shown.
    """
    if is_for_customers(request.url.path):
        return kept_words(request, status, words, typed_words(request))
    keep_detail(request, words)
    typed = named_words(typed_words(request))
    title = title_of(status, request.method)
    values = {"title": title, "words": words, "typed": typed, "needs_sign_in": needs_sign_in}
    return page("refused.html.j2", status=status, back=_way_back(request), **values)
