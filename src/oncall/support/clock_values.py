"""What SLA clocks are made of: a ticket's events as the clocks know them, the terms they happened under, the clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from oncall.support.calendar import SupportCalendar
from oncall.support.policy import Coverage, Metric, Policy, Promise, Target


class SlaEventKind(StrEnum):
    """What can happen to a ticket, as far as its clocks know. Acknowledging is none of these: it is no reply."""

    OPENED = "opened"
    REPLIED = "replied"
    CUSTOMER_REPLIED = "customer_replied"
    UPDATED = "updated"
    WAITING = "waiting"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    IMPACT_CHANGED = "impact_changed"
    JUDGED = "judged"
    """Judged again, under the terms of that instant: when a hold ended, at a change of impact, at reopening."""
    MERGED = "merged"
    """It is a duplicate: its clocks go on with another ticket."""
    ABSORBED = "absorbed"
    """A duplicate was merged into this one, whose clocks go on here."""


class ClockState(StrEnum):
    """Where a clock stands at an instant."""

    AHEAD = "ahead"
    """Its coverage has not begun yet, so it does not count yet."""
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    """Its target was reached unmet, whether it was met later or not."""
    STOPPED = "stopped"
    """The ticket was resolved before the target was reached."""
    MERGED = "merged"
    """The ticket was merged into another one, where this clock goes on: it is counted there, and not here."""


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """The promise in force at an instant.

    version: the schedule version that brought the policy; 0: the packaged one. hours: the version whose business hours
    hold, where that is another one.
    """

    policy: Policy
    calendar: SupportCalendar
    version: int = 0
    hours: int | None = None

    def promise(self, plan: str, impact: str) -> Promise | None:
        """What is promised to this plan for this impact; None when the policy does not know one of them."""
        known = self.policy.plans.get(plan)
        return known.promises.get(impact) if known is not None else None

    def pauses(self, impact: str) -> bool:
        """Whether updates are not owed while the customer is waited for."""
        known = self.policy.impacts.get(impact)
        return known is not None and known.pause_while_waiting


@dataclass(frozen=True, slots=True)
class CarriedClock:
    """A clock that still ran when its ticket was merged, with all that the ticket that goes on needs to let it run on.

    Fields as those of RunningClock. asked: what the customer wrote there that nobody has answered there yet. Times are
    aware UTC.
    """

    metric: Metric
    plan: str
    impact: str
    since: datetime
    terms: PolicyTerms
    promised_at: datetime
    asked_from: datetime | None
    counted_from: datetime | None = None
    spans: tuple[tuple[datetime, datetime], ...] = ()
    breached_at: datetime | None = None
    asked: tuple[datetime, ...] = ()

    @property
    def promise(self) -> Promise:
        """What its terms promise. Raises ValueError where they promise its plan nothing for its impact."""
        promise = self.terms.promise(self.plan, self.impact)
        if promise is None:
            raise ValueError(f"a clock is carried whose terms promise {self.plan} nothing for {self.impact}")
        return promise


class SlaEvent(NamedTuple):
    """One event of a ticket's log. `at`: aware UTC, by the sender's clock.

    impact: the one from then on, for opened, reopened, impact_changed and judged; None: as before. terms: those in
    force, for the same kinds; None: as before. plan: for opened. id: the sender's own id; the same again is a repeat.
    carried: for absorbed, the clocks that ran on the duplicate. into: for merged, the ticket that goes on.
    """

    at: datetime
    kind: SlaEventKind
    impact: str | None = None
    terms: PolicyTerms | None = None
    plan: str | None = None
    id: str | None = None
    carried: tuple[CarriedClock, ...] = ()
    into: str | None = None


class SlaClock(NamedTuple):
    """One clock that was ever started. Times are aware UTC.

    since: the event that set it going; with `metric` its name for good. started_at: from when it counts: `since`, or
    the begin of its coverage after that. due_at: when its target is used up; None while it is paused. warn_at: when
    the policy's share of the target is used up, for a clock that runs; None for any other. met_at: the reply or update
    that ended it. stopped_at: it ended without one (resolved or merged). breached_at: the instant its target was
    reached unmet, as far as known; a breach stays one whatever happens to the impact later. is_moved: it goes on with
    the ticket into which its own was merged, and is counted there.
    """

    metric: Metric
    plan: str
    impact: str
    target: Target
    coverage: Coverage
    since: datetime
    started_at: datetime
    due_at: datetime | None
    warn_at: datetime | None = None
    met_at: datetime | None = None
    stopped_at: datetime | None = None
    breached_at: datetime | None = None
    is_paused: bool = False
    is_moved: bool = False
    policy_version: int = 0

    @property
    def is_running(self) -> bool:
        """Whether a reply or an update is still owed, also when it is late or the clock is paused."""
        return self.met_at is None and self.stopped_at is None

    @property
    def ended_at(self) -> datetime | None:
        """When it was met or stopped; None while it runs."""
        return self.met_at if self.met_at is not None else self.stopped_at

    def state(self, now: datetime) -> ClockState:
        """Where it stands at `now`, the instant for which it was folded."""
        if self.is_moved:
            return ClockState.MERGED
        if self.breached_at is not None:
            return ClockState.BREACHED
        if self.met_at is not None:
            return ClockState.MET
        if self.stopped_at is not None:
            return ClockState.STOPPED
        if self.is_paused:
            return ClockState.PAUSED
        return ClockState.RUNNING if self.started_at <= now else ClockState.AHEAD


@dataclass(frozen=True, slots=True)
class SlaState:
    """Every clock of a ticket, in the order in which they were set going, as of `at`.

    notes: what was odd in the log, a sentence each: events out of order, twice, before the opening, after the merge.
    """

    at: datetime
    plan: str
    impact: str
    clocks: tuple[SlaClock, ...]
    is_resolved: bool = False
    is_merged: bool = False
    is_waiting: bool = False
    merged_into: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def running(self) -> tuple[SlaClock, ...]:
        """The clocks of which something is still owed."""
        return tuple(clock for clock in self.clocks if clock.is_running)

    def first_reply(self) -> SlaClock | None:
        """The first-reply clock that is owed and ends first, else the one that was set going last.

        None for a ticket that was never promised anything.
        """
        found = [clock for clock in self.clocks if clock.metric is Metric.FIRST_REPLY]
        owed = [clock for clock in found if clock.is_running]
        return min(owed, key=lambda clock: clock.due_at or _NEVER) if owed else found[-1] if found else None


def next_due(state: SlaState) -> SlaClock | None:
    """The clock that ends first of those that run: one that is breached and still owed comes before the others."""
    due = [clock for clock in state.clocks if clock.is_running and clock.due_at is not None]
    return min(due, key=lambda clock: clock.due_at or _NEVER, default=None)


_NEVER = datetime.max.replace(tzinfo=UTC)
