"""Computes when the policy of a published plan comes into force."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.rosters.roster import Roster
from oncall.schedule.plan import Plan
from oncall.schedule.schedule import Schedule
from oncall.support.calendar import SupportCalendar, calendar_of, first_instant
from oncall.support.windows import WindowKind

_MOST_WINDOWS = 20
"""How many windows to search for an instant between shifts.

If shifts follow each other without a gap, there is none.
"""


def policy_begins(
    schedule: Schedule, plan: Plan, roster: Roster, wanted: date | None, now: datetime
) -> datetime | None:
    """Return when the policy of a plan comes into force (aware UTC); None for the time of publication.

    schedule: the published one. wanted: the date that the manager chose; None for the default. If the policy has other
    hours than those in force, it starts at the first instant, on that date or later, at which no shift runs under the
    old or the new hours, so that no shift is cut. Raises Refused for a date that is over.
    """
    zone = roster.policy.zone
    if wanted is not None and wanted < now.astimezone(zone).date():
        raise Refused(f"--policy-from {wanted}: this date is over; a policy holds from today on, or later")
    if schedule.latest is None:
        return None
    day = wanted or _first_open_day(plan, zone)
    at = first_instant(zone, datetime.combine(day, time()))
    calendar, before = calendar_of(roster.policy, roster.holidays), schedule.calendar_at(at)
    if (calendar.spans, calendar.zone) != (before.spans, before.zone):
        at = _between_shifts(before, calendar, at)
    return at if at > now else None


def _first_open_day(plan: Plan, zone: ZoneInfo) -> date:
    first = plan.first_day or min(seat.window.start for seat in plan.seats).astimezone(zone).date()
    return max(first, plan.kept_until or first)


def _between_shifts(old: SupportCalendar, new: SupportCalendar, at: datetime) -> datetime:
    """Return the first instant at or after `at` that is inside no on-call window of either calendar.

    Returns `at` if there is no such instant within _MOST_WINDOWS windows.
    """
    found = at
    for _ in range(_MOST_WINDOWS):
        windows = (old.window_at(found), new.window_at(found))
        ends = [each.end for each in windows if each.kind is not WindowKind.BUSINESS and each.start != found]
        if not ends:
            return found
        found = min(ends)
    return at
