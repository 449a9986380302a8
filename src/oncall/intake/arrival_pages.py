"""Lists of arrivals as JSON, divided into parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from oncall.intake.intake_views import ArrivalListView, FailureListView, arrival_view
from oncall.paging.actions.field_faults import FieldFault, FieldFaults
from oncall.paging.domain.quoted_text import quoted
from oncall.paging.ports.intake_store import Arrival, ArrivalStatus


class ReadsArrivals(Protocol):
    """The queries for lists of arrivals."""

    def arrival(self, arrival_id: str) -> Arrival | None:
        """Return an arrival with its body; None if there is none with this id."""

    def arrivals(
        self, *, limit: int, status: ArrivalStatus | None = None, caller: str | None = None, after: str | None = None
    ) -> list[Arrival]:
        """Return arrivals without their bodies, the newest first.

        after: the id of an arrival; only older ones are returned.
        """


@dataclass(frozen=True, slots=True)
class ArrivalPage:
    """Which part of a list to show: at most `limit` arrivals of one caller (None: of all).

    after: the id of the last arrival in the part before; None: begin with the newest.
    """

    limit: int
    caller: str | None = None
    after: str | None = None


def log_page(tx: ReadsArrivals, page: ArrivalPage) -> ArrivalListView:
    """Return a part of the intake log. Raises FieldFaults if `after` is not the id of an arrival."""
    found, following = _page(tx, page, None)
    return {"arrivals": [arrival_view(one) for one in found], "next": following}


def failures_page(tx: ReadsArrivals, page: ArrivalPage) -> FailureListView:
    """Return a part of the list of failures that a person must still replay or drop.

    Raises FieldFaults if `after` is not the id of an arrival.
    """
    found, following = _page(tx, page, ArrivalStatus.FAILED)
    return {"failures": [arrival_view(one) for one in found], "next": following}


def _page(tx: ReadsArrivals, page: ArrivalPage, status: ArrivalStatus | None) -> tuple[list[Arrival], str | None]:
    """Return the arrivals of a part, and the `after` of the next part; None if this is the last."""
    if page.after is not None and tx.arrival(page.after) is None:
        words = f"{quoted(page.after)} is not in the intake log; write the `next` of the page before"
        raise FieldFaults([FieldFault("after", words)])
    found = tx.arrivals(limit=page.limit + 1, status=status, caller=page.caller, after=page.after)
    shown = found[: page.limit]
    return shown, shown[-1].id if len(found) > page.limit else None
