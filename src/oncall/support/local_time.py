"""Reads local times as people write them, and knows the hours in which the clocks change.

A time without an offset is a time on the clock of one zone. When the clocks go forward, some times do not exist; the
reader refuses them. When they go back, some times come twice; the reader takes the first and says so in a note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.support.calendar import first_instant
from oncall.support.wording import zone_name

_SECOND = timedelta(seconds=1)
_TIME_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class WrittenTime:
    """An instant that a person wrote. `at`: aware UTC.

    `note`: which instant was taken, if the text could mean two; else empty.
    """

    at: datetime
    note: str | None = None


def read_time(text: str, zone: ZoneInfo) -> WrittenTime:
    """Parse an ISO 8601 time. Without an offset it is a time on the clock of `zone`.

    Raises ValueError for text that is not a time, OverflowError for a time outside the calendar, and Refused for a time
    that the clock of `zone` skips.
    """
    written = datetime.fromisoformat(text)
    if written.tzinfo is not None:
        return WrittenTime(written.astimezone(UTC))
    first = written.replace(tzinfo=zone, fold=0)
    at = first.astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != written:
        raise Refused(_skipped_words(written, zone))
    second = first.replace(fold=1).astimezone(UTC)
    return WrittenTime(at, _twice_words(written, at, second, zone) if second != at else None)


def read_time_after(text: str, zone: ZoneInfo, after: datetime) -> WrittenTime:
    """Parse a time as `read_time` does, or a time of day like `07:30`, which means the first 07:30 after `after`.

    after: aware. Raises the same errors as `read_time`.
    """
    found = _TIME_OF_DAY.fullmatch(text.strip())
    if found is None:
        return read_time(text, zone)
    local = after.astimezone(zone).replace(tzinfo=None)
    today = local.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
    for wanted in (today, today + timedelta(days=1)):
        second = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC)
        first = read_time(wanted.isoformat(), zone) if wanted > local else None
        if first is not None and first.at > after:
            return first
        if second > after and second.astimezone(zone).replace(tzinfo=None) == wanted:
            # The clocks went back: the time comes once more.
            return WrittenTime(second)
    raise AssertionError("tomorrow's time comes after every instant of today")


def _skipped_words(written: datetime, zone: ZoneInfo) -> str:
    jump = first_instant(zone, written)
    stops_at = (jump - _SECOND).astimezone(zone).replace(tzinfo=None) + _SECOND
    goes_on_at = jump.astimezone(zone)
    form = "%H:%M" if stops_at.date() == goes_on_at.date() else "%Y-%m-%d %H:%M"
    stops, goes_on = stops_at.strftime(form), goes_on_at.strftime(form)
    return (
        f"{written:%H:%M} on {written:%Y-%m-%d} does not exist in {zone.key}: the clock goes from {stops} to "
        f"{goes_on}; write a time before {stops}, or from {goes_on} on"
    )


def _twice_words(written: datetime, first: datetime, second: datetime, zone: ZoneInfo) -> str:
    local = second.astimezone(zone)
    return (
        f"{written:%H:%M} on {written:%Y-%m-%d} comes twice in {zone.key}; the first, {zone_name(first, zone)}, is "
        f'taken. For the second, {zone_name(second, zone)}, write "{local.isoformat(timespec="minutes")}"'
    )
