"""The status page for the people who run it: how long open incidents had no update, and the uptime."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from oncall.status.component_history import SecondsSpan
from oncall.status.day_bars import DAYS, last_window
from oncall.status.incidents import Incident
from oncall.status.page_uptime import uptime_of_group, uptime_of_page
from oncall.status.status_history import RECENT_DAYS
from oncall.status.status_record import StatusRecord, epoch
from oncall.status.uptime import Tally, component_tally
from oncall.support.status_file import Component, Group
from oncall.support.wording import ago


@dataclass(frozen=True, slots=True)
class OpenIncidentView:
    """An open incident. last_word: the time since the last public update, as text.

    is_silent: True if that time is longer than the page allows.
    """

    incident: Incident
    last_word: str
    is_silent: bool


@dataclass(frozen=True, slots=True)
class WindowUptime:
    """The uptime of the page, of each group with a public component, and of each component, in a window up to now."""

    name: str
    page: Tally
    groups: tuple[tuple[Group, Tally], ...]
    components: tuple[tuple[Component, Tally], ...]


def open_incidents(record: StatusRecord) -> list[OpenIncidentView]:
    """Return the open incidents, the newest first."""
    return [_open(each, record) for each in record.open_incidents]


def ended_incidents(record: StatusRecord) -> list[Incident]:
    """Return the incidents that ended in the last 14 days, the newest start first."""
    since = record.now - timedelta(days=RECENT_DAYS)
    over = [each for each in record.incidents if each.state.is_over]
    return [each for each in over if each.resolved_at is not None and each.resolved_at >= since]


def _open(incident: Incident, record: StatusRecord) -> OpenIncidentView:
    silent_for = record.now - max(each.written_at for each in incident.updates)
    return OpenIncidentView(incident, ago(silent_for), silent_for >= record.page.remind_after)


def uptime_windows(record: StatusRecord) -> list[WindowUptime]:
    """Return the uptime of the present month, quarter and year up to now, and of the last 90 days."""
    today = record.now.astimezone(record.page.zone).date()
    quarter = (today.month - 1) // 3
    starts = {
        f"{today:%B %Y}": today.replace(day=1),
        f"Q{quarter + 1} {today.year}": date(today.year, 3 * quarter + 1, 1),
        str(today.year): date(today.year, 1, 1),
    }
    spans = {name: SecondsSpan(_midnight(record, first), record.now_seconds) for name, first in starts.items()}
    spans[f"last {DAYS} days"] = last_window(record)
    return [_window(name, span, record) for name, span in spans.items()]


def _window(name: str, span: SecondsSpan, record: StatusRecord) -> WindowUptime:
    page, histories = record.page, record.histories
    components = tuple((each, component_tally(histories[each.id], span, page)) for each in page.components)
    shown = [each for each in page.groups if any(one.group == each.id for one in page.public)]
    groups = tuple((each, uptime_of_group(record, each.id, span)) for each in shown)
    return WindowUptime(name, uptime_of_page(record, span), groups, components)


def _midnight(record: StatusRecord, day: date) -> int:
    return epoch(datetime.combine(day, time(), record.page.zone).astimezone(UTC))
