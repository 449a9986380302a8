"""Instants and lengths of time as text for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_AROUND = timedelta(hours=2)


def full_time(at: datetime, zone: ZoneInfo) -> str:
    """Return a time with its date and zone, like `Sat 2027-01-09 03:12 EST`."""
    # In UTC, because two local times of an hour that the clock shows twice are equal.
    return _full_time(at if at.tzinfo is UTC else at.astimezone(UTC), zone)


@lru_cache(maxsize=1024)  # Each verdict names the two ends of the window that it lies in.
def _full_time(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%a %Y-%m-%d %H:%M ") + zone_name(at, zone)


def short_time(at: datetime, zone: ZoneInfo) -> str:
    """Return a time without its date, like `Sat 03:12 EST`, for an SMS about the days around it."""
    return at.astimezone(zone).strftime("%a %H:%M ") + zone_name(at, zone)


def table_time(at: datetime, zone: ZoneInfo, *, form: str = "%a %Y-%m-%d %H:%M") -> str:
    """Return a time without its zone, like `Sat 2027-01-09 03:12`, for tables with one zone. `form`: as for strftime.

    Near an hour that the clock shows twice (up to two hours), the zone is added: `Sun 2026-11-01 01:30 EDT`.
    """
    before, after = (at + shift for shift in (-_AROUND, _AROUND))
    shown = at.astimezone(zone).strftime(form)
    return f"{shown} {zone_name(at, zone)}" if _offset(after, zone) < _offset(before, zone) else shown


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def zone_name(at: datetime, zone: ZoneInfo) -> str:
    """Return the abbreviation of the zone at an instant (`EST`); `UTC+0545` for a zone that has none."""
    name = at.astimezone(zone).tzname() or "UTC"
    return name if name.isalpha() else f"UTC{at.astimezone(zone):%z}"


def span(length: timedelta) -> str:
    """Return a length of time in words: `45 min`, `1 h`, `1 h 30 min`, `2 days` or `90 s`."""
    seconds = round(length.total_seconds())
    if seconds % 60 and seconds < 600:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes and minutes % 1440 == 0:
        return "1 day" if minutes == 1440 else f"{minutes // 1440} days"
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def rough_span(length: timedelta) -> str:
    """Return a length of time as `span` does, rounded down to minutes: `less than a minute`, `1 min`, `2 h 5 min`."""
    minutes = length // timedelta(minutes=1)
    return span(timedelta(minutes=minutes)) if minutes else "less than a minute"


def ago(passed: timedelta) -> str:
    """Return in words how long ago something happened: `21 min ago`, `just now`."""
    return f"{rough_span(passed)} ago" if passed >= timedelta(minutes=1) else "just now"


def exact_span(length: timedelta) -> str:
    """Return a length of time as `span` does, but exact to the second: different lengths have different texts."""
    seconds = round(length.total_seconds())
    if seconds % 60 == 0 or seconds < 600:
        return span(length)
    return f"{span(timedelta(seconds=seconds - seconds % 60))} {seconds % 60} s"


def in_names(sentence: str, people: Iterable[str], called: Callable[[str], str]) -> str:
    """Return a sentence with names in place of ids. people: their ids. called: returns the name of an id."""
    ids = "|".join(map(re.escape, people))
    return re.sub(rf"(?<![\w-])(?:{ids})(?![\w-])", lambda found: called(found[0]), sentence) if ids else sentence
