"""The uptime of the status page and of its groups. At each instant, the status file of that time says what counts.

So if a component is removed, or does not count any more, no figure about earlier times changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from oncall.status.component_history import SecondsSpan
from oncall.status.status_record import StatusRecord
from oncall.status.uptime import Tally, group_tally, page_tally
from oncall.support.status_file import StatusPage


def uptime_of_page(record: StatusRecord, window: SecondsSpan) -> Tally:
    """Return the tally of the page in a window. At each instant it counts the worst core component of that time."""
    return _sum(record, window, lambda part, page: page_tally(record.histories, part, page))


def uptime_of_group(record: StatusRecord, group: str, window: SecondsSpan) -> Tally:
    """Return the tally of a group in a window. At each instant it counts the group's components of that time."""
    return _sum(record, window, lambda part, page: group_tally(record.histories, group, part, page))


def _sum(record: StatusRecord, window: SecondsSpan, tally: Callable[[SecondsSpan, StatusPage], Tally]) -> Tally:
    total = Tally()
    for number, era in enumerate(record.eras):
        # The first era begins with the window, so that its tally says since when the window is measured.
        start = max(window.start, era.span.start) if number else window.start
        part = SecondsSpan(start, min(window.end, era.span.end))
        if part.start < part.end:
            # A component that has become private since counts in no figure that everyone reads.
            shown = tuple(each for each in era.page.components if each.id in record.shown)
            weighed = replace(era.page, components=shown, partial_weight=record.page.partial_weight)
            found = tally(part, weighed)
            if found.seconds and not total.seconds and found.since is None and part.start > window.start:
                found = replace(found, since=part.start)
            total += found
    return total
