"""What a repair comes to: the mended plan, the seats that changed, and what more changes would buy."""

from __future__ import annotations

from dataclasses import dataclass

from oncall.rotation.problem.requests import RequestTally
from oncall.schedule.plan import Plan
from oncall.support.windows import Window, WindowKind


@dataclass(frozen=True, slots=True)
class SeatChange:
    """One seat that somebody else has now. `before` None: the shift is new."""

    window: Window
    kind: WindowKind
    role: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ChangeOption:
    """What more changes would buy: with so many more than the fewest a plan of this cost was made.

    is_best: proven that no plan with as many costs less.
    """

    changes: int
    cost: int
    is_best: bool


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """How the shifts that were open meet the requests.

    is_best: proven that no plan with as few changes that costs as little meets them better.
    """

    tally: RequestTally
    is_best: bool


@dataclass(frozen=True)
class Repair:
    """The mended plan and how it came about.

    fewest: seats that have to change at least; proven when `fewest_is_proven`. changes: those of the plan, in time
    order, without new shifts. cost_before: of the plan as it was, for the roster as it is. best_is_proven: no plan with
    at most as many changes costs less. offers: what more changes would buy, those that buy something. wishes: how the
    shifts that were open meet the requests; None where nobody asked for anything.
    """

    plan: Plan
    changes: tuple[SeatChange, ...]
    new_seats: tuple[SeatChange, ...]
    fewest: int
    fewest_is_proven: bool
    cost_before: int
    best_is_proven: bool
    offers: tuple[ChangeOption, ...]
    wishes: RequestOutcome | None = None

    def by_person(self) -> dict[str, tuple[list[SeatChange], list[SeatChange]]]:
        """For each person touched, in order of name, the seats they lose and those they gain."""
        people = {who for change in (*self.changes, *self.new_seats) for who in (change.before, change.after) if who}
        every = (*self.changes, *self.new_seats)
        return {
            who: ([c for c in every if c.before == who], [c for c in every if c.after == who]) for who in sorted(people)
        }
