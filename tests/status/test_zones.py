"""Uptime in odd time zones: half-hour changes of the clock, and a calendar that skips a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from oncall.status.component_history import SecondsSpan
from oncall.status.day_bars import last_days
from oncall.status.status_actions import OpenIncident, UpdateIncident
from oncall.status.status_history import history_of
from oncall.status.status_record import epoch
from oncall.status.status_views import UptimeFigures, uptime_view
from tests.status.log import MemoryLog

ODD = [
    pytest.param("Australia/Lord_Howe", 2027, id="the clock changes by half an hour"),
    pytest.param("Pacific/Apia", 2011, id="30 December 2011 does not exist"),
    pytest.param("Asia/Kolkata", 2027, id="the offset has half an hour"),
    pytest.param("America/St_Johns", 2027, id="half an hour and a change of the clock"),
]


def page_of(zone: str, year: int) -> MemoryLog:
    """Return a page in a zone, published the year before, at the second day of the next year."""
    text = f"page: {{name: x, timezone: {zone}}}\ncomponents: [{{id: portal, name: Portal}}]"
    log = MemoryLog(text, published=f"{year - 1}-06-01 00:00", now=f"{year + 1}-01-03 00:00")
    begin = datetime(year, 3, 31, 12, tzinfo=UTC)
    incident = log.act(OpenIncident("Long", {"portal": "partial_outage"}, at=begin))
    log.act(UpdateIncident(incident, state="resolved", at=begin + timedelta(days=200, seconds=7)))
    return log


def figures(log: MemoryLog, zone: str, start: date, end: date) -> UptimeFigures:
    first, last = (epoch(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)) for day in (start, end))
    return uptime_view(log.record, SecondsSpan(first, last))["page"]


@pytest.mark.parametrize(("zone", "year"), ODD)
def test_months_add_up_to_the_year(zone: str, year: int) -> None:
    log = page_of(zone, year)
    starts = [date(year, month, 1) for month in range(1, 13)] + [date(year + 1, 1, 1)]
    whole = figures(log, zone, starts[0], starts[-1])
    months = [figures(log, zone, start, end) for start, end in pairwise(starts)]
    assert sum(each["seconds"] for each in months) == whole["seconds"]
    assert sum(each["measured"] for each in months) == whole["measured"]
    # Each month rounds its weighted seconds down.
    assert 0 <= whole["down"] - sum(each["down"] for each in months) < 12
    assert whole["down"] == (200 * 86_400 + 7) * 3 // 10


@pytest.mark.parametrize(("zone", "year"), ODD)
def test_the_bars_of_days_touch_and_leave_no_second_out(zone: str, year: int) -> None:
    record = page_of(zone, year).record
    spans = [span for _, span in last_days(record)]
    assert all(one.end == other.start for one, other in pairwise(spans))
    assert spans[-1].end == record.now_seconds


@pytest.mark.parametrize(("zone", "year"), ODD)
def test_the_history_puts_an_incident_in_the_month_of_the_zone(zone: str, year: int) -> None:
    assert [each.key for each in history_of(page_of(zone, year).record).months] == [f"{year}-03"]
