"""The input of the second opinion's model: the shifts, the settled duties, and who can take a shift."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from oncall.rosters.roster import Engineer, Roster
from oncall.rosters.time_off import DaysOffRule, duty_time, is_free
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.schedule.shifts import ShiftFacts, shifts_between
from oncall.support.calendar import calendar_of
from oncall.support.windows import WindowKind


def planned_shifts(plan: Plan, roster: Roster) -> tuple[Shift, ...]:
    """Return the calendar's shifts on the plan's dates, without those that a repair dropped.

    These are the shifts in which the plan has seats, and all shifts before the first date that a repair could change.
    """
    zone = roster.policy.zone
    starts = [seat.window.start.astimezone(zone).date() for seat in plan.seats]
    calendar = calendar_of(roster.policy, roster.holidays)
    first, last = plan.first_day or min(starts), plan.last_day or max(starts)
    held = {seat.window for seat in plan.seats}
    shifts = shifts_between(calendar, first_day=first, last_day=last, rules=roster.rules)
    first_open = plan.kept_until or date.min
    return tuple(shift for shift in shifts if shift.window in held or shift.day < first_open)


class SettledPart:
    """The duties and seats that no plan with the same baseline can change (settled duties).

    first_open: the first date whose shifts may change. duties: by engineer, the duties before that date and outside the
    plan. seats: how many seats before that date each engineer has, by engineer, kind and role.
    """

    def __init__(self, plan: Plan, roster: Roster, outside: Sequence[Seat]) -> None:
        self.first_open = plan.kept_until or date.min
        self.duties: dict[str, list[Shift]] = defaultdict(list)
        self.seats: Counter[tuple[str, WindowKind, str]] = Counter()
        for seat in plan.seats:
            shift = _shift_of(seat, roster)
            if shift.day < self.first_open:
                self.duties[seat.engineer].append(shift)
                self.seats[seat.engineer, seat.kind, seat.role] += 1
        span = plan.window
        for seat in outside:
            if seat.team or seat.window.end <= span.start or span.end <= seat.window.start:
                self.duties[seat.engineer].append(_shift_of(seat, roster))


def _shift_of(seat: Seat, roster: Roster) -> Shift:
    return ShiftFacts.of(roster).shift(seat.window, seat.kind)


def continued_seats(
    plan: Plan, roster: Roster, shifts: Sequence[Shift], outside: Sequence[Seat]
) -> frozenset[tuple[str, int, str]]:
    """Return the seats in which an engineer goes on with a turn that they began before the plan.

    Each is (engineer's id, number of the shift, role). The planner gives them the rest of their turn, so that plans
    without them are no alternatives.
    """
    if not roster.rules.turn_weeks:
        return frozenset()
    begun = {
        (seat.engineer, _shift_of(seat, roster).turn, seat.role)
        for seat in outside
        if not seat.team and seat.window.end <= plan.window.start
    }
    numbers = {shift.window: number for number, shift in enumerate(shifts)}
    held = [(seat.engineer, numbers[seat.window], seat.role) for seat in plan.seats if seat.window in numbers]
    return frozenset((who, number, role) for who, number, role in held if (who, shifts[number].turn, role) in begun)


def is_there(person: Engineer, shift: Shift, rule: DaysOffRule) -> bool:
    """Return True if the person takes this kind of shift, and is a member, not away and not shadowing during it."""
    learns = any(person.shadowing_on(day) for day in days_of(shift)) if person.shadows else False
    takes = person.kinds is None or shift.kind in person.kinds
    return takes and not learns and is_free(person, duty_time(shift.window, rule))


def days_of(shift: Shift) -> list[date]:
    """Return the dates on which the nights of a shift begin; for a shift without a night, its date."""
    nights = max(1, shift.end_night - shift.first_night)
    return [shift.day + timedelta(days=number) for number in range(nights)]
