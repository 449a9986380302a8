"""The input and output of SLA clocks: events, policy terms, clocks and their states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from oncall.support.calendar import SupportCalendar
from oncall.support.policy import Coverage, Metric, Policy, Promise, Target


class SlaEventKind(StrEnum):
    """The kinds of ticket events that affect SLA clocks. An acknowledgement does not, because it is not a reply."""

    OPENED = "opened"
    REPLIED = "replied"
    CUSTOMER_REPLIED = "customer_replied"
    UPDATED = "updated"
    WAITING = "waiting"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    IMPACT_CHANGED = "impact_changed"
    JUDGED = "judged"
    """The ticket got a new verdict by the policy of that instant: hold ended, impact changed, or ticket reopened."""
    MERGED = "merged"
    """The ticket is a duplicate; its clocks continue on another ticket."""
    ABSORBED = "absorbed"
    """A duplicate was merged into this ticket; its clocks continue here."""


class ClockState(StrEnum):
    """The state of an SLA clock at one instant."""

    AHEAD = "ahead"
    """The coverage has not begun, so the clock does not count yet."""
    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    """The target was used up without a reply or update. The clock stays breached even if a reply comes later."""
    STOPPED = "stopped"
    """The ticket was resolved before the target was reached."""
    MERGED = "merged"
    """The ticket was merged into another one. The clock continues and is counted there, not here."""


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """The policy and business hours in force at an instant.

    version: the schedule version that published the policy; 0: the packaged policy. hours: the version whose business
    hours are in force, if that is another one.
    """

    policy: Policy
    calendar: SupportCalendar
    version: int = 0
    hours: int | None = None

    def promise(self, plan: str, impact: str) -> Promise | None:
        """Return what the policy promises to a plan for an impact; None if the policy lacks the plan or the impact."""
        known = self.policy.plans.get(plan)
        return known.promises.get(impact) if known is not None else None

    def pauses(self, impact: str) -> bool:
        """Return True if, for this impact, no periodic update is due while the ticket waits for the customer."""
        known = self.policy.impacts.get(impact)
        return known is not None and known.pause_while_waiting


@dataclass(frozen=True, slots=True)
class CarriedClock:
    """A clock that was running when its ticket was merged, with the values that the other ticket needs to continue it.

    The fields are those of RunningClock. asked: when the customer wrote messages that have no answer yet. Times are
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
        """Return what the clock's policy promises for its plan and impact. Raises ValueError if it promises nothing."""
        promise = self.terms.promise(self.plan, self.impact)
        if promise is None:
            raise ValueError(f"the terms of a carried clock promise {self.plan} nothing for {self.impact}")
        return promise


class SlaEvent(NamedTuple):
    """One event of a ticket's log. `at`: aware UTC, by the sender's clock.

    impact, terms: in force from this event on, for opened, reopened, impact_changed and judged; None: unchanged. plan:
    for opened. id: the sender's own id; a second event with the same id is a repeat. carried: for absorbed, the clocks
    that were running on the duplicate. into: for merged, the id of the ticket that continues.
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
    """One SLA clock of a ticket, running or ended. Times are aware UTC.

    since: the time of the event that started the clock; with `metric` it identifies the clock. started_at: when the
    clock begins to count: `since` or the next instant of coverage. due_at: when the target is used up; None while the
    clock is paused. warn_at: when the policy's `warn_share` of the target is used up; None unless the clock runs.
    met_at: the time of the reply or update that ended the clock. stopped_at: when the clock ended without a reply or
    update, because the ticket was resolved or merged. breached_at: when the target was used up without one; a later
    change of impact does not undo it. is_moved: the ticket was merged, and the clock continues and is counted on the
    other ticket.
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
        """Return True while a reply or update is due. This includes clocks that are late or paused."""
        return self.met_at is None and self.stopped_at is None

    @property
    def ended_at(self) -> datetime | None:
        """Return when the clock was met or stopped; None while it runs."""
        return self.met_at if self.met_at is not None else self.stopped_at

    def state(self, now: datetime) -> ClockState:
        """Return the clock's state at `now` (aware UTC), which must be the instant for which the clock was computed."""
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
    """Every clock of a ticket as of `at` (aware UTC), in the order in which they started.

    notes: sentences about events that were out of order, repeated, before the opening or after the merge.
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
        """Return the clocks that still wait for a reply or update."""
        return tuple(clock for clock in self.clocks if clock.is_running)

    def first_reply(self) -> SlaClock | None:
        """Return the running first-reply clock that is due first; if none runs, the one that started last.

        None for a ticket without clocks.
        """
        found = [clock for clock in self.clocks if clock.metric is Metric.FIRST_REPLY]
        running = [clock for clock in found if clock.is_running]
        return min(running, key=lambda clock: clock.due_at or _NEVER) if running else found[-1] if found else None


def next_due(state: SlaState) -> SlaClock | None:
    """Return the running clock that is due first, even if it is breached; None if none has a due time."""
    due = [clock for clock in state.clocks if clock.is_running and clock.due_at is not None]
    return min(due, key=lambda clock: clock.due_at or _NEVER, default=None)


_NEVER = datetime.max.replace(tzinfo=UTC)
