"""Reads claims (who has which role when) from the events of an iCalendar file.

The engineer comes from the attendee or the summary; the role from the summary, the categories or the calendar's name.

PagerDuty, Opsgenie and Google Calendar export such files, and so does `oncall generate`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.errors import Fault, FileFaults, Refused
from oncall.importing.claims import Claim, Claims, Place
from oncall.importing.options import ImportOptions
from oncall.importing.people_named import PeopleNamed, folded
from oncall.importing.repeats import Occurrence, Property, occurrences_of
from oncall.rosters.roster import Roster
from oncall.suggestions import listed
from oncall.support.local_time import read_time
from oncall.support.windows import Window
from oncall.text_files import read_text

if TYPE_CHECKING:
    from icalendar import Calendar, Event

MOST_MIB = 4
MOST_EVENTS = 20_000


def calendar_claims(path: Path, roster: Roster, options: ImportOptions) -> Claims:
    """Return the claims of the events of a calendar file. Raises FileFaults for a file that is not a calendar."""
    from icalendar import Calendar, Event

    text = read_text(path, most_mib=MOST_MIB)
    try:
        calendars = [each for each in Calendar.from_ical(text, multiple=True) if isinstance(each, Calendar)]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise FileFaults([Fault(str(path), 0, 0, "", f"is not an iCalendar file: {str(error)[:200]}")]) from None
    found = Claims()
    reader = _EventReader(roster, options, found)
    number = 0
    for calendar in calendars:
        events = [each for each in calendar.walk("VEVENT") if isinstance(each, Event)]
        if number + len(events) > MOST_EVENTS:
            raise FileFaults(
                [Fault(str(path), 0, 0, "", f"has more than {MOST_EVENTS:,} events, the most that are read")]
            )
        reader.read(calendar, events, first=number + 1)
        number += len(events)
    if not number:
        raise FileFaults([Fault(str(path), 0, 0, "", "has no event")])
    return found


class _EventReader:
    """Reads the events of calendars and adds their claims to `found`."""

    def __init__(self, roster: Roster, options: ImportOptions, found: Claims) -> None:
        self._roster = roster
        self._options = options
        self._people = PeopleNamed(roster)
        self._found = found

    def read(self, calendar: Calendar, events: Sequence[Event], *, first: int) -> None:
        """Add the claims of every event of a calendar. first: the number of its first event in the file, from 1."""
        zone = self._floating_zone(calendar)
        moved = _moved_starts(events)
        for number, event in enumerate(events, start=first):
            summary = " ".join(str(event.get("SUMMARY", "")).split())
            place = Place(number, f'event {number} ("{summary[:60]}")')
            if str(event.get("STATUS", "")).upper() == "CANCELLED":
                self._found.note(f"{place.text} is cancelled and not read")
                continue
            try:
                replaced = () if event.get("RECURRENCE-ID") is not None else moved[str(event.get("UID", ""))]
                occurrences = occurrences_of(event, moved=replaced, until=self._options.until)
                role = self._role(summary, event, str(calendar.get("X-WR-CALNAME", "")))
                engineer = self._engineer(summary, event)
            except Refused as refusal:
                self._found.leave_out(place, str(refusal))
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
                self._found.leave_out(place, f"cannot be read: {str(error)[:200] or type(error).__name__}")
            else:
                self._claim(place, occurrences, role, engineer, zone)

    def _floating_zone(self, calendar: Calendar) -> ZoneInfo:
        """Return the time zone for times without a zone: the calendar's own, or else the policy's."""
        try:
            return ZoneInfo(str(calendar.get("X-WR-TIMEZONE", "")))
        except (ValueError, OSError, KeyError):
            return self._roster.policy.zone

    def _claim(
        self, place: Place, occurrences: Iterable[Occurrence], role: str, engineer: str, floating: ZoneInfo
    ) -> None:
        for each in occurrences:
            day = each.start.date() if isinstance(each.start, datetime) else each.start
            at = Place(place.number, f"{place.text} on {day}")
            try:
                window, days = self._span(at, each, floating)
            except (Refused, ValueError, OverflowError) as error:
                self._found.leave_out(at, str(error) if isinstance(error, Refused) else "lies outside the calendar")
            else:
                self._found.claims.append(Claim(at, role, engineer, window, days))

    def _span(
        self, place: Place, each: Occurrence, floating: ZoneInfo
    ) -> tuple[Window | None, tuple[date, date] | None]:
        if not isinstance(each.start, datetime):
            assert not isinstance(each.end, datetime)
            return None, (each.start, each.end - timedelta(days=1))
        if each.zone is None:
            self._found.note(f"times without a time zone are read in {floating.key}")
            start, end = (read_time(at.isoformat(), floating).at for at in (each.start, each.end))
            return Window(start, end), None
        assert isinstance(each.end, datetime)
        start, end = (_instant(at, each) for at in (each.start, each.end))
        return Window(start, end), None

    def _role(self, summary: str, event: Event, calendar_name: str) -> str:
        """Return the role of an event.

        Looks in the summary, the categories and the calendar's name, then in the options. Raises Refused if a text
        names several roles, or if there is no role anywhere.
        """
        roles = self._roster.rules.roles
        for text in (summary, _categories(event), calendar_name):
            named = _roles_in(text, roles)
            if len(named) > 1:
                raise Refused(f"names several roles: {listed(named)}; export a calendar for each role")
            if named:
                return named[0]
        if self._options.role is not None:
            return self._options.role
        if len(roles) == 1:
            return roles[0]
        raise Refused(f"names no role; say the role of such events, like --role {roles[0]}")

    def _engineer(self, summary: str, event: Event) -> str:
        """Return the engineer of an event. Raises Refused if it names no engineer, several, or contradictory ones."""
        attendees = {each for text in _attendees(event) if (each := self._people.mentioned(text)) is not None}
        named = self._people.mentioned(summary)
        if named is not None and attendees and named not in attendees:
            raise Refused(f"has the attendee {listed(sorted(attendees))} and names {named}; correct one of them")
        if named is not None:
            return named
        if len(attendees) > 1:
            raise Refused(f"has several attendees of the roster: {listed(sorted(attendees))}; keep one of them")
        if not attendees:
            near = self._people.nearest_in(summary)
            question = f'; did you mean "{near}"?' if near is not None else ""
            raise Refused(f"names nobody on the roster in its summary or as an attendee{question}")
        return attendees.pop()


def _moved_starts(events: Iterable[Event]) -> dict[str, list[date | datetime]]:
    """Return, by UID, the original starts of the occurrences that a separate event of the file replaces."""
    moved: dict[str, list[date | datetime]] = defaultdict(list)
    for event in events:
        value: Property = event.get("RECURRENCE-ID")
        if value is not None:
            moved[str(event.get("UID", ""))].append(value.dt)
    return moved


def _attendees(event: Event) -> Iterator[str]:
    written: Property = event.get("ATTENDEE")
    for each in written if isinstance(written, list) else [written] if written is not None else []:
        yield re.sub("(?i)^mailto:", "", str(each))
        yield str(each.params.get("CN", ""))


def _categories(event: Event) -> str:
    written: Property = event.get("CATEGORIES")
    every = written if isinstance(written, list) else [written] if written is not None else []
    return " ".join(str(name) for each in every for name in each.cats)


def _roles_in(text: str, roles: Sequence[str]) -> list[str]:
    """Return the roles that a text names as whole words."""
    return [role for role in roles if re.search(rf"(?<![\w-]){re.escape(folded(role))}(?![\w-])", folded(text))]


def _instant(at: date | datetime, each: Occurrence) -> datetime:
    """Convert a local time to an aware UTC time, in the zone of the occurrence."""
    assert isinstance(at, datetime)
    return at.replace(tzinfo=each.zone).astimezone(UTC)
