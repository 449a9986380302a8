"""Finds future seats that no other engineer may take: if their engineer falls ill, a gap remains."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oncall.rosters.roster import Engineer, Roster
from oncall.rosters.time_off import days_off_rule
from oncall.rotation.problem.eligibility import first_obstacle
from oncall.rotation.problem.outside_shifts import OutsideShifts, holidays_of
from oncall.schedule.plan import Seat, Shift
from oncall.schedule.shifts import ShiftFacts


@dataclass(frozen=True, slots=True)
class LastResort:
    """A seat that no other engineer may take. reasons: for each reason (in words), how many engineers it rules out."""

    seat: Seat
    reasons: Mapping[str, int]

    @property
    def why(self) -> str:
        """Return the reasons in words, like `1 on it, 2 away or not taking it, 3 with shifts too near`."""
        return ", ".join(f"{count} {words}" for words, count in self.reasons.items()) or "there is no other engineer"


SAME_SHIFT, CANNOT, TOO_NEAR, APART = "on it", "away or not taking it", "with shifts too near", "never with the others"


def last_resorts(roster: Roster, seats: Sequence[Seat], start: datetime, end: datetime) -> list[LastResort]:
    """Return the seats of shifts that begin in [start, end) and that only their own engineer may take.

    seats: all seats of the schedule, each with the engineer who has most of it. Applies the rules on days off, roles,
    kinds, rest, weekends apart, weekly and monthly maxima, holidays apart and pairs that never work together.
    """
    finder = _Finder(roster, seats)
    wanted = (seat for seat in seats if start <= seat.window.start < end and seat.role in roster.rules.roles)
    found = (LastResort(seat, finder.reasons(seat)) for seat in sorted(wanted, key=lambda seat: seat.window.start))
    return [each for each in found if sum(each.reasons.values()) == len(roster.engineers) - finder.is_listed(each.seat)]


class _Finder:
    def __init__(self, roster: Roster, seats: Sequence[Seat]) -> None:
        self._roster, self._rule = roster, days_off_rule(roster)
        facts = ShiftFacts.of(roster)
        self._shift_of = {seat.window: facts.shift(seat.window, seat.kind) for seat in seats}
        self._on: dict[Shift, set[str]] = defaultdict(set)
        own: dict[str, set[Shift]] = defaultdict(set)
        for seat in seats:
            shift = self._shift_of[seat.window]
            self._on[shift].add(seat.engineer)
            own[seat.engineer].add(shift)
        in_order = {who: sorted(shifts, key=lambda shift: shift.window.start) for who, shifts in own.items()}
        self._others = OutsideShifts(roster, in_order, ())

    def is_listed(self, seat: Seat) -> bool:
        """Return True if the engineer who has the seat is on the roster."""
        return self._roster.engineer(seat.engineer) is not None

    def reasons(self, seat: Seat) -> dict[str, int]:
        """Return the reasons why other engineers may not take a seat, and how many engineers each one rules out."""
        others = [each for each in self._roster.engineers if each.id != seat.engineer]
        found = Counter(reason for each in others for reason in self._reasons(each, seat))
        return {words: found[words] for words in (SAME_SHIFT, CANNOT, TOO_NEAR, APART) if found[words]}

    def _reasons(self, other: Engineer, seat: Seat) -> Iterator[str]:
        """Yield the first reason why `other` may not take a seat; nothing if they may."""
        shift = self._shift_of[seat.window]
        present = self._on[shift] - {seat.engineer}
        if other.id in present:
            yield SAME_SHIFT
        elif first_obstacle(other, shift, self._rule, seat.role) is not None:
            yield CANNOT
        elif self._others.obstacle(other.id, shift, holidays_of(self._roster.holidays, shift)) is not None:
            yield TOO_NEAR
        elif any({other.id, who} == set(pair) for who in present for pair in self._roster.rules.never_together):
            yield APART
