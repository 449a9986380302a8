"""Queries for notes to the next shift and for the pages in a shift, in one open transaction."""

from __future__ import annotations

from sqlalchemy import bindparam, insert, select

from oncall.paging.domain.ticket import DRILL
from oncall.paging.ports.handoff_book import HandoffNote, SentPage
from oncall.store.statements import Statements
from oncall.store.tables import attempts, handoff_notes, tickets
from oncall.support.windows import Window

_NOTES = (
    select(*(handoff_notes.c[name] for name in ("team", "at", "by", "text")))
    .where(handoff_notes.c.at >= bindparam("start"), handoff_notes.c.at < bindparam("end"))
    .order_by(handoff_notes.c.at, handoff_notes.c.seq)
)
_PAGES = (
    select(attempts.c.ticket, attempts.c.to, attempts.c.sent_at)
    .join(tickets, tickets.c.id == attempts.c.ticket)
    .where(
        attempts.c.sent_at.is_not(None),
        attempts.c.sent_at >= bindparam("start"),
        attempts.c.sent_at < bindparam("end"),
        attempts.c.purpose == "page",
        tickets.c.plan != DRILL,
    )
    .order_by(attempts.c.sent_at, attempts.c.id)
    .limit(bindparam("most"))
)


class HandoffQueries(Statements):
    """The queries for notes to the next shift and for the pages in a shift."""

    def add_handoff_note(self, note: HandoffNote) -> None:
        """Store a note for the next shift."""
        values = {name: getattr(note, name) for name in ("team", "at", "by", "text")}
        self._change(insert(handoff_notes), values, subject="handoff note")

    def handoff_notes(self, span: Window) -> list[HandoffNote]:
        """Return the notes written in a span, the oldest first."""
        return [HandoffNote(*tuple(row)) for row in self._run(_NOTES, {"start": span.start, "end": span.end})]

    def pages_sent(self, span: Window, *, most: int) -> list[SentPage]:
        """Return at most `most` pages sent in a span, the oldest first. Pages of drills are left out."""
        found = self._run(_PAGES, {"start": span.start, "end": span.end, "most": most})
        return [SentPage(*tuple(row)) for row in found]
