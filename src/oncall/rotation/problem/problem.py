"""The planning problem: a roster and its shifts, with engineers and shifts numbered for rules and models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import NamedTuple

from oncall.rosters.roster import Engineer, Roster
from oncall.rosters.time_off import DaysOffRule, days_off_rule
from oncall.rotation.problem.context import EMPTY_CONTEXT, PlanningContext, outside_shifts_around
from oncall.rotation.problem.cost import CountedSeat, fairness_of, unevenness_of
from oncall.rotation.problem.eligibility import Obstacle, ObstacleKind, can_take, first_obstacle
from oncall.rotation.problem.outside_shifts import OutsideShifts, holidays_of
from oncall.rotation.problem.points import PointsMeasure
from oncall.rotation.problem.shares import Shares, shares_of
from oncall.schedule.plan import Fairness, Seat, Shift
from oncall.schedule.shifts import ShiftFacts
from oncall.support.holidays import Feast
from oncall.support.windows import Window, WindowKind


class Duty(NamedTuple):
    """One engineer on one shift, in any role. Both fields are numbers in the problem."""

    engineer: int
    shift: int


class StaffedSeat(NamedTuple):
    """One seat with its engineer: the number of the shift, the name of the role, the number of the engineer."""

    shift: int
    role: str
    engineer: int


@dataclass(frozen=True)
class Problem:
    """A roster and the shifts to staff. Engineers and shifts have numbers: their places in `engineers` and `shifts`.

    shifts: in order of start.
    limited_to: the numbers of the shifts to staff, if only a part of the plan is examined; the others stay empty. None:
    all shifts. If a part cannot be staffed, the whole cannot be either. cut: a turn across this date has two parts,
    which different engineers may have, because a repair cannot change the first part. None for no such date. listed:
    the roster in the order of its file, if `roster` has its engineers in another order; else None.
    """

    roster: Roster
    shifts: tuple[Shift, ...]
    context: PlanningContext = EMPTY_CONTEXT
    limited_to: frozenset[int] | None = None
    listed: Roster | None = None
    cut: date | None = None

    @classmethod
    def of(cls, roster: Roster, shifts: Sequence[Shift], context: PlanningContext = EMPTY_CONTEXT) -> Problem:
        """Return the problem of staffing these shifts, which are given in any order."""
        return cls(roster, tuple(sorted(shifts, key=lambda shift: shift.window.start)), context)

    def in_order_of(self, seed: int) -> Problem:
        """Return the problem with its engineers in an order that depends only on the seed and their ids.

        Searches break ties by the engineers' numbers. With this order, the order in the roster file does not change
        results.
        """
        people = sorted(self.roster.engineers, key=lambda each: sha256(f"{seed} {each.id}".encode()).digest())
        return replace(self, roster=replace(self.roster, engineers=tuple(people)), listed=self.as_listed.roster)

    @property
    def as_listed(self) -> Problem:
        """Return the problem with its engineers in the order of the roster file."""
        return self if self.listed is None else replace(self, roster=self.listed, listed=None)

    def as_the_file_lists(self, fairness: Fairness) -> Fairness:
        """Return `fairness` with its engineers in the order of the roster file."""
        order = {engineer.id: number for number, engineer in enumerate(self.as_listed.roster.engineers)}
        return replace(fairness, engineers=tuple(sorted(fairness.engineers, key=lambda each: order[each.engineer])))

    @property
    def engineers(self) -> tuple[Engineer, ...]:
        """Return the engineers, in the order of the roster file or of `in_order_of`."""
        return self.roster.engineers

    @property
    def roles(self) -> tuple[str, ...]:
        """Return the roles of every shift, in the order of the roster file."""
        return self.roster.rules.roles

    @cached_property
    def staffed(self) -> tuple[int, ...]:
        """Return the numbers of the shifts to staff, in time order."""
        every = range(len(self.shifts))
        return tuple(every) if self.limited_to is None else tuple(n for n in every if n in self.limited_to)

    @cached_property
    def shares(self) -> Shares:
        """Return the shares of all engineers."""
        return shares_of(self.roster, self.shifts, self.context.balances)

    @cached_property
    def points(self) -> PointsMeasure | None:
        """Return how points are counted; None if the roster has no `points`."""
        rule = self.roster.rules.points
        return PointsMeasure.of(rule, self.shifts, self.shares) if rule is not None else None

    @cached_property
    def outside_shifts(self) -> OutsideShifts:
        """Return the shifts that engineers have outside this plan."""
        outside = outside_shifts_around(self.context, self.shifts, self.roster) if self.shifts else {}
        return OutsideShifts(self.roster, outside, self.context.other_teams)

    @cached_property
    def holidays(self) -> tuple[tuple[Feast, ...], ...]:
        """Return the holidays on the days of each shift, by the shift's number."""
        return tuple(holidays_of(self.roster.holidays, shift) for shift in self.shifts)

    @cached_property
    def fixed_seats(self) -> Mapping[int, Mapping[str, int]]:
        """Return the fixed seats: the engineer's number, by the number of the shift and then by role."""
        numbers = {engineer.id: index for index, engineer in enumerate(self.engineers)}
        by_shift: dict[int, dict[str, int]] = {}
        for seat in self.roster.rules.fixed:
            for number in self.staffed:
                shift = self.shifts[number]
                if shift.day == seat.day and seat.kind in (None, shift.kind) and seat.engineer in numbers:
                    for each in self.unit_of[number]:
                        by_shift.setdefault(each, {})[seat.role] = numbers[seat.engineer]
        for unit in self.units if self.has_turns else ():
            for role, engineer in self._continued_seats(unit).items():
                for number in unit:
                    by_shift.setdefault(number, {}).setdefault(role, engineer)
        return by_shift

    @cached_property
    def _published_turns(self) -> Mapping[int | None, tuple[Seat, ...]]:
        """Return the published seats before the first shift, in time order, by the number of their turn."""
        turns, begin = ShiftFacts.of(self.roster).turns, self.shifts[0].window.start
        found: dict[int | None, list[Seat]] = {}
        for seat in sorted(self.context.published, key=lambda seat: seat.window.start):
            if seat.window.end <= begin:
                found.setdefault(turns.number_at(seat.window.start, seat.kind), []).append(seat)
        return {turn: tuple(seats) for turn, seats in found.items()}

    def _continued_seats(self, unit: Sequence[int]) -> Mapping[str, int]:
        """Return the engineer's number for each role of a turn that began before the first shift.

        Engineers who cannot take the rest of the turn are left out; their roles are then free.
        """
        numbers = {engineer.id: index for index, engineer in enumerate(self.engineers)}
        found: dict[str, int] = {}
        for seat in self._published_turns.get(self.shifts[unit[0]].turn, ()):
            if seat.role in self.roles and seat.engineer in numbers:
                found[seat.role] = numbers[seat.engineer]
        return {role: engineer for role, engineer in found.items() if self._can_go_on(engineer, role, unit)}

    def _can_go_on(self, engineer: int, role: str, unit: Sequence[int]) -> bool:
        return role in self.roles_of(engineer) and all(
            can_take(self.engineers[engineer], self.shifts[number], self.days_off_rule)
            and self.outside_obstacle(engineer, number) is None
            for number in unit
        )

    @cached_property
    def fixed_duties(self) -> tuple[Duty, ...]:
        """Return the duties of the fixed seats, in the order of the shifts."""
        return tuple(
            dict.fromkeys(
                Duty(each, number) for number in sorted(self.fixed_seats) for each in self.fixed_seats[number].values()
            )
        )

    # ---- turns

    @cached_property
    def has_turns(self) -> bool:
        """Return True if the roster has turns: one engineer has a role for all shifts of a turn."""
        return any(shift.turn is not None for shift in self.shifts)

    @cached_property
    def units(self) -> tuple[tuple[int, ...], ...]:
        """Return the staffed shifts in units: turns, or else single shifts.

        One engineer has a role for a whole unit.
        """
        if not self.has_turns:
            return tuple((number,) for number in self.staffed)
        parts: dict[tuple[int | None, bool], list[int]] = {}
        for number in self.staffed:
            shift = self.shifts[number]
            parts.setdefault((shift.turn, self.cut is not None and shift.day < self.cut), []).append(number)
        return tuple(tuple(numbers) for numbers in parts.values())

    @cached_property
    def unit_spans(self) -> tuple[Shift, ...]:
        """Return, for each shift, its whole unit as one shift, from the start of the unit to its end."""
        spans = list(self.shifts)
        for unit in self.units if self.has_turns else ():
            first, last = self.shifts[unit[0]], self.shifts[unit[-1]]
            window = Window(first.window.start, last.window.end)
            for number in unit:
                spans[number] = replace(first, window=window, end_night=last.end_night)
        return tuple(spans)

    def first_of_units(self, numbers: Iterable[int]) -> list[int]:
        """Return the shifts among `numbers` that are the first of their unit. An engineer has a unit as a whole."""
        return [number for number in numbers if self.unit_of[number][0] == number]

    @cached_property
    def unit_of(self) -> Mapping[int, tuple[int, ...]]:
        """Return the unit of each staffed shift, by the number of the shift."""
        return {number: unit for unit in self.units for number in unit}

    # ---- who may take what

    @cached_property
    def days_off_rule(self) -> DaysOffRule:
        """Return how days off block shifts."""
        return days_off_rule(self.roster)

    @cached_property
    def eligible_shifts(self) -> tuple[tuple[int, ...], ...]:
        """Return, for each engineer, the numbers of the shifts that they may take in some role, in time order."""
        return tuple(tuple(sorted(self._eligible_numbers(index))) for index in range(len(self.engineers)))

    def _eligible_numbers(self, engineer: int) -> Iterator[int]:
        """Yield the shifts of each unit that the engineer may take as a whole."""
        for unit in self.units:
            if all(self._is_eligible(engineer, number) for number in unit):
                yield from unit

    def _is_eligible(self, engineer: int, number: int) -> bool:
        return (
            bool(self.roles_at(engineer, number))
            and can_take(self.engineers[engineer], self.shifts[number], self.days_off_rule)
            and self.outside_obstacle(engineer, number) is None
        )

    @cached_property
    def eligible_shift_sets(self) -> tuple[frozenset[int], ...]:
        """Return the result of `eligible_shifts` as sets."""
        return tuple(frozenset(numbers) for numbers in self.eligible_shifts)

    @cached_property
    def eligible_engineers(self) -> tuple[tuple[int, ...], ...]:
        """Return, for each shift, the numbers of the engineers who may take it in some role."""
        found: list[list[int]] = [[] for _ in self.shifts]
        for engineer, numbers in enumerate(self.eligible_shifts):
            for number in numbers:
                found[number].append(engineer)
        return tuple(tuple(each) for each in found)

    def duties_of(self, engineer: int, kind: WindowKind) -> tuple[Duty, ...]:
        """Return the duties of one kind that an engineer may have, in time order."""
        return tuple(Duty(engineer, n) for n in self.eligible_shifts[engineer] if self.shifts[n].kind is kind)

    def first_obstacle(self, engineer: int, number: int, role: str | None = None) -> Obstacle | None:
        """Return the first reason why an engineer cannot take a shift in any plan (in `role`, if given), or None.

        Possible reasons are dates, roles, outside shifts and fixed seats.
        """
        return (
            first_obstacle(self.engineers[engineer], self.shifts[number], self.days_off_rule, role)
            or self.outside_obstacle(engineer, number)
            or self._fixed_seat_obstacle(engineer, number, role)
        )

    def outside_obstacle(self, engineer: int, number: int) -> Obstacle | None:
        """Return the first rule by which an outside shift forbids an engineer this shift; None if none does."""
        holidays = self.holidays[number] if self.roster.rules.holidays_apart > 1 else ()
        return self.outside_shifts.obstacle(self.engineers[engineer].id, self.shifts[number], holidays)

    def _fixed_seat_obstacle(self, engineer: int, number: int, role: str | None) -> Obstacle | None:
        if (role or self.roles[0]) in self.roles_at(engineer, number):
            return None
        who = self.engineers[engineer].id
        fixed = self.fixed_seats.get(number, {})
        owner = fixed.get(role) if role is not None else None
        if owner is not None and owner != engineer:
            return Obstacle(ObstacleKind.FIXED, who, f"{role} is fixed for {self.engineers[owner].id} then")
        own = [each for each, holder in fixed.items() if holder == engineer]
        if own and role is not None:
            return Obstacle(ObstacleKind.FIXED, who, f"{who} is fixed as {own[0]} then")
        if not self.roles_at(engineer, number):
            return Obstacle(ObstacleKind.FIXED, who, f"every role that {who} takes is fixed for another engineer then")
        return None

    # ---- roles

    def roles_of(self, engineer: int) -> tuple[str, ...]:
        """Return the roles of the rotation that an engineer takes."""
        return self._own_roles[engineer]

    @cached_property
    def _own_roles(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(role for role in self.roles if role in each.roles) for each in self.engineers)

    def roles_at(self, engineer: int, number: int) -> tuple[str, ...]:
        """Return the roles that an engineer may have on one shift, given its fixed seats."""
        if not self.engineers[engineer].takes(self.shifts[number].kind):
            return ()
        fixed = self.fixed_seats.get(number)
        if not fixed:
            return self.roles_of(engineer)
        own = tuple(role for role in self.roles if fixed.get(role) == engineer)
        return own or tuple(role for role in self.roles_of(engineer) if role not in fixed)

    @cached_property
    def roles_are_interchangeable(self) -> bool:
        """Return True if every engineer takes every role, so that duties can be decided before roles."""
        return all(set(self.roles) <= set(engineer.roles) for engineer in self.engineers)

    @cached_property
    def roles_are_free(self) -> bool:
        """Return True if every engineer takes every role and no seat is fixed: any even split of roles is legal."""
        return self.roles_are_interchangeable and not self.fixed_seats

    # ---- what a plan costs

    def counted_seats(self, seats: Iterable[StaffedSeat]) -> list[CountedSeat]:
        """Return the kind, the role and the engineer's id of each seat, which is all that the fairness cost needs."""
        return [
            CountedSeat(self.shifts[seat.shift].kind, seat.role, self.engineers[seat.engineer].id) for seat in seats
        ]

    def cost_of(self, seats: Iterable[StaffedSeat]) -> int:
        """Return the fairness cost of a plan of these seats."""
        return fairness_of(self.counted_seats(seats), self.shares, bound=0).cost

    def unevenness_of(self, seats: Iterable[StaffedSeat]) -> int:
        """Return how far the totals over all kinds in a plan of these seats are from the shares (`unevenness_of`)."""
        return unevenness_of(self.counted_seats(seats), self.shares)
