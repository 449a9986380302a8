"""Lists the occurrences of a calendar event: one, or all that its recurrence rule makes, without excluded dates.

`dateutil` expands the rules in local time of the event's zone, so that a shift keeps its times of day when the clocks
change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import TYPE_CHECKING, Any

from dateutil.rrule import rrulestr

from oncall.errors import Refused

if TYPE_CHECKING:
    from icalendar import Event

Property = Any  # icalendar has no type for the properties of an event.

MOST_OCCURRENCES = 4000
_LONGEST = timedelta(weeks=530)
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence of an event: whole dates, or local times in `zone` (None for dates). `end` is not included."""

    start: date | datetime
    end: date | datetime
    zone: tzinfo | None


def occurrences_of(event: Event, *, moved: Iterable[date | datetime], until: date | None) -> list[Occurrence]:
    """Return the occurrences of an event, in order. moved: starts of occurrences that another event replaces.

    until: the last date to read. Raises Refused for an event without usable times, or one that repeats without end.
    """
    start, end = _times(event)
    zone = start.tzinfo if isinstance(start, datetime) else None
    local, length = _local(start, zone), _local(end, zone) - _local(start, zone)
    without = {_local(each, zone) for each in (*_excluded(event), *moved)}
    return [
        Occurrence(_like(start, each), _like(start, each + length), zone)
        for each in _starts(event, local, zone, until)
        if each not in without and (until is None or each.date() <= until)
    ]


def _times(event: Event) -> tuple[date | datetime, date | datetime]:
    """Return the start and the end of an event's first occurrence. Raises Refused if they cannot be used."""
    _refuse_unknown_zone(event)
    start: date | datetime = event.start
    end: date | datetime = event.end
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise Refused("has a start with a time and an end without, or the other way round")
    if not isinstance(start, datetime) and end == start:
        end = start + _DAY
    if end <= start:
        raise Refused("has an end that is not after its start")
    return start, end


def _refuse_unknown_zone(event: Event) -> None:
    for name in ("DTSTART", "DTEND"):
        value: Property = event.get(name)
        if value is None or not isinstance(value.dt, datetime):
            continue
        zone = value.params.get("TZID")
        if zone and value.dt.tzinfo is None:
            raise Refused(f'is in the time zone "{zone}", which is not known')


def _starts(event: Event, start: datetime, zone: tzinfo | None, until: date | None) -> Iterator[datetime]:
    """Yield the local starts of all occurrences of an event, in order. Raises Refused for a rule that is not read."""
    rule: Property = event.get("RRULE")
    if event.get("RDATE") is not None or isinstance(rule, list):
        raise Refused("repeats on dates of its own (RDATE, or several rules), which are not read; export single events")
    if rule is None:
        return iter([start])
    if str(rule.get("FREQ", [""])[0]).upper() not in _FREQUENCIES:
        raise Refused("repeats within a day, which is not read; export single events")
    count, last = rule.get("COUNT"), rule.get("UNTIL")
    if not count and not last and until is None:
        raise Refused("repeats without end; add the last date to read, like --until 2027-12-31")
    end, horizon = min(_last_of(last, zone), _end_of(until)), start + _LONGEST
    plain = rule.copy()
    for key in ("COUNT", "UNTIL"):
        plain.pop(key, None)
    dated: Any = rrulestr(plain.to_ical().decode(), dtstart=start)  # One rule without dates of its own: an `rrule`.
    found = list(islice(dated.replace(until=min(end, horizon)), MOST_OCCURRENCES + 1))
    most = int(count[0]) if count else MOST_OCCURRENCES + 1
    if len(found[:most]) > MOST_OCCURRENCES or (end > horizon and len(found) < most):
        raise Refused("repeats for more than 530 weeks; add the last date to read, like --until 2027-12-31")
    return iter(found[:most])


def _last_of(written: list[date | datetime] | None, zone: tzinfo | None) -> datetime:
    if not written:
        return _end_of(None)
    last = written[0]
    return _local(last, zone) if isinstance(last, datetime) else _end_of(last)


def _end_of(day: date | None) -> datetime:
    return datetime.combine(day or date.max, time.max)


def _excluded(event: Event) -> Iterator[date | datetime]:
    written: Property = event.get("EXDATE")
    for each in written if isinstance(written, list) else [written] if written is not None else []:
        yield from (one.dt for one in each.dts)


def _local(at: date | datetime, zone: tzinfo | None) -> datetime:
    """Return a time as a naive local time in `zone`; for a date, the midnight at which it begins."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    if at.tzinfo is None:
        return at
    return at.astimezone(zone or UTC).replace(tzinfo=None)


def _like(start: date | datetime, at: datetime) -> date | datetime:
    return at if isinstance(start, datetime) else at.date()
