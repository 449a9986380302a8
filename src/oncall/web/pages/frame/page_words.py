"""Filters for the templates, which turn times, clocks and other people's text into words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from oncall.paging.domain.quoted_text import clean
from oncall.paging.views.ticket_view_types import TicketView
from oncall.paging.views.ticket_words import first_to_end, is_near_its_end, left_words, one_clock, stamp, state_words
from oncall.status.status_words import SYMBOLS, uptime_sentence
from oncall.status.top_line import shown_line
from oncall.support.wording import full_time


def time_words(text: str, zone: str) -> str:
    """Return an ISO time in the zone, like `Sat 2027-01-09 03:12 EST`."""
    return full_time(datetime.fromisoformat(text), ZoneInfo(zone))


def next_clock(item: TicketView) -> tuple[str, str, str | None]:
    """Return the name of the ticket's SLA clock that ends first, the time left, and its deadline (ISO).

    Without a running clock: its state, an empty text and None.
    """
    first = first_to_end(item)
    if first is None:
        return ("paused" if any(clock["state"] == "paused" for clock in item["clocks"]) else "no clock runs", "", None)
    left, clock = first
    return f"{clock['metric'].replace('_', ' ')}: ", left_words(left), clock["due_at"]


def urgency_class(item: TicketView) -> str:
    """Return the CSS class for a ticket: `late` after a missed deadline, `near` from the clock's warning on, else
    empty.
    """
    first = first_to_end(item)
    if first is not None and first[0] <= 0:
        return "late"
    return "near" if is_near_its_end(item) else ""


def plain(text: str) -> str:
    """Return text that another person wrote, on one line, without control characters and bidirectional marks."""
    return clean(text)


FILTERS: Mapping[str, object] = {
    "plain": plain,
    "time": time_words,
    "next_clock": next_clock,
    "urgency": urgency_class,
    "state": state_words,
    "clock": one_clock,
    "left": left_words,
    "stamp": stamp,
    "symbol": SYMBOLS.__getitem__,
    "top_line": lambda record: shown_line(record).words,
    "uptime": uptime_sentence,
}
"""The filters, by the names that templates use."""
