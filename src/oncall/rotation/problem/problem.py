"""A roster and its shifts, numbered: the form in which the rules and the model speak of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from oncall.rosters.roster import Engineer, Roster
from oncall.rotation.problem.context import NOTHING, PlanningContext, turns_around
from oncall.rotation.problem.eligibility import Bar, Barred, can_take, why_not
from oncall.rotation.problem.outside_shifts import OutsideShifts, feasts_of
from oncall.rotation.problem.shares import Shares, shares_of
from oncall.schedule.plan import Shift
from oncall.support.holidays import Feast
from oncall.support.windows import WindowKind

Duty = tuple[int, int]
"""A person on a shift in whatever role: the number of the engineer and the number of the shift."""


@dataclass(frozen=True)
class Problem:
    """What is to be solved. `shifts` are sorted by start; a duty is its two numbers.

    only: the numbers of the shifts that have to be staffed, the others being left empty; None for all of them. What is
    impossible for a part is impossible for all.
    """

    roster: Roster
    shifts: tuple[Shift, ...]
    given: PlanningContext = NOTHING
    only: frozenset[int] | None = None

    @classmethod
    def of(cls, roster: Roster, shifts: Sequence[Shift], given: PlanningContext = NOTHING) -> Problem:
        """The problem of staffing these shifts, in whatever order they come, with what is given around them."""
        return cls(roster, tuple(sorted(shifts, key=lambda shift: shift.window.start)), given)

    @property
    def engineers(self) -> tuple[Engineer, ...]:
        """The people, in the order of the roster file."""
        return self.roster.engineers

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of every shift, in the order of the roster file."""
        return self.roster.rules.roles

    @cached_property
    def staffed(self) -> tuple[int, ...]:
        """The numbers of the shifts that have to be staffed, in time order."""
        numbers = range(len(self.shifts))
        return tuple(numbers if self.only is None else (number for number in numbers if number in self.only))

    @cached_property
    def shares(self) -> Shares:
        """What each person owes."""
        return shares_of(self.roster, self.shifts, self.given.balances)

    @cached_property
    def seam(self) -> OutsideShifts:
        """What people's shifts outside these forbid."""
        turns = turns_around(self.given, self.shifts, self.roster.policy.zone) if self.shifts else {}
        return OutsideShifts(self.roster, turns, self.given.elsewhere)

    def barred_outside(self, engineer: int, number: int) -> Barred | None:
        """The first shift outside these that keeps a person off a shift, or None."""
        feasts = self.feasts[number] if self.roster.rules.holidays_apart > 1 else ()
        return self.seam.bar(self.engineers[engineer].id, self.shifts[number], feasts)

    @cached_property
    def feasts(self) -> tuple[tuple[Feast, ...], ...]:
        """For each shift the holidays that it serves, by name; (shifts, *)."""
        return tuple(feasts_of(self.roster.holidays, shift) for shift in self.shifts)

    @cached_property
    def fixed(self) -> Mapping[int, Mapping[str, int]]:
        """The seats that are given away already: for a shift's number the engineer of a role."""
        numbers = {engineer.id: index for index, engineer in enumerate(self.engineers)}
        by_day: dict[int, dict[str, int]] = {}
        for seat in self.roster.rules.fixed:
            for number in self.staffed:
                shift = self.shifts[number]
                if shift.day == seat.day and seat.kind in (None, shift.kind.value) and seat.engineer in numbers:
                    by_day.setdefault(number, {})[seat.role] = numbers[seat.engineer]
        return by_day

    @cached_property
    def open_to(self) -> tuple[tuple[int, ...], ...]:
        """For each engineer the shifts they may take in at least one role, in time order; (engineers, *)."""
        return tuple(
            tuple(number for number in self.staffed if self._is_open(index, number))
            for index in range(len(self.engineers))
        )

    def _is_open(self, engineer: int, number: int) -> bool:
        person = self.engineers[engineer]
        return (
            bool(self.roles_at(engineer, number))
            and can_take(person, self.shifts[number])
            and self.barred_outside(engineer, number) is None
        )

    def why_not(self, engineer: int, number: int, role: str | None = None) -> Barred | None:
        """The first thing that keeps a person off a shift (off `role` of it, when one is named), or None.

        Only what holds whatever else is planned: days, roles, seats that are fixed, and shifts outside the plan.
        """
        person = self.engineers[engineer]
        barred = why_not(person, self.shifts[number], role) or self.barred_outside(engineer, number)
        if barred is None and (role or self.roles[0]) not in self.roles_at(engineer, number):
            fixed = self.fixed.get(number, {})
            holder = fixed.get(role) if role is not None else None
            if holder is not None and holder != engineer:
                sentence = f"{role} is fixed for {self.engineers[holder].id} then"
                return Barred(Bar.FIXED, person.id, sentence)
            own = [each for each, holds in fixed.items() if holds == engineer]
            if own and role is not None:
                return Barred(Bar.FIXED, person.id, f"{person.id} is fixed as {own[0]} then")
            if not self.roles_at(engineer, number):
                return Barred(Bar.FIXED, person.id, f"{person.id} has no role left that is not fixed for somebody else")
        return barred

    @cached_property
    def open_sets(self) -> tuple[frozenset[int], ...]:
        """The same as sets, to ask whether one is among them."""
        return tuple(frozenset(numbers) for numbers in self.open_to)

    @cached_property
    def able(self) -> tuple[tuple[int, ...], ...]:
        """For each shift the engineers who may take it in at least one role; (shifts, *)."""
        found: list[list[int]] = [[] for _ in self.shifts]
        for engineer, numbers in enumerate(self.open_to):
            for number in numbers:
                found[number].append(engineer)
        return tuple(tuple(each) for each in found)

    def roles_of(self, engineer: int) -> tuple[str, ...]:
        """The roles of this rotation that the person takes."""
        return self._own_roles[engineer]

    @cached_property
    def _own_roles(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(role for role in self.roles if role in each.roles) for each in self.engineers)

    def roles_at(self, engineer: int, number: int) -> tuple[str, ...]:
        """The roles that the person can have on one shift: of those they take, what fixed seats leave them."""
        fixed = self.fixed.get(number)
        if not fixed:
            return self.roles_of(engineer)
        own = tuple(role for role in self.roles if fixed.get(role) == engineer)
        return own or tuple(role for role in self.roles_of(engineer) if role not in fixed)

    @cached_property
    def fixed_duties(self) -> tuple[Duty, ...]:
        """The duties that fixed seats are, in the order of the shifts."""
        return tuple(
            dict.fromkeys((each, number) for number in sorted(self.fixed) for each in self.fixed[number].values())
        )

    @cached_property
    def roles_are_interchangeable(self) -> bool:
        """Whether everybody takes every role, so that who is on duty can be decided before who is what."""
        return all(set(self.roles) <= set(engineer.roles) for engineer in self.engineers)

    @cached_property
    def roles_are_free(self) -> bool:
        """Whether everybody takes every role and no seat is fixed: then any even split of the roles will do."""
        return self.roles_are_interchangeable and not self.fixed

    def duties_of(self, engineer: int, kind: WindowKind) -> tuple[Duty, ...]:
        """The shifts of one kind that one person may take."""
        return tuple((engineer, n) for n in self.open_to[engineer] if self.shifts[n].kind is kind)
