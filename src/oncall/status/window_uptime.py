"""The uptime of the page in a window, for reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oncall.status.component_history import SecondsSpan
from oncall.status.status_events import StatusLog
from oncall.status.status_record import epoch, read_status
from oncall.status.status_views import UptimeFigures, page_figures
from oncall.status.status_words import formula_sentence, uptime_sentence
from oncall.status.uptime import page_tally
from oncall.support.windows import Window


@dataclass(frozen=True, slots=True)
class Uptime:
    """The uptime of the page. sentence: beside the promise. formula: how it is computed."""

    figures: UptimeFigures
    sentence: str
    formula: str


def uptime_of(log: StatusLog, window: Window, now: datetime) -> Uptime | None:
    """Return the uptime of the page in a window, cut at `now` (aware UTC); None if no status page is published."""
    if not log.status_files():
        return None
    record = read_status(log, now)
    cut = SecondsSpan(epoch(window.start), min(epoch(window.end), record.now_seconds))
    tally = page_tally(record.histories, cut, record.page)
    return Uptime(page_figures(tally, record.page), uptime_sentence(tally, record.page), formula_sentence(record.page))
