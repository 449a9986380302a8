"""The pages that are looked at in a browser. A new page needs one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.web.chromium.busy_service import JOE, Paths


@dataclass(frozen=True)
class PageRow:
    """A page of the busy service. person: who is signed in; None: a visitor."""

    path: str | Callable[[Paths], str]
    person: str | None = None
    status: int = 200

    def address(self, paths: Paths) -> str:
        """Return the path and query of the page."""
        return self.path if isinstance(self.path, str) else self.path(paths)


PAGES: Mapping[str, PageRow] = {
    "board": PageRow("/board", "mei"),
    "board of an engineer": PageRow("/board?from=2027-01-18&person=ben", "ana"),
    "ticket": PageRow("/board/tickets/T-TALK", "mei"),
    "hostile ticket": PageRow("/board/tickets/T-EVIL", "ana"),
    "resolved ticket": PageRow("/board/tickets/T-SOLVED", "mei"),
    "shift": PageRow("/board/shifts/2027-01-23T00:01:00Z/primary", "mei"),
    "shift with a taker": PageRow("/board/shifts/2027-01-23T00:01:00Z/primary?with=hugo", "mei"),
    "fairness": PageRow("/board/fairness", "mei"),
    "plan drafts": PageRow("/board/drafts", "mei"),
    "plan draft": PageRow("/board/drafts/draft-ready", "mei"),
    "plan draft without a plan": PageRow("/board/drafts/draft-stuck", "mei"),
    "plan drafts for managers alone": PageRow("/board/drafts", "ana", status=403),
    "status board": PageRow("/board/status?template=sign-in", "mei"),
    "drafts": PageRow("/board/drafts", "mei"),
    "own page": PageRow("/me", "ana"),
    "sign-in": PageRow("/login"),
    "refusal": PageRow("/board/tickets/T-NONE", "mei", status=404),
    "customer's ticket": PageRow(lambda paths: paths.customer),
    "customer's solved ticket": PageRow(lambda paths: paths.solved),
    "customer's refusal": PageRow("/t/wrong", status=404),
    "portal": PageRow("/portal", JOE),
    "portal sign-in": PageRow("/portal"),
    "portal link": PageRow(lambda paths: paths.portal_link),
    "status": PageRow("/status"),
    "status history": PageRow("/status/history"),
    "incident": PageRow(lambda paths: paths.incident),
    "maintenance": PageRow(lambda paths: paths.maintenance),
}
