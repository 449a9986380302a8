"""The result of a repair: the repaired plan, the seats that changed, and what more changes would improve."""

from __future__ import annotations

from dataclasses import dataclass

from oncall.rotation.problem.requests import RequestTally
from oncall.schedule.plan import Plan
from oncall.support.windows import Window, WindowKind


@dataclass(frozen=True, slots=True)
class SeatChange:
    """A seat that goes from engineer `before` to `after` (ids). before: None for a seat of a new shift."""

    window: Window
    kind: WindowKind
    role: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ChangeOption:
    """A plan that was found with `more_changes` seats changed beyond the fewest, and its cost.

    is_best: it is proven that no plan with as many changes costs less.
    """

    more_changes: int
    cost: int
    is_best: bool


@dataclass(frozen=True, slots=True)
class UnpricedChanges:
    """Numbers of changes beyond the fewest for which a lower cost than that of the options is not ruled out.

    first, last: the smallest and the largest number; last is None if every number from `first` on is meant.
    least_cost: it is proven that no plan with as many changes costs less.
    """

    first: int
    last: int | None
    least_cost: int


@dataclass(frozen=True, slots=True)
class RequestOutcome:
    """How well the open shifts meet the requests.

    is_best: it is proven that no plan with as few changes and as low a cost meets them better.
    """

    tally: RequestTally
    is_best: bool


@dataclass(frozen=True)
class Repair:
    """The repaired plan, and what changed.

    changes, new_seats: in time order; new seats are those of new shifts. fewest: the least number of seats that must
    change; proven if `fewest_is_proven`. cost_before: the baseline's cost, with the shares of today's roster.
    allowed: the number of seats that might change. best_is_proven: no plan with as few changes costs less. options:
    what further changes would bring. unpriced: further changes for which that is not proven; empty if every number is
    priced. requests: None if there are no requests. moved_shifts: how many shifts have new hours. frozen: the number of
    seats that were frozen; all proofs but the plan's bound compare only plans that keep them.
    """

    plan: Plan
    changes: tuple[SeatChange, ...]
    new_seats: tuple[SeatChange, ...]
    fewest: int
    fewest_is_proven: bool
    allowed: int
    cost_before: int
    best_is_proven: bool
    options: tuple[ChangeOption, ...]
    unpriced: tuple[UnpricedChanges, ...] = ()
    requests: RequestOutcome | None = None
    moved_shifts: int = 0
    frozen: int = 0

    def by_person(self) -> dict[str, tuple[list[SeatChange], list[SeatChange]]]:
        """Return, for each engineer with a change, the seats that they lose and those that they gain, by id."""
        every = (*self.changes, *self.new_seats)
        people = {who for change in every for who in (change.before, change.after) if who}
        return {
            who: ([c for c in every if c.before == who], [c for c in every if c.after == who]) for who in sorted(people)
        }
