"""Writes the timeline of a ticket as a Markdown file, to paste into a post-mortem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oncall.paging.views.ticket_words import one_clock, stamp, state_words, timeline_rows

if TYPE_CHECKING:
    from oncall.paging.views.ticket_view_types import WholeTicketView

SUFFIX = ".md"
_HEADER = ["time", "event", "by", "what happened"]


def timeline_markdown(view: WholeTicketView) -> str:
    """Return the facts of a ticket, its clocks, and everything that happened to it, as Markdown."""
    zone, ticket = view["timezone"], view["ticket"]
    facts = [
        f"Customer: {ticket['customer']} ({ticket['plan']})",
        f"Impact: {ticket['impact']}",
        f"Received: {stamp(view['received_at'], zone)}",
        f"First reply due: {stamp(view['first_reply_due'], zone)}",
        f"State: {state_words(view)}",
        *([f"Owner: {view['owner']}"] if view["owner"] else []),
        *([f"Contact: {ticket['contact']}"] if ticket["contact"] is not None else []),
        *(one_clock(clock, zone).capitalize() for clock in view["clocks"]),
    ]
    rows = [_HEADER, ["---"] * len(_HEADER), *timeline_rows(view)]
    return "\n".join(
        [
            f"# {view['id']}: {_escaped(ticket['subject'])}",
            "",
            *(f"- {_escaped(fact)}" for fact in facts),
            *([f"- Link: {_link(ticket['url'])}"] if ticket["url"] is not None else []),
            "",
            "## Timeline",
            "",
            f"All times are {zone}.",
            "",
            *(f"| {' | '.join(_escaped(cell.strip()) for cell in row)} |" for row in rows),
            "",
        ]
    )


def _link(url: str) -> str:
    return f"<{''.join(each for each in url if each.isprintable() and each not in '<> ')}>"


def _escaped(text: str) -> str:
    """Return text on one line with the characters of Markdown and HTML escaped."""
    line = " ".join(text.split())
    for mark in ("\\", "|", "<", "`", "*", "_", "["):
        line = line.replace(mark, f"\\{mark}")
    return line
