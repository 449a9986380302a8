"""Writes calendars: a plan as an iCalendar file, and the published schedule as a feed for calendar programs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.schedule.ics_text import CalendarEvent, ics_text, sequence_at
from oncall.schedule.plan import Plan, Seat
from oncall.schedule.schedule import Schedule
from oncall.schedule.shift_changes import LastChange
from oncall.schedule.shift_events import ShiftEvent, shift_events, uid_of
from oncall.schedule.shift_names import shift_names
from oncall.support.windows import WindowKind

KEPT_FOR = timedelta(days=366)
"""How long a shift stays in a feed after its end: one year."""


def ics_of(
    plan: Plan,
    names: Mapping[str, str] | None = None,
    titles: Mapping[WindowKind, str] | None = None,
    *,
    stamp: datetime | None = None,
) -> bytes:
    """Return the plan as an iCalendar file: one event for each seat.

    names: what to show for an engineer's id. titles: what to show for a kind of shift. Without an entry, the id or the
    kind is shown. stamp: when the file is written (aware UTC); None: the start of the plan. The UID of an event names
    the shift and the role, so that a later file replaces the events of an earlier one.
    """
    at = stamp or (plan.window.start if plan.seats else datetime.fromisoformat("2020-01-01T00:00:00+00:00"))
    shifts = shift_names(((seat.window, seat.kind) for seat in plan.seats), lambda _: plan.zone)
    parts: Counter[tuple[str, str]] = Counter()
    events = []
    for seat in plan.seats:
        name = shifts[seat.window, seat.kind]
        parts[name, seat.role] += 1
        uid = uid_of(name, seat.role, plan.team, parts[name, seat.role])
        events.append(_seat_event(seat, uid, names or {}, titles or {}, at))
    return ics_text(f"On call: {plan.team}" if plan.team else "On call", events, stamp=at)


def _seat_event(
    seat: Seat, uid: str, names: Mapping[str, str], titles: Mapping[WindowKind, str], at: datetime
) -> CalendarEvent:
    person, kind = names.get(seat.engineer, seat.engineer), titles.get(seat.kind, seat.kind)
    summary = f"{person}: {seat.role} on call ({kind})"
    window = seat.window
    return CalendarEvent(uid, window.start, window.end, summary, str(seat.kind), sequence_at(at), at)


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar feed. etag: the value of the HTTP header, with quotes; it changes only when the events change."""

    name: str
    events: tuple[CalendarEvent, ...]
    etag: str

    def text(self, now: datetime) -> bytes:
        """Return the feed as iCalendar text, stamped with `now` (aware UTC)."""
        return ics_text(self.name, self.events, stamp=now)


def feed_of(
    schedule: Schedule,
    changes: Mapping[str, LastChange],
    engineer: str | None,
    now: datetime,
    *,
    events: Sequence[ShiftEvent] | None = None,
) -> Feed:
    """Return the calendar feed of one engineer, or of the team if `engineer` is None.

    It has the shifts of the past year and all future shifts. now: aware UTC. changes: the last change of each event, by
    the event's key, from `ShiftChanges`. events: the schedule's events, if the caller already has them. The feed leaves
    out the reasons of overrides, because calendar programs share events with others.
    """
    people = {person.id: person.name for person in schedule.people.values()}
    newest = schedule.log[-1].at if schedule.log else now
    last = LastChange(sequence_at(newest), newest)
    shown = [
        _shift_event(each, people, changes.get(each.key, last))
        for each in (events if events is not None else shift_events(schedule))
        if engineer in (None, each.engineer) and each.window.end > now - KEPT_FOR
    ]
    return _feed(_title(schedule, engineer), shown)


def _title(schedule: Schedule, engineer: str | None) -> str:
    who = engineer if engineer is not None else schedule.latest.team if schedule.latest is not None else ""
    person = schedule.people.get(who)
    name = person.name if person is not None and engineer is not None else who
    return f"On call: {name}" if name else "On call"


def _shift_event(each: ShiftEvent, people: Mapping[str, str], change: LastChange) -> CalendarEvent:
    summary = f"{people.get(each.engineer, each.engineer)}: {each.role} on call ({each.kind})"
    return CalendarEvent(
        each.uid, each.window.start, each.window.end, summary, str(each.kind), change.sequence, change.at
    )


def _feed(name: str, events: Sequence[CalendarEvent]) -> Feed:
    digest = hashlib.sha256(repr((name, events)).encode()).hexdigest()
    return Feed(name, tuple(events), f'"{digest[:32]}"')
