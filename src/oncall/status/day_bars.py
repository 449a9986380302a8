"""The last days of a component: the worst state and the uptime of each local day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.status.component_history import SecondsSpan, pieces
from oncall.status.component_states import ComponentState, worst
from oncall.status.status_record import StatusRecord, epoch
from oncall.status.uptime import Tally, component_tally

DAYS = 90


@dataclass(frozen=True, slots=True)
class DayBar:
    """One local day of a component. state: the worst state of the day; `not_measured` if no second was measured."""

    day: date
    state: ComponentState
    tally: Tally


def day_bars(record: StatusRecord, component: str, days: int = DAYS) -> Iterator[DayBar]:
    """Yield the last `days` days, today included, in the time zone of the status page, the oldest first.

    A day may have 23 or 25 hours.
    """
    history = record.histories[component]
    for day, window in last_days(record, days):
        tally = component_tally(history, window, record.page)
        inside = history.within(window)
        moments = [inside.at(piece.start) for piece in pieces(window, [inside])]
        measured = [moment.state for moment in moments if moment.is_measured]
        yield DayBar(day, worst(measured) if measured else ComponentState.NOT_MEASURED, tally)


def last_days(record: StatusRecord, days: int = DAYS) -> Iterator[tuple[date, SecondsSpan]]:
    """Yield each of the last `days` days with its span in seconds since 1970. The span of today ends now."""
    today = record.now.astimezone(record.page.zone).date()
    for number in range(days - 1, -1, -1):
        day = today - timedelta(days=number)
        window = SecondsSpan(
            _midnight(record, day), min(_midnight(record, day + timedelta(days=1)), record.now_seconds)
        )
        if window.start < window.end:
            yield day, window


def last_window(record: StatusRecord, days: int = DAYS) -> SecondsSpan:
    """Return the span in seconds since 1970 from the start of the first of the last `days` days to now."""
    return SecondsSpan(epoch(start_of_last_days(record.now, record.page.zone, days)), record.now_seconds)


def start_of_last_days(now: datetime, zone: ZoneInfo, days: int = DAYS) -> datetime:
    """Return the local midnight (aware UTC) at which the first of the last `days` days begins.

    Today is the last of them.
    """
    first = now.astimezone(zone).date() - timedelta(days=days - 1)
    return datetime.combine(first, time(), zone).astimezone(UTC)


def _midnight(record: StatusRecord, day: date) -> int:
    local = datetime.combine(day, time(), record.page.zone)
    return epoch(local.astimezone(UTC))
