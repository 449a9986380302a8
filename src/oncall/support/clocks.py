"""Computes the SLA clocks of one ticket from its events. Each clock follows the policy in force at its time.

docs/policy.md says what starts, meets, pauses and stops each clock. Nothing is stored: each event contains the policy
of its time, so the same events give the same clocks years later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from oncall.support.clock_values import (
    CarriedClock,
    ClockState,
    PolicyTerms,
    SlaClock,
    SlaEvent,
    SlaEventKind,
    SlaState,
    next_due,
)
from oncall.support.policy import Metric, Promise
from oncall.support.running_clock import RunningClock
from oncall.support.wording import full_time

__all__ = [
    "CarriedClock",
    "ClockState",
    "PolicyTerms",
    "RunningSla",
    "SlaClock",
    "SlaEvent",
    "SlaEventKind",
    "SlaState",
    "carried",
    "next_due",
    "sla",
]


def sla(events: Sequence[SlaEvent], now: datetime) -> SlaState:
    """Return the clocks at `now` (aware UTC) of a ticket with these events, in the log's order. Ignores later events.

    A ticket has no clocks if the policy at its opening promises nothing for its plan and impact. Raises ValueError for
    a log without an opening, or with an opening without plan, impact and terms.
    """
    fold = _folded(events, now)
    return fold.state(now) if isinstance(fold, _Fold) else fold


def carried(events: Sequence[SlaEvent], now: datetime) -> tuple[CarriedClock, ...]:
    """Return the clocks that run at `now` (aware UTC) on a ticket that is being merged into another one.

    Raises the same errors as `sla`.
    """
    fold = _folded(events, now)
    return fold.carried() if isinstance(fold, _Fold) else ()


class RunningSla:
    """Computes the clocks of one ticket whose events come one by one, always with the same result as `sla`.

    If the new events come at or after the latest one, and not after `now`, only they are applied. Otherwise all events
    are applied again.
    """

    def __init__(self, events: Sequence[SlaEvent]) -> None:
        self.events = list(events)
        self._fold: _Fold | None = None
        self._applied = 0
        self._latest: datetime | None = None
        self._ids: set[str] = set()

    def add(self, event: SlaEvent) -> None:
        """Append an event to the log."""
        self.events.append(event)

    def at(self, now: datetime) -> SlaState:
        """Return the clocks at `now` (aware UTC), as `sla` does."""
        if self._fold is None or not self._continues(now):
            return self._from_the_start(now)
        for event in self.events[self._applied :]:
            self._fold.take(event)
        self._note_applied()
        return self._fold.state(now)

    def _continues(self, now: datetime) -> bool:
        latest = self._latest or self.events[0].at
        for event in self.events[self._applied :]:
            if (
                event.at < latest
                or event.kind is SlaEventKind.OPENED
                or (event.id is not None and event.id in self._ids)
            ):
                return False
            latest = event.at
        return latest <= now

    def _from_the_start(self, now: datetime) -> SlaState:
        fold = _folded(self.events, now)
        if not isinstance(fold, _Fold):
            return fold
        self._fold = None
        if all(event.at <= now for event in self.events):
            self._fold, self._applied = fold, 0
            self._note_applied()
        return fold.state(now)

    def _note_applied(self) -> None:
        for event in self.events[self._applied :]:
            self._ids.update([event.id] if event.id is not None else ())
            self._latest = max(event.at, self._latest or event.at)
        self._applied = len(self.events)


def _folded(events: Sequence[SlaEvent], now: datetime) -> _Fold | SlaState:
    """Apply the events up to `now` and return the fold, or a state without clocks if the policy promises nothing."""
    opening = next((event for event in events if event.kind is SlaEventKind.OPENED), None)
    if opening is None:
        raise ValueError("a ticket's events must begin with its opening")
    if opening.plan is None or opening.terms is None or opening.impact is None:
        raise ValueError("an opening needs its plan, its impact and the terms in force")
    promise = opening.terms.promise(opening.plan, opening.impact)
    if promise is None:
        note = f"The policy in force promises {opening.plan} nothing for {opening.impact}: no clock runs."
        return SlaState(now, opening.plan, opening.impact, (), notes=(note,))
    fold = _Fold(now, opening.at, opening.plan, opening.impact, opening.terms, promise)
    for event in _in_order(events, opening, fold.notes):
        if event.at <= now:
            fold.take(event)
    return fold


def _in_order(events: Sequence[SlaEvent], opening: SlaEvent, notes: list[str]) -> list[SlaEvent]:
    """Return the events after the opening by time, without repeats. Appends sentences about bad events to `notes`."""
    assert opening.terms is not None
    zone = opening.terms.policy.zone
    seen: set[str] = set()
    rest: list[SlaEvent] = []
    latest = opening.at
    for event in events:
        if event.id is not None and event.id in seen:
            notes.append(f"{_name(event, zone)} came twice with the id {event.id}; the second one is left out.")
            continue
        if event.id is not None:
            seen.add(event.id)
        if event is opening:
            continue
        if event.kind is SlaEventKind.OPENED:
            notes.append(f"{_name(event, zone)} came after another opening and is left out.")
            continue
        if event.at < opening.at:
            # The sender's clock may be slow.
            notes.append(f"{_name(event, zone)} lies before the opening and counts as at it.")
            event = event._replace(at=opening.at)
        elif event.at < latest:
            notes.append(f"{_name(event, zone)} was logged after a later event and counts at its own time.")
        latest = max(latest, event.at)
        rest.append(event)
    return sorted(rest, key=lambda event: event.at)


def _name(event: SlaEvent, zone: ZoneInfo) -> str:
    """Return the kind and time of an event in words, like `Replied at Sat 2027-01-09 03:12 EST`."""
    return f"{event.kind.value.replace('_', ' ').capitalize()} at {full_time(event.at, zone)}"


class _Fold:
    """Applies the events of a ticket one by one to its clocks, in the order of their time."""

    def __init__(
        self, now: datetime, opened_at: datetime, plan: str, impact: str, terms: PolicyTerms, promise: Promise
    ) -> None:
        self.notes: list[str] = []
        self._now = now
        self._plan, self._impact = plan, impact
        self._terms, self._promise, self._promised_for = terms, promise, impact
        # All clocks, and those that run. After a merge several of one metric may run; the next reply meets all of them.
        self._clocks: list[RunningClock] = []
        self._running: list[RunningClock] = []
        self._answers: list[datetime] = []
        self._asked: list[datetime] = []
        # The clocks that the resolution stopped, and its instant: a reply at the same instant was sent with it.
        self._stopped: list[RunningClock] = []
        self._resolved_at: datetime | None = None
        self._merged_into: str | None = None
        self._is_waiting = self._is_resolved = self._is_merged = False
        self._start(Metric.FIRST_REPLY, opened_at)

    def take(self, event: SlaEvent) -> None:
        """Apply one event of any kind except an opening."""
        kind = event.kind
        if self._is_merged:
            self._leave_out(event, "the ticket was merged into another one")
        elif kind in (SlaEventKind.IMPACT_CHANGED, SlaEventKind.JUDGED):
            self._agree(event)
            for clock in self._running:
                self._change_promise(clock, event.at)
            self._pause_as_promised(event.at)
        elif kind is SlaEventKind.REOPENED:
            self._reopen(event)
        elif kind is SlaEventKind.MERGED:
            self._move(event)
        elif self._is_resolved:
            self._after_the_end(event)
        elif kind is SlaEventKind.ABSORBED:
            self._absorb(event)
        else:
            self._talk(kind, event.at)

    def _talk(self, kind: SlaEventKind, at: datetime) -> None:
        """Apply a message to the customer or from the customer, the start of waiting, or the resolution."""
        if kind in (SlaEventKind.REPLIED, SlaEventKind.UPDATED):
            for clock in self._running:
                clock.meet(at)
            self._running.clear()
            self._answers.append(at)
            self._asked.clear()
            self._start(Metric.PERIODIC_UPDATE, at)
            self._pause_as_promised(at)
        elif kind is SlaEventKind.CUSTOMER_REPLIED:
            self._is_waiting = False
            self._asked.append(at)
            self._pause_as_promised(at)
            # The first reply also answers messages before it. After it, the oldest message without an answer counts.
            if all(clock.metric is Metric.PERIODIC_UPDATE for clock in self._running):
                self._start(Metric.NEXT_REPLY, at)
        elif kind is SlaEventKind.WAITING:
            self._is_waiting = True
            self._pause_as_promised(at)
        else:
            self._close(at)

    def _after_the_end(self, event: SlaEvent) -> None:
        """Apply an event after the resolution. A reply or update at the same instant counts as one before it."""
        if event.at != self._resolved_at or event.kind not in (SlaEventKind.REPLIED, SlaEventKind.UPDATED):
            self._leave_out(event, "the ticket was resolved")
            return
        self._running, self._stopped = self._stopped, []
        self._talk(event.kind, event.at)
        self._close(event.at)

    def _reopen(self, event: SlaEvent) -> None:
        """Start a new first-reply clock, as at the opening."""
        if not self._is_resolved:
            self._leave_out(event, "the ticket was not resolved")
            return
        self._is_resolved = False
        self._agree(event)
        self._start(Metric.FIRST_REPLY, event.at)

    def _leave_out(self, event: SlaEvent, why: str) -> None:
        if event.kind is not SlaEventKind.JUDGED:
            self.notes.append(f"{self._name(event)}: {why}, so no clock changes.")

    def _name(self, event: SlaEvent) -> str:
        return _name(event, self._terms.policy.zone)

    def _agree(self, event: SlaEvent) -> None:
        """Take over an event's impact and terms. If the new policy promises nothing for them, keep the old promise."""
        self._impact = event.impact or self._impact
        terms = event.terms or self._terms
        promise = terms.promise(self._plan, self._impact)
        if promise is None:
            words = f"the policy in force promises {self._plan} nothing for {self._impact}; the old promise holds."
            self.notes.append(f"{self._name(event)}: {words}")
            return
        self._terms, self._promise, self._promised_for = terms, promise, self._impact

    def _start(self, metric: Metric, at: datetime) -> None:
        clock = RunningClock(metric, self._plan, at, self._terms, self._promised_for, self._promise)
        self._running.append(clock)
        self._clocks.append(clock)

    def _change_promise(self, clock: RunningClock, at: datetime) -> None:
        """Give a clock the targets of the promise in force. A clock of a duplicate keeps the plan of the duplicate."""
        promise = self._promise
        if clock.plan != self._plan:
            promise = self._terms.promise(clock.plan, self._promised_for) or promise
        clock.change_promise(self._terms, self._promised_for, promise, at)

    def _absorb(self, event: SlaEvent) -> None:
        """Continue the clocks of a duplicate beside this ticket's own clocks.

        If a reply on this ticket is later than the start of such a clock, the reply has met the clock.
        """
        for each in event.carried:
            clock = RunningClock.taken_over(each)
            self._clocks.append(clock)
            answered_at = next((at for at in self._answers if at >= clock.since), None)
            if answered_at is None:
                self._running.append(clock)
            else:
                clock.meet(answered_at)
        self._continue_asked(event)
        self._pause_as_promised(event.at)

    def _continue_asked(self, event: SlaEvent) -> None:
        """Start a next-reply clock for the customer's messages on the duplicate that have no reply here after them."""
        written = {at for each in event.carried for at in each.asked}
        open_still = sorted(at for at in written if not any(answer >= at for answer in self._answers))
        self._asked += open_still
        if open_still and all(clock.metric is Metric.PERIODIC_UPDATE for clock in self._running):
            self._start(Metric.NEXT_REPLY, open_still[0])

    def _pause_as_promised(self, at: datetime) -> None:
        is_paused = self._is_waiting and self._terms.pauses(self._promised_for)
        for clock in self._running:
            if clock.metric is not Metric.PERIODIC_UPDATE:
                continue
            if is_paused:
                clock.pause(at)
            else:
                clock.resume(at)

    def _close(self, at: datetime) -> None:
        for clock in self._running:
            clock.stop(at)
        self._asked.clear()
        self._stopped, self._running = self._running, []
        self._resolved_at, self._is_resolved, self._is_waiting = at, True, False

    def _move(self, event: SlaEvent) -> None:
        for clock in self._running:
            clock.move(event.at)
        self._running.clear()
        self._merged_into = event.into
        self._is_merged, self._is_resolved, self._is_waiting = True, True, False

    def carried(self) -> tuple[CarriedClock, ...]:
        """Return the running clocks, for the ticket into which this one is merged."""
        for clock in self._running:
            clock.note_breach(self._now)
        return tuple(replace(clock.carried(), asked=tuple(self._asked)) for clock in self._running)

    def state(self, now: datetime) -> SlaState:
        """Return the clocks and the ticket's state at `now` (aware UTC), which is not before the latest event."""
        return SlaState(
            at=now,
            plan=self._plan,
            impact=self._impact,
            clocks=tuple([clock.ended or clock.shown(now) for clock in self._clocks]),
            is_resolved=self._is_resolved,
            is_merged=self._is_merged,
            is_waiting=self._is_waiting,
            merged_into=self._merged_into,
            notes=tuple(self.notes),
        )
