"""The log of arrivals page by page, as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from oncall.intake.intake_views import ArrivalListView, FailureListView, arrival_view
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.domain.quoted_text import quoted
from oncall.paging.ports.intake_store import Arrival, ArrivalStatus


class ReadsArrivals(Protocol):
    """Reads the log of arrivals."""

    def arrival(self, arrival_id: str) -> Arrival | None:
        """Return an arrival, or None."""

    def arrivals(
        self, *, limit: int, status: ArrivalStatus | None = None, caller: str | None = None, after: str | None = None
    ) -> list[Arrival]:
        """Return the latest arrivals, the newest first. after: only those older than this one."""


@dataclass(frozen=True, slots=True)
class ArrivalPage:
    """The page to show: at most `limit` arrivals of one caller (None: of all), after the arrival with this id."""

    limit: int
    caller: str | None = None
    after: str | None = None


def log_page(tx: ReadsArrivals, page: ArrivalPage) -> ArrivalListView:
    """Return a page of the log. Raises FieldFaults for an `after` that is no arrival."""
    found, following = _page(tx, page, None)
    return {"arrivals": [arrival_view(one) for one in found], "next": following}


def failures_page(tx: ReadsArrivals, page: ArrivalPage) -> FailureListView:
    """Return a page of the failures that wait for a person. Raises FieldFaults for an `after` that is no arrival."""
    found, following = _page(tx, page, ArrivalStatus.FAILED)
    return {"failures": [arrival_view(one) for one in found], "next": following}


def _page(tx: ReadsArrivals, page: ArrivalPage, status: ArrivalStatus | None) -> tuple[list[Arrival], str | None]:
    """Return the arrivals of a page, and the `after` of the next one; None on the last page."""
    if page.after is not None and tx.arrival(page.after) is None:
        words = f"{quoted(page.after)} is not in the intake log; write the `next` of the page before"
        raise FieldFaults([FieldFault("after", words)])
    found = tx.arrivals(limit=page.limit + 1, status=status, caller=page.caller, after=page.after)
    shown = found[: page.limit]
    return shown, shown[-1].id if len(found) > page.limit else None
