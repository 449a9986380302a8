"""A plan as an iCalendar feed: one event per seat, in UTC, so that every calendar program reads it the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from oncall.schedule.plan import Plan, Seat

if TYPE_CHECKING:
    from icalendar import Event


def ics_of(plan: Plan, names: Mapping[str, str] | None = None, *, stamp: datetime | None = None) -> bytes:
    """Return the feed as bytes: UTF-8, CRLF, folded lines.

    names: the name to show for each engineer id; an id without a name is shown itself. stamp: when this version was
    made (aware UTC); by default the start of the plan, so that the same plan gives the same bytes. The UID of an event
    names its team, start and role, not its engineer, so that a swap changes the event in a subscriber's calendar.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//oncall//on-call plan//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", f"On call: {plan.team}" if plan.team else "On call")
    for seat in plan.seats:
        calendar.add_component(_event(plan.team, seat, names or {}, stamp or plan.window.start))
    return bytes(calendar.to_ical())


def _event(team: str, seat: Seat, names: Mapping[str, str], stamp: datetime) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", f"{seat.window.start:%Y%m%dT%H%M%SZ}-{seat.role}@{team or 'plan'}.oncall")
    event.add("dtstamp", stamp)
    event.add("dtstart", seat.window.start)
    event.add("dtend", seat.window.end)
    event.add("summary", f"{names.get(seat.engineer, seat.engineer)}: {seat.role} on call ({seat.kind})")
    event.add("categories", [str(seat.kind)])
    event.add("transp", "TRANSPARENT")
    return event
