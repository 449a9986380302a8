"""Writes iCalendar text (RFC 5545), with UTC times, CRLF line ends and lines of at most 75 octets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

LONGEST_LINE = 75
"""The most octets of a line, without its line break."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One event of a calendar. start, end, modified: aware UTC. modified: when the event last changed.

    sequence: rises with each change, so that a calendar program uses the newer of two events with the same uid.
    """

    uid: str
    start: datetime
    end: datetime
    summary: str
    category: str
    sequence: int
    modified: datetime
    description: str = ""


def sequence_at(at: datetime) -> int:
    """Return the SEQUENCE of an event that changed at `at` (aware UTC): seconds since 2020, at least 0."""
    return max(int((at - _EPOCH).total_seconds()), 0)


def ics_text(name: str, events: Iterable[CalendarEvent], *, stamp: datetime) -> bytes:
    """Return a calendar as bytes of iCalendar text. name: its title. stamp: the time of writing (aware UTC)."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//oncall//on-call schedule//EN",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        *(line for event in events for line in _event(event, stamp)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(event: CalendarEvent, stamp: datetime) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{_text(event.uid)}"
    yield f"DTSTAMP:{_time(stamp)}"
    yield f"LAST-MODIFIED:{_time(event.modified)}"
    yield f"SEQUENCE:{event.sequence}"
    yield f"DTSTART:{_time(event.start)}"
    yield f"DTEND:{_time(event.end)}"
    yield f"SUMMARY:{_text(event.summary)}"
    if event.description:
        yield f"DESCRIPTION:{_text(event.description)}"
    yield f"CATEGORIES:{_text(event.category)}"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Return a text escaped for iCalendar, without control characters."""
    return _CONTROL.sub("", value.replace("\r\n", "\n")).translate(_ESCAPED)


def _folded(line: str) -> bytes:
    """Return a line as UTF-8 with its line break, folded into lines of at most LONGEST_LINE octets."""
    raw, parts, room = line.encode(errors="replace"), [], LONGEST_LINE
    while len(raw) > room:
        cut = room
        while raw[cut] & 0xC0 == 0x80:  # Inside a character.
            cut -= 1
        parts.append(raw[:cut])
        # The blank that begins a continuation counts.
        raw, room = raw[cut:], LONGEST_LINE - 1
    return b"\r\n ".join([*parts, raw]) + b"\r\n"
