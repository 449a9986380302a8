"""SLA attainment: counts clocks by plan, impact and metric, and measures how long each reply took."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from oncall.support.calendar import SupportCalendar
from oncall.support.clocks import ClockState, SlaClock, SlaState
from oncall.support.coverage import counted
from oncall.support.policy import Counting, Metric, Policy, Target

PERCENTS = (50, 90, 95)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Three percentiles of some times: 50, 90 and 95 % of all times are not longer.

    Each is a time that was measured.
    """

    p50: timedelta
    p90: timedelta
    p95: timedelta


@dataclass(frozen=True, slots=True)
class ClockCounts:
    """The number of clocks by outcome. Every clock is in exactly one of the four counts.

    stopped: the ticket was resolved before the target was used up. running: the outcome is not known yet. The clocks of
    a duplicate count on the ticket into which it was merged.
    """

    met: int = 0
    breached: int = 0
    stopped: int = 0
    running: int = 0

    @property
    def total(self) -> int:
        """Return the number of all clocks, whatever their outcome."""
        return self.met + self.breached + self.stopped + self.running

    @property
    def judged(self) -> int:
        """Return the number of clocks that were met or breached. Attainment is the share of these that were met."""
        return self.met + self.breached

    @property
    def attainment(self) -> float | None:
        """Return the share of the met and breached clocks that were met, 0 to 1; None if there are none."""
        return self.met / self.judged if self.judged else None

    def __add__(self, other: ClockCounts) -> ClockCounts:
        return ClockCounts(
            self.met + other.met,
            self.breached + other.breached,
            self.stopped + other.stopped,
            self.running + other.running,
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """The clocks of one plan, impact and metric. targets: every target that was in force, the latest last.

    times: how long replies and updates took, in the time that counts towards their targets; None if there were none.
    """

    plan: str
    impact: str
    metric: Metric
    targets: tuple[Target, ...]
    counts: ClockCounts
    times: Percentiles | None


@dataclass(slots=True)
class _CellCounts:
    """The clocks of one plan, impact and metric while they are being counted."""

    states: dict[ClockState, int] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    times: list[timedelta] = field(default_factory=list)


class Tally:
    """Counts clocks by plan, impact and metric.

    `calendar`: the support hours, for targets that count only covered time.
    """

    def __init__(self, calendar: SupportCalendar) -> None:
        self._calendar = calendar
        self._cells: dict[tuple[str, str, Metric], _CellCounts] = {}

    def add(self, state: SlaState) -> tuple[SlaClock, ...]:
        """Count every clock of one ticket. Returns those of its clocks that were breached."""
        breached = []
        for clock in state.clocks:
            stands = clock.state(state.at)
            if stands is ClockState.MERGED:
                # The clock of a duplicate counts on the ticket that the duplicate was merged into.
                continue
            key = (clock.plan, clock.impact, clock.metric)
            cell = self._cells.get(key)
            if cell is None:
                cell = self._cells[key] = _CellCounts()
            cell.states[stands] = cell.states.get(stands, 0) + 1
            if clock.target not in cell.targets:
                cell.targets.append(clock.target)
            if clock.met_at is not None:
                cell.times.append(time_taken(clock, clock.met_at, self._calendar))
            if stands is ClockState.BREACHED:
                breached.append(clock)
        return tuple(breached)

    def cells(self, policy: Policy) -> tuple[Cell, ...]:
        """Return the cells, ordered as the policy orders plans and impacts. Names unknown to the policy come last."""
        place = _order_of(policy)
        return tuple(
            Cell(*key, tuple(cell.targets), _counts(cell.states), percentiles(cell.times))
            for key, cell in sorted(self._cells.items(), key=lambda item: place(item[0]))
        )


def time_taken(clock: SlaClock, until: datetime, calendar: SupportCalendar) -> timedelta:
    """Return how much time that counts towards the target passed from a clock's start to `until`; at least zero.

    Pauses are included, so an update that waited for the customer may take longer than its target.
    """
    if until <= clock.started_at:
        return timedelta(0)
    if clock.target.counting is Counting.CALENDAR:
        return until - clock.started_at
    return counted(clock.target, clock.coverage, calendar, clock.started_at, until)


def percentiles(times: Iterable[timedelta]) -> Percentiles | None:
    """Return the percentiles of the times by nearest rank; None without times.

    Each is the smallest of the times such that the given share of all times is not longer.
    """
    ordered = sorted(times)
    if not ordered:
        return None
    return Percentiles(*(ordered[math.ceil(len(ordered) * percent / 100) - 1] for percent in PERCENTS))


def together(cells: Iterable[Cell]) -> ClockCounts:
    """Return the sum of the counts of several cells."""
    return sum((cell.counts for cell in cells), ClockCounts())


def _counts(states: dict[ClockState, int]) -> ClockCounts:
    undecided = (ClockState.AHEAD, ClockState.RUNNING, ClockState.PAUSED)
    return ClockCounts(
        met=states.get(ClockState.MET, 0),
        breached=states.get(ClockState.BREACHED, 0),
        stopped=states.get(ClockState.STOPPED, 0),
        running=sum(states.get(state, 0) for state in undecided),
    )


def _order_of(policy: Policy) -> Callable[[tuple[str, str, Metric]], tuple[int, str, int, str, int]]:
    plans, impacts, metrics = list(policy.plans), list(policy.impacts), list(Metric)

    def place(key: tuple[str, str, Metric]) -> tuple[int, str, int, str, int]:
        plan, impact, metric = key
        return _index(plan, plans), plan, _index(impact, impacts), impact, metrics.index(metric)

    return place


def _index(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)
