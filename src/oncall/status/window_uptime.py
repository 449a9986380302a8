"""The uptime of the status page in a window, for reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oncall.status.component_history import SecondsSpan
from oncall.status.page_uptime import uptime_of_page
from oncall.status.status_events import StatusLog
from oncall.status.status_record import epoch, read_status
from oncall.status.status_views import UptimeFigures, page_figures, uptime_view
from oncall.status.status_words import formula_sentence, uptime_sentence
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class Uptime:
    """The uptime of the status page in a window.

    sentence: compares it with the promised uptime. formula: says how it is computed. parts: the name and the figures of
    each group and component that the customer may see.
    """

    figures: UptimeFigures
    sentence: str
    formula: str
    parts: tuple[tuple[str, UptimeFigures], ...] = ()


def uptime_of(log: StatusLog, window: Window, now: datetime, customer: str = "") -> Uptime | None:
    """Return the uptime of the status page in a window, cut at `now` (aware UTC); None if no status page is published.

    customer: its private components are included in the parts; empty: only public components are.
    """
    if not log.status_files():
        return None
    record = read_status(log, now)
    cut = SecondsSpan(epoch(window.start), min(epoch(window.end), record.now_seconds))
    tally, page = uptime_of_page(record, cut), record.page
    seen = [each for each in page.components if each.is_public or each.is_private_to(customer)]
    view = uptime_view(record, cut)
    names = {group.id: group.name for group in page.groups}
    parts = [(names[each["component"]], each) for each in view["groups"]]
    figures = {each["component"]: each for each in view["components"]}
    parts += [(each.name, figures[each.id]) for each in seen]
    return Uptime(page_figures(tally, page), uptime_sentence(tally, page), formula_sentence(page), tuple(parts))
