"""A plan as an iCalendar feed: one event per seat, in UTC, so that every calendar program reads it the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from oncall.schedule.plan import Plan, Seat
from oncall.support.windows import WindowKind

if TYPE_CHECKING:
    from icalendar import Event


def ics_of(
    plan: Plan,
    names: Mapping[str, str] | None = None,
    titles: Mapping[WindowKind, str] | None = None,
    *,
    stamp: datetime | None = None,
) -> bytes:
    """Return the feed as bytes: UTF-8, CRLF, folded lines.

    names, titles: what to show for an engineer's id and for a kind of shift; without an entry it is shown itself.
    stamp: when this version was made (aware UTC); by default the start of the plan, so that the same plan gives the
    same bytes. The UID of an event names its team, start and role, not its engineer, so that a swap changes the event
    in a subscriber's calendar.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//oncall//on-call plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"On call: {plan.team}" if plan.team else "On call")
    for seat in plan.seats:
        calendar.add_component(_event(plan.team, seat, names or {}, titles or {}, stamp or plan.window.start))
    return bytes(calendar.to_ical())


def _event(team: str, seat: Seat, names: Mapping[str, str], titles: Mapping[WindowKind, str], stamp: datetime) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", f"{seat.window.start:%Y%m%dT%H%M%SZ}-{seat.role}@{team or 'plan'}.oncall")
    event.add("dtstamp", stamp)
    event.add("dtstart", seat.window.start)
    event.add("dtend", seat.window.end)
    person, kind = names.get(seat.engineer, seat.engineer), titles.get(seat.kind, seat.kind)
    event.add("summary", f"{person}: {seat.role} on call ({kind})")
    event.add("categories", [str(seat.kind)])
    event.add("transp", "TRANSPARENT")
    return event
