"""Prints the timeline of one ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall.cli.terminal.output import print_rows
from oncall.paging.views.ticket_words import timeline_rows

if TYPE_CHECKING:
    from oncall.paging.views.ticket_view_types import WholeTicketView


def print_timeline(view: WholeTicketView) -> None:
    """Print the log in order. Each message stands below the event that caused it, or that let it be sent."""
    print_rows(timeline_rows(view), names=3)
