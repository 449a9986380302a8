"""The baseline of a repair: which shifts are settled or open, and who has the open seats so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from oncall.errors import Refused
from oncall.rosters.roster import SHADOW, Roster
from oncall.rotation.problem.context import PlanningContext
from oncall.rotation.problem.fixed_seats import refuse_impossible_seats
from oncall.rotation.problem.problem import Duty, Problem, StaffedSeat
from oncall.schedule.plan import Plan, Seat, Shift
from oncall.support.windows import Window, WindowKind

_DAYS_TRIED = 14
"""If a date cuts a shift in two, another date to suggest is looked for within this many days."""


def _less_settled(roster: Roster, settled: Sequence[Seat]) -> Roster:
    """Return the roster with each engineer's `max_shifts` lowered by the number of their settled seats."""
    had = Counter(seat.engineer for seat in settled)
    left = tuple((who, max(0, most - had[who])) for who, most in roster.rules.max_shifts)
    return replace(roster, rules=replace(roster.rules, max_shifts=left))


def _moved_windows(problem: Problem, plan: Plan) -> dict[int, Window]:
    """Return the old window of each shift of which only the hours have changed, by the shift's number in `problem`.

    Such a shift has the same kind, first and last local date as before, and no other shift has the same ones.
    """
    zone = problem.roster.policy.zone
    known = {seat.window for seat in plan.seats}
    old = _windows_by_dates(((seat.kind, seat.window) for seat in plan.seats), zone)
    new = _windows_by_dates(((shift.kind, shift.window) for shift in problem.shifts), zone)
    found = {}
    for number, shift in enumerate(problem.shifts):
        dates = _dates_of(shift.kind, shift.window, zone)
        if shift.window not in known and len(old[dates]) == 1 and len(new[dates]) == 1:
            (found[number],) = old[dates]
    return found


_Dates = tuple[WindowKind, date, date]


def _dates_of(kind: WindowKind, window: Window, zone: ZoneInfo) -> _Dates:
    """Return what stays the same if only the hours of a shift change: its kind and its first and last local date."""
    return kind, window.start.astimezone(zone).date(), window.end.astimezone(zone).date()


def _windows_by_dates(shifts: Iterable[tuple[WindowKind, Window]], zone: ZoneInfo) -> dict[_Dates, set[Window]]:
    found: dict[_Dates, set[Window]] = defaultdict(set)
    for kind, window in shifts:
        found[_dates_of(kind, window, zone)].add(window)
    return found


