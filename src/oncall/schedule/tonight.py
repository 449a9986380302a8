"""Tonight: the on-call time from now, or from the end of business hours, to the next morning, and who is on call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from oncall.schedule.schedule_views import gap_view, own_assignment_view
from oncall.support.calendar import SupportCalendar, first_instant
from oncall.support.windows import Window, WindowKind

if TYPE_CHECKING:
    from oncall.schedule.schedule import Schedule
    from oncall.schedule.schedule_view_types import TonightHold, TonightShift, TonightView
    from oncall.schedule.timeline import Assignment

_MORNING = time(8)
_DAY = 1440


def tonight_of(schedule: Schedule, now: datetime) -> Window:
    """Return tonight at `now` (aware UTC): from `now`, or the end of business hours, to the next morning."""
    calendar = schedule.calendar_at(now)
    window = calendar.window_at(now)
    start = window.end if window.kind is WindowKind.BUSINESS else now
    return Window(start, _next_morning(calendar, start))


def _next_morning(calendar: SupportCalendar, start: datetime) -> datetime:
    """Return the first morning after `start`: the next time of day at which business hours usually open (aware UTC)."""
    begins = [span.start_minute % _DAY for span in calendar.spans if span.kind is WindowKind.BUSINESS]
    opens = time(*divmod(min(begins), 60)) if begins else _MORNING
    day: date = start.astimezone(calendar.zone).date()
    mornings = (first_instant(calendar.zone, datetime.combine(day + timedelta(days=n), opens)) for n in range(3))
    return next(morning for morning in mornings if morning > start)


def tonight_view(schedule: Schedule, now: datetime, tonight: Window, held: Sequence[TonightHold]) -> TonightView:
    """Return who is on call tonight, the gaps, and the tickets on hold. tonight: its window. held: those tickets.

    Times are in the policy's zone and in each engineer's own.
    """
    from oncall.schedule.gaps import gaps_between

    zone = schedule.calendar.zone
    return {
        "at": now.astimezone(zone).isoformat(),
        "from": tonight.start.astimezone(zone).isoformat(),
        "to": tonight.end.astimezone(zone).isoformat(),
        "timezone": zone.key,
        "shifts": [_shift(each, schedule) for each in schedule.assignments(tonight.start, tonight.end)],
        "gaps": [gap_view(gap, schedule) for gap in gaps_between(schedule, tonight.start, tonight.end)],
        "held": list(held),
    }


def _shift(assignment: Assignment, schedule: Schedule) -> TonightShift:
    person = schedule.people.get(assignment.engineer)
    name = person.name if person is not None else assignment.engineer
    return {**own_assignment_view(assignment, schedule), "name": name}
