"""The history of the status page: a web page for each month in which an incident or a maintenance began."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from oncall.errors import NotFound
from oncall.status.component_states import MaintenanceState
from oncall.status.incidents import Incident, Maintenance
from oncall.status.status_record import StatusRecord
from oncall.status.statuspage_json import is_public

RECENT_DAYS = 14
"""How many days the front page of the status page lists. Older entries are only in the history."""
MOST_RECENT = 50


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of the history. state: in words. end: None while an incident lasts.

    For a maintenance that was cancelled before it began, both times are the time of the cancellation.
    """

    id: str
    title: str
    state: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class HistoryMonth:
    """One month of the history. key: like `2027-03`.

    older, newer: the keys of the next older and the next newer month with entries; None if there is none.
    """

    key: str
    name: str
    entries: tuple[HistoryEntry, ...]
    older: str | None
    newer: str | None


@dataclass(frozen=True, slots=True)
class History:
    """All months with entries, the newest first."""

    months: tuple[HistoryMonth, ...]

    def month(self, key: str) -> HistoryMonth:
        """Return the month with this key, or the newest month for an empty key.

        Raises NotFound if it has no entries.
        """
        found = next((each for each in self.months if key in ("", each.key)), None)
        if found is None:
            raise NotFound("the history has no such month; /status/history lists every month")
        return found

    @property
    def years(self) -> list[tuple[str, list[HistoryMonth]]]:
        """Return the years, the newest first, each with its months in the order of the calendar."""
        by_year = groupby(self.months, key=lambda each: each.key[:4])
        return [(year, list(months)[::-1]) for year, months in by_year]


def history_of(record: StatusRecord) -> History:
    """Return the public incidents and maintenances by the month in which they began, in the status page's time zone.

    Maintenance that is not in progress yet is left out, because the front page announces it.
    """
    zone = record.page.zone

    def key(entry: HistoryEntry) -> str:
        return f"{entry.start.astimezone(zone):%Y-%m}"

    months = [(name, tuple(group)) for name, group in groupby(_entries(record), key=key)]
    keys = [None, *(name for name, _ in months), None]
    return History(
        tuple(
            HistoryMonth(name, f"{group[0].start.astimezone(zone):%B %Y}", group, keys[number + 2], keys[number])
            for number, (name, group) in enumerate(months)
        )
    )


def recent_entries(record: StatusRecord) -> list[HistoryEntry]:
    """Return the entries that ended within the last RECENT_DAYS, at most MOST_RECENT, with the newest start first."""
    since = record.now - timedelta(days=RECENT_DAYS)
    open_now = {each.id for each in record.open_incidents} | {each.id for each in record.running}
    ended = (each for each in _entries(record) if each.id not in open_now and each.end is not None)
    return [each for each in ended if each.end is not None and each.end >= since][:MOST_RECENT]


def _entries(record: StatusRecord) -> list[HistoryEntry]:
    """Return every public entry, with the newest start first."""
    found = [*_of_incidents(record.incidents, record), *_of_work(record.maintenances, record)]
    return sorted(found, key=lambda each: (each.start, each.id), reverse=True)


def _of_incidents(incidents: Iterable[Incident], record: StatusRecord) -> Iterable[HistoryEntry]:
    for each in incidents:
        if is_public(each, record):
            yield HistoryEntry(each.id, each.title, each.state.value, each.started_at, each.resolved_at)


def _of_work(works: Iterable[Maintenance], record: StatusRecord) -> Iterable[HistoryEntry]:
    for each in works:
        state, start, end = each.state_at(record.now), each.window.start, each.window.end
        if not is_public(each, record) or state is MaintenanceState.SCHEDULED:
            continue
        if state is MaintenanceState.CANCELLED and each.cancelled is not None:
            end = each.cancelled.at
            start = min(start, end)
        yield HistoryEntry(each.id, each.title, f"maintenance {state.value.replace('_', ' ')}", start, end)