class RepairBaseline:
    """The plan to repair. Only its shifts from `first_open` on (the open shifts) may change.

    settled: the seats before `first_open`, without shadows. whole: the problem of all shifts. open: the problem of the
    open shifts; the numbers of shifts and engineers in the other fields refer to it. holders: the engineer of each open
    seat, by shift and role; None for a shift that the plan did not have. moved: for each open shift of which only the
    hours have changed, its window in the plan; it keeps its holders. unrested: new duties that would leave an engineer
    without rest after a shift that they covered for another engineer.
    """

    def __init__(
        self,
        roster: Roster,
        shifts: Sequence[Shift],
        plan: Plan,
        first_open: date,
        context: PlanningContext,
        seed: int = 0,
    ) -> None:
        zone = roster.policy.zone
        settled = [seat for seat in plan.seats if seat.window.start.astimezone(zone).date() < first_open]
        self.first_open = first_open
        self.plan = plan
        self.settled = tuple(seat for seat in settled if seat.role != SHADOW)
        self.whole = Problem.of(roster, shifts, context).in_order_of(seed)
        open_shifts = [shift for shift in self.whole.shifts if shift.day >= first_open]
        if not open_shifts:
            raise Refused(f"no shift of the plan starts on {first_open} or later; there is nothing to repair")
        self._refuse_cut_shift()
        around = replace(context, published=(*context.published, *self.settled))
        self.open = Problem.of(_less_settled(roster, self.settled), open_shifts, around).in_order_of(seed)
        refuse_impossible_seats(self.open)
        self._numbers = {engineer.id: index for index, engineer in enumerate(self.open.engineers)}
        self.moved = _moved_windows(self.open, plan)
        by_seat = {(seat.window, seat.role): seat.engineer for seat in plan.seats}
        self.holders: dict[tuple[int, str], str | None] = {
            (number, role): by_seat.get((self.moved.get(number, shift.window), role))
            for number, shift in enumerate(self.open.shifts)
            for role in self.open.roles
        }
        self.unrested = self._unrested(context.covers)

    def number_of(self, engineer: str | None) -> int | None:
        """Return the number of an engineer; None for None and for an engineer who has left the roster."""
        return None if engineer is None else self._numbers.get(engineer)

    def frozen(self, days: int, opened: frozenset[date]) -> frozenset[StaffedSeat]:
        """Return the open seats that must not change: all in the first `days` days, except on the dates in `opened`.

        The days count from `first_open`. A seat is left out if its engineer cannot have it any more.
        """
        end = self.first_open + timedelta(days=days)
        found = set()
        for (number, role), holder in self.holders.items():
            day, engineer = self.open.shifts[number].day, self.number_of(holder)
            if day < end and day not in opened and engineer is not None and self.may_have(number, role, engineer):
                found.add(StaffedSeat(number, role, engineer))
        return frozenset(found)

    def may_have(self, number: int, role: str, engineer: int) -> bool:
        """Return True if dates, roles and outside shifts allow the engineer this seat."""
        return number in self.open.eligible_shift_sets[engineer] and role in self.open.roles_at(engineer, number)

    def changes(self, seats: Sequence[StaffedSeat]) -> int:
        """Return how many of these seats another engineer has in the baseline. Seats of new shifts are ignored."""
        return sum(
            1
            for seat in seats
            if self.holders[seat.shift, seat.role] not in (None, self.open.engineers[seat.engineer].id)
        )

    def numbered(self, seats: Sequence[StaffedSeat]) -> list[StaffedSeat]:
        """Return the settled seats and these open seats, with the numbers of `whole`.

        Settled seats of shifts that are not in today's calendar are left out.
        """
        whole, opened = self.whole, self.open
        number_of = {shift.window: number for number, shift in enumerate(whole.shifts)}
        person = {engineer.id: number for number, engineer in enumerate(whole.engineers)}
        settled = [
            StaffedSeat(number_of[seat.window], seat.role, person[seat.engineer])
            for seat in self.settled
            if seat.window in number_of and seat.engineer in person and seat.role in whole.roles
        ]
        return settled + [
            StaffedSeat(
                number_of[opened.shifts[seat.shift].window], seat.role, person[opened.engineers[seat.engineer].id]
            )
            for seat in seats
        ]

    def _unrested(self, covers: tuple[Seat, ...]) -> frozenset[Duty]:
        """Return the duties that a covered shift forbids, except those that the engineers have in the baseline."""
        if not covers:
            return frozenset()
        covered = Problem(self.open.roster, self.open.shifts, PlanningContext(published=covers))
        had = {(self.number_of(holder), number) for (number, _), holder in self.holders.items()}
        return frozenset(
            Duty(engineer, number)
            for engineer, numbers in enumerate(self.open.eligible_shifts)
            for number in numbers
            if (engineer, number) not in had and covered.outside_obstacle(engineer, number) is not None
        )

    def _refuse_cut_shift(self) -> None:
        """Raise Refused if `first_open` cuts a shift in two, because the roster's weekends or hours have changed.

        The message suggests dates nearby that do not.
        """
        if not self._cuts(self.first_open):
            return
        days = [self.first_open + timedelta(days=number) for number in range(-_DAYS_TRIED, _DAYS_TRIED + 1)]
        later, earlier = (
            next((day for day in tried if self._is_in_plan(day) and not self._cuts(day)), None)
            for tried in (days[_DAYS_TRIED + 1 :], days[:_DAYS_TRIED][::-1])
        )
        found = [f"--from {day}" for day in (later, earlier) if day is not None]
        advice = f"write {' or '.join(found)}" if found else "make a new plan, without --keep"
        raise Refused(
            f"a shift of the plan is under way on {self.first_open}, and the roster or its policy now has other "
            f"weekends or hours; {advice}"
        )

    def _cuts(self, day: date) -> bool:
        """Return True if a repair from `day` on would cut a shift in two.

        That is so if a shift that starts before `day` overlaps one that starts on it or later, with the old or the new
        hours.
        """
        zone = self.whole.roster.policy.zone
        kept = [seat.window for seat in self.plan.seats if seat.window.start.astimezone(zone).date() < day]
        dropped = [seat.window for seat in self.plan.seats if seat.window.start.astimezone(zone).date() >= day]
        earlier = [shift.window for shift in self.whole.shifts if shift.day < day]
        coming = [shift.window for shift in self.whole.shifts if shift.day >= day]
        ends = [window.end for window in (*kept, *earlier)]
        starts = [window.start for window in (*dropped, *coming)]
        return bool(kept) and bool(starts) and max(ends) > min(starts)

    def _is_in_plan(self, day: date) -> bool:
        return self.whole.shifts[0].day <= day <= self.whole.shifts[-1].day
