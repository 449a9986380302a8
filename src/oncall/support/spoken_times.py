"""Reads times in the past as people say them: `last night`, `yesterday`, `2h`, `monday`, a date or an ISO 8601 time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.support.calendar import first_instant
from oncall.support.likely_days import days_meant, days_words
from oncall.support.likely_times import length_meant, moments_meant, time_advice
from oncall.support.local_time import read_time
from oncall.support.windows import WeekSpan, WindowKind
from oncall.support.wording import full_time

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGO = re.compile(r"([0-9]{1,4}) ?(min|m|h|d|w)(?: ago)?")
_EVENING = time(18)
_DAY = 1440
_LONGEST = 60


def evening_of(spans: Iterable[WeekSpan]) -> time:
    """Return the local time of day at which the latest business hours of the week end; 18:00 if there are none."""
    ends = [span.end_minute % _DAY for span in spans if span.kind is WindowKind.BUSINESS]
    return time(*divmod(max(ends), 60)) if ends else _EVENING


def past_instant(text: str, now: datetime, zone: ZoneInfo, evening: time) -> datetime:
    """Return the instant (aware UTC) of a time in the past, as a person wrote it.

    now: aware UTC. evening: the local time of day at which a night begins. A date means its first instant in `zone`; a
    time without an offset is on the clock of `zone`. Raises Refused for text that is not such a time, and for a time
    that is not in the past.
    """
    words = " ".join(text.casefold().split())
    found = _said(words, now, zone, evening) or _written(text.strip(), zone)
    if found > now:
        raise Refused(f"{full_time(found, zone)} is still to come; write a time in the past")
    return found


def _said(words: str, now: datetime, zone: ZoneInfo, evening: time) -> datetime | None:
    today = now.astimezone(zone).date()
    if (ago := _AGO.fullmatch(words)) is not None:
        return now - timedelta(seconds=int(ago[1]) * _UNITS[ago[2]])
    if words in ("last night", "tonight"):
        day = today if words == "tonight" else today - timedelta(days=1)
        return first_instant(zone, datetime.combine(day, evening))
    day_of = {"today": today, "yesterday": today - timedelta(days=1), "last week": today - timedelta(days=7)}
    day_of |= {name: _last(number, today) for number, name in enumerate(_WEEKDAYS)}
    day_named = day_of.get(words.removeprefix("last ") if words != "last week" else words)
    return _start_of(day_named, zone) if day_named is not None else None


def _last(weekday: int, today: date) -> date:
    """Return the last such day of the week before today. weekday: Monday is 0."""
    return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return first_instant(zone, datetime.combine(day, time()))


def _without_ago(text: str) -> str:
    """Return the length of time in a text like `2 hours ago`."""
    return text.casefold().strip().removesuffix("ago").strip()


def _written(text: str, zone: ZoneInfo) -> datetime:
    try:
        if len(text) == len("2027-01-09"):
            return _start_of(date.fromisoformat(text), zone)
        return read_time(text[:_LONGEST], zone).at.astimezone(UTC)
    except (ValueError, OverflowError):
        shown = text[:40] if text.isprintable() else "this"
        example = 'write "last night", "yesterday", "2h", "monday", "2027-01-09" or "2027-01-09T03:12"'
        days = days_meant(text)
        if likely := length_meant(_without_ago(text)):
            raise Refused(f'"{shown}" is not a time in the past; write "{likely}"') from None
        advice = days_words(days) if days and not moments_meant(text) else time_advice(text[:100], example=example)
        raise Refused(f'"{shown}" is not a time in the past; {advice}') from None
