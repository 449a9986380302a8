"""Reads from the tickets' logs when engineers were paged, and how long they worked on tickets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from oncall.paging.domain.events import Acknowledged, Event, EventKind, Merged, Passed, Resolved, Waiting
from oncall.paging.domain.pager_events import StepFired
from oncall.paging.domain.people import DESK
from oncall.paging.ports.records import TicketSpan
from oncall.paging.ports.store import ReportStore
from oncall.support.windows import Window

LOOKED_BACK = timedelta(days=92)
"""A ticket that came in earlier than this before a span is assumed to page nobody in the span."""
MOST_WORK = timedelta(hours=8)
"""The longest work on a ticket that is counted if no event ends it."""
_COUNTED = frozenset(
    {
        EventKind.STEP_FIRED, EventKind.ACKNOWLEDGED, EventKind.RESOLVED, EventKind.PASSED, EventKind.WAITING,
        EventKind.MERGED,
    }
)  # fmt: skip
_UNNEEDED = tuple(kind for kind in EventKind if kind not in _COUNTED)


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page to one engineer for a ticket. at: when the step fired, aware UTC."""

    at: datetime
    engineer: str
    ticket: str
    channel: str


@dataclass(frozen=True, slots=True)
class WorkSpan:
    """The time during which an engineer had a ticket, at most `MOST_WORK`.

    It begins when the engineer took the ticket, and ends when it was resolved, passed on, taken over, or waited for the
    customer.
    """

    engineer: str
    ticket: str
    window: Window


@dataclass(frozen=True, slots=True)
class PagedPeople:
    """The pages within a span, ordered by time, and the work on tickets that overlaps the span."""

    pages: tuple[SentPage, ...]
    work: tuple[WorkSpan, ...]


def paged_people(tx: ReportStore, span: Window, *, page_size: int = 1000) -> PagedPeople:
    """Return the pages within `span` and the work on tickets that overlaps it. Drills are left out.

    page_size: how many tickets are read at a time.
    """
    pages: list[SentPage] = []
    work: list[WorkSpan] = []
    for log in _logs(tx, TicketSpan(span.start - LOOKED_BACK, span.end, limit=page_size)):
        fired = (event for event in log if isinstance(event, StepFired) and event.to != DESK and event.at in span)
        pages += [SentPage(event.at, event.to, event.ticket, event.channel) for event in fired]
        work += [each for each in _work_in(log) if _touch(each.window, span)]
    return PagedPeople(
        tuple(sorted(pages, key=lambda page: (page.at, page.engineer, page.ticket))),
        tuple(sorted(work, key=lambda each: (each.window.start, each.engineer, each.ticket))),
    )


def _logs(tx: ReportStore, wanted: TicketSpan) -> Iterator[Sequence[Event]]:
    while page := tx.tickets_between(wanted):
        ids = [stored.ticket.id for stored in page if not stored.ticket.is_drill]
        yield from tx.events_of(ids, without=_UNNEEDED).values()
        if len(page) < wanted.limit:
            return
        wanted = replace(wanted, after=page[-1].ticket.id)


def _work_in(log: Sequence[Event]) -> Iterator[WorkSpan]:
    """Yield, for each engineer who took the ticket, the time during which they had it. log: the ticket's log."""
    ends = (Acknowledged, Resolved, Passed, Waiting, Merged)
    marks = sorted((event for event in log if isinstance(event, ends)), key=lambda event: event.at)
    for event, following in pairwise([*marks, None]):
        if isinstance(event, Acknowledged):
            longest = event.at + MOST_WORK
            end = min(following.at, longest) if following is not None else longest
            if event.at < end:
                yield WorkSpan(event.by, event.ticket, Window(event.at, end))


def _touch(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end
