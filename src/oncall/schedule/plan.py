"""A plan: who has each role of each shift, and how fair the plan is. `plan_file` reads and writes plan files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from oncall.schedule.seat import Seat
from oncall.support.windows import Window, WindowKind

if TYPE_CHECKING:
    from oncall.rosters.relaxation import Relaxation

__all__ = ["Balance", "EngineerFairness", "Fairness", "Load", "Plan", "PlanStatus", "Seat", "Shift", "UnmetRequest"]


class PlanStatus(StrEnum):
    """`optimal`: it is proven that no plan that keeps the hard rules is fairer. `feasible`: it is not proven."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of on-call time that one engineer in each role covers.

    day: the local date on which it starts; days off and requests refer to this date.
    first_night, end_night: its nights, as ordinals of the dates on which they begin; end_night is not included. Both
    are equal for a holiday that ends when the weekend begins. The free nights between two shifts are the later one's
    `first_night` minus the earlier one's `end_night`. is_weekend: True if the weekend rules apply to it. turn: the
    number of its turn; one engineer has all shifts of a turn in each role. None if the roster has no turns.
    """

    window: Window
    kind: WindowKind
    day: date
    first_night: int
    end_night: int
    is_weekend: bool = False
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """How many shifts of one kind an engineer has in one role, and their share. role: None for all roles together."""

    kind: WindowKind
    role: str | None
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class EngineerFairness:
    """One engineer's loads. weight: `fte` times the number of shifts that joining, leaving and leave allow them."""

    engineer: str
    weight: float
    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class Fairness:
    """The fairness cost of a plan. bound: no plan that keeps the hard rules costs less; equal to `cost` if optimal."""

    cost: int
    bound: int
    engineers: tuple[EngineerFairness, ...]


@dataclass(frozen=True, slots=True)
class Clumps:
    """How unevenly a plan spreads shifts over time, in thousandths of a shift.

    distance: the largest difference, over any four weeks in a row, between what a person carries and their share of
    these weeks. bound: no equally fair plan that meets the requests as well has a smaller distance.
    """

    distance: int
    bound: int

    @property
    def is_proven(self) -> bool:
        """Return True if it is proven that no equally fair plan has a smaller distance."""
        return self.distance <= self.bound

    @property
    def text(self) -> str:
        """Return the distance in an English sentence that says whether it is proven to be the least."""
        what = (
            f"clumps: in any four weeks in a row nobody is more than {self.distance / 1000:.2f} shifts from their share"
        )
        if self.is_proven:
            return f"{what}; proven: no equally fair plan has less"
        return f"{what}; not proven: an equally fair plan could have {self.bound / 1000:.2f}"


@dataclass(frozen=True, slots=True)
class Balance:
    """How much an engineer served beyond their share of one kind before a plan began, in `thousandths` of a shift."""

    engineer: str
    kind: WindowKind
    thousandths: int


@dataclass(frozen=True, slots=True)
class UnmetRequest:
    """A request that a plan does not meet. day: the date on which the shift starts.

    asked: the request in words. reason: why it is not met, in words.
    """

    engineer: str
    day: date
    asked: str
    reason: str

    @property
    def text(self) -> str:
        """Return the request as one line: `ana, 2027-03-17: asked to avoid ...; of the others, ...`."""
        return f"{self.engineer}, {self.day}: {self.asked}; {self.reason}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan for a span of dates: every seat, sorted by start and then by role, with its proof of fairness.

    first_day, last_day: the dates of the shifts in the plan, both included. status, fairness: None for a plan from CSV,
    which has no proof. balances: what engineers served beyond their shares before; the shares of this plan make up for
    it. kept_until: for a repair the first date that could change; None for a new plan. relaxed: the relaxations that
    the plan may use. clumps: how evenly the plan is spread over time; None if not known. unmet: the requests that the
    plan does not meet; a CSV file does not have them.
    """

    team: str
    zone: ZoneInfo
    seats: tuple[Seat, ...]
    status: PlanStatus | None = None
    fairness: Fairness | None = None
    first_day: date | None = None
    last_day: date | None = None
    seed: int | None = None
    notes: tuple[str, ...] = ()
    balances: tuple[Balance, ...] = ()
    kept_until: date | None = None
    relaxed: tuple[Relaxation, ...] = ()
    clumps: Clumps | None = None
    unmet: tuple[UnmetRequest, ...] = ()

    @property
    def window(self) -> Window:
        """Return the span from the first start to the last end of the seats. Raises ValueError if there are none."""
        return Window(min(s.window.start for s in self.seats), max(s.window.end for s in self.seats))
