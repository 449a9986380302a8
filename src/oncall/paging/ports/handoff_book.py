"""Stored notes for the next shift, and the pages of a shift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class HandoffNote:
    """A note for the people of the next shift. team: the team of the shift. at: policy time, aware UTC."""

    team: str
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class SentPage:
    """One page that was sent. at: policy time, aware UTC. to: the id of the person paged."""

    ticket: str
    to: str
    at: datetime


class HandoffBook(Protocol):
    """Stores notes for the next shift, and lists the pages of a span. Spans are in policy time."""

    def add_handoff_note(self, note: HandoffNote) -> None:
        """Store a note for the next shift."""

    def handoff_notes(self, span: Window) -> list[HandoffNote]:
        """Return the notes written in a span, the oldest first."""

    def pages_sent(self, span: Window, *, most: int) -> list[SentPage]:
        """Return at most `most` pages sent in a span, the oldest first. Pages of drills are left out."""
