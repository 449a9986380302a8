"""A roster and its shifts, numbered: the form in which the rules and the model speak of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from oncall.rosters.roster import Engineer, Roster
from oncall.rotation.eligibility import can_take
from oncall.rotation.shares import Shares, shares_of
from oncall.schedule.plan import Shift
from oncall.support.windows import WindowKind

Duty = tuple[int, int]
"""A person on a shift in whatever role: the number of the engineer and the number of the shift."""


@dataclass(frozen=True)
class Problem:
    """What is to be solved. `shifts` are sorted by start; a duty is its two numbers."""

    roster: Roster
    shifts: tuple[Shift, ...]

    @classmethod
    def of(cls, roster: Roster, shifts: Sequence[Shift]) -> Problem:
        """The problem of staffing these shifts, in whatever order they come."""
        return cls(roster, tuple(sorted(shifts, key=lambda shift: shift.window.start)))

    @property
    def engineers(self) -> tuple[Engineer, ...]:
        """The people, in the order of the roster file."""
        return self.roster.engineers

    @property
    def roles(self) -> tuple[str, ...]:
        """The roles of every shift, in the order of the roster file."""
        return self.roster.rules.roles

    @cached_property
    def shares(self) -> Shares:
        """What each person owes."""
        return shares_of(self.roster, self.shifts)

    @cached_property
    def open_to(self) -> tuple[tuple[int, ...], ...]:
        """For each engineer the shifts they may take in at least one role, in time order; (engineers, *)."""
        return tuple(
            tuple(number for number, shift in enumerate(self.shifts) if can_take(engineer, shift))
            if self.roles_of(index)
            else ()
            for index, engineer in enumerate(self.engineers)
        )

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
        return tuple(role for role in self.roles if role in self.engineers[engineer].roles)

    @cached_property
    def roles_are_interchangeable(self) -> bool:
        """Whether everybody takes every role, so that who is on duty can be decided before who is what."""
        return all(set(self.roles) <= set(engineer.roles) for engineer in self.engineers)

    def duties_of(self, engineer: int, kind: WindowKind) -> tuple[Duty, ...]:
        """The shifts of one kind that one person may take."""
        return tuple((engineer, n) for n in self.open_to[engineer] if self.shifts[n].kind is kind)
