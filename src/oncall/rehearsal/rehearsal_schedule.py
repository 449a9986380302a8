"""The schedule of a rehearsal: a plan as `oncall publish` would publish it, with shifts added at both ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from oncall.rosters.roster import Roster
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.schedule.schedule import Schedule
from oncall.schedule.shifts import shifts_between
from oncall.schedule.version_document import PUBLISH, VersionRow, publication_document, schedule_from_rows
from oncall.support.calendar import calendar_of, first_instant
from oncall.support.windows import Window

BEFORE = timedelta(weeks=1)
AFTER = timedelta(weeks=4)
"""How long a rehearsal continues after its last ticket arrived, so that the last tickets can be resolved, too."""


def span_of(roster: Roster, first_day: date, last_day: date) -> Window:
    """Return the window from the start of `first_day` to the end of `last_day` in the time zone of the policy."""
    zone = roster.policy.zone
    ends = datetime.combine(last_day + timedelta(days=1), time())
    return Window(first_instant(zone, datetime.combine(first_day, time())), first_instant(zone, ends))


def schedule_for(plan: Plan, roster: Roster, span: Window) -> Schedule:
    """Return the schedule that publishing `plan` would give under the roster's policy, with shifts added at both ends.

    The shifts begin a week before the plan and end four weeks after it (or after `span`, if that ends later). The
    people continue in the order of the plan, so that a ticket of the last day still finds an engineer.
    """
    longer = Plan(plan.team, plan.zone, tuple(_lengthened(plan, roster, span)))
    row = VersionRow(1, span.start, PUBLISH, "rehearsal", "rehearsal", publication_document(longer, roster))
    return schedule_from_rows([row], calendar_of(roster.policy, roster.holidays))


def _lengthened(plan: Plan, roster: Roster, span: Window) -> list[Seat]:
    zone = roster.policy.zone
    calendar = calendar_of(roster.policy, roster.holidays)
    whole = plan.window
    first = min(whole.start, span.start) - BEFORE
    last = max(whole.end, span.end) + AFTER
    shifts = shifts_between(
        calendar,
        first_day=first.astimezone(zone).date(),
        last_day=last.astimezone(zone).date(),
        rules=roster.rules,
    )
    teams = _teams(plan)
    before = [shift for shift in shifts if shift.window.end <= whole.start]
    after = [shift for shift in shifts if shift.window.start >= whole.end]
    head = [teams[-number % len(teams)] for number in range(len(before), 0, -1)]
    tail = [teams[number % len(teams)] for number in range(len(after))]
    return [*_seats(before, head), *plan.seats, *_seats(after, tail)]


def _teams(plan: Plan) -> list[dict[str, str]]:
    """Return, for each shift ordered by time, the engineer in each role."""
    teams: dict[datetime, dict[str, str]] = {}
    for seat in sorted(plan.seats, key=lambda seat: seat.window.start):
        teams.setdefault(seat.window.start, {})[seat.role] = seat.engineer
    return list(teams.values())


def _seats(shifts: Sequence[Shift], teams: Sequence[dict[str, str]]) -> list[Seat]:
    return [
        Seat(shift.window, shift.kind, role, engineer)
        for shift, team in zip(shifts, teams, strict=True)
        for role, engineer in team.items()
    ]
