"""A plan: who holds which role of which shift, and how fair that is. `plan_file` has its file formats."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from oncall.rosters.relaxation import Relaxation
from oncall.support.windows import Window, WindowKind


class PlanStatus(StrEnum):
    """`optimal`: proven that no plan which keeps the rules is fairer. `feasible`: keeps the rules, proof unfinished."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of on-call time that each role has to cover.

    day: the local date it starts on, which days off and requests refer to.
    first_night, end_night: the nights it takes, as ordinals of the dates they begin on, half-open; a holiday that
    gives way to the weekend at 19:01 takes none (both are equal). Free nights between two shifts are the later one's
    `first_night` less the earlier one's `end_night`.
    """

    window: Window
    kind: WindowKind
    day: date
    first_night: int
    end_night: int


@dataclass(frozen=True, slots=True)
class Seat:
    """One role of one shift, and the engineer in it. A row of the plan file.

    team: of another team's plan its name; empty in a plan itself.
    """

    window: Window
    kind: WindowKind
    role: str
    engineer: str
    team: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Load:
    """What one person carries of one kind in one role (`role` is None for all roles together)."""

    kind: WindowKind
    role: str | None
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class EngineerFairness:
    """One person's weight (fte x shifts that membership and leave let them take) and loads."""

    engineer: str
    weight: float
    loads: tuple[Load, ...]


@dataclass(frozen=True, slots=True)
class Fairness:
    """The cost of a plan and the bound that no plan keeping the hard rules can beat. `cost == bound` is the proof."""

    cost: int
    bound: int
    engineers: tuple[EngineerFairness, ...]


@dataclass(frozen=True, slots=True)
class Balance:
    """What a person served of one kind beyond their share before a plan began; `thousandths` of a shift."""

    engineer: str
    kind: WindowKind
    thousandths: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Seats sorted by start, then role order. `first_day` and `last_day`: the dates whose shifts it holds, inside.

    balances: what its shares make up for. kept_until: the shifts that start before that date are kept from an earlier
    plan, as they stood; None for a plan made new.

    A plan read from CSV has no fairness and no status: CSV does not hold the proof.
    relaxed: the exceptions to the roster that a manager agreed to and that this plan may make use of.
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
    extra: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def window(self) -> Window:
        """From the first shift's start to the last one's end. Raises ValueError for a plan without seats."""
        return Window(min(s.window.start for s in self.seats), max(s.window.end for s in self.seats))
