"""The SLA clocks of one ticket: a pure fold over its events, each judged by the promise in force at that time.

What starts, meets, pauses and stops each clock is told by docs/policy.md. Nothing is stored: the same events give the
same clocks years later, since each brings the terms under which it happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from oncall.support.clockvalues import (
    ClockState,
    SlaClock,
    SlaEvent,
    SlaEventKind,
    SlaState,
    Terms,
    next_due,
)
from oncall.support.policy import Metric, Promise
from oncall.support.runningclock import RunningClock

__all__ = ["ClockState", "SlaClock", "SlaEvent", "SlaEventKind", "SlaState", "Terms", "next_due", "sla"]


def sla(events: Sequence[SlaEvent], now: datetime) -> SlaState:
    """The clocks at `now` (aware UTC) of a ticket with these events, in the log's order. Later events do not count.

    A ticket to which the policy in force at its opening promises nothing has no clocks. Raises ValueError for a log
    without an opening, or whose opening does not say its plan, impact and terms.
    """
    opening = next((event for event in events if event.kind is SlaEventKind.OPENED), None)
    if opening is None:
        raise ValueError("a ticket's events begin with its opening, and there is none")
    if opening.plan is None or opening.terms is None or opening.impact is None:
        raise ValueError("an opening brings its plan, its impact and the terms in force")
    promise = opening.terms.promise(opening.plan, opening.impact)
    if promise is None:
        note = f"The policy in force promises {opening.plan} nothing for {opening.impact}: no clock runs."
        return SlaState(now, opening.plan, opening.impact, (), notes=(note,))
    fold = _Fold(now, opening.at, opening.plan, opening.impact, opening.terms, promise)
    for event in _in_order(events, opening, fold.notes):
        if event.at <= now:
            fold.take(event)
    return fold.state()


def _in_order(events: Sequence[SlaEvent], opening: SlaEvent, notes: list[str]) -> list[SlaEvent]:
    """What came after the opening, by its time; of one time, in the log's order; repeats left out."""
    seen: set[str] = set()
    rest: list[SlaEvent] = []
    latest = opening.at
    for event in events:
        if event.id is not None and event.id in seen:
            notes.append(f"{_name(event)} came twice with the id {event.id}; the second one is left out.")
            continue
        if event.id is not None:
            seen.add(event.id)
        if event is opening:
            continue
        if event.kind is SlaEventKind.OPENED:
            notes.append(f"{_name(event)} came after another opening and is left out.")
            continue
        if event.at < opening.at:
            # A clock that is a little slow puts a reply before its ticket.
            notes.append(f"{_name(event)} lies before the opening and counts as at it.")
            event = replace(event, at=opening.at)
        elif event.at < latest:
            notes.append(f"{_name(event)} was logged after a later event and counts at its own time.")
        latest = max(latest, event.at)
        rest.append(event)
    return sorted(rest, key=lambda event: event.at)


def _name(event: SlaEvent) -> str:
    return f"{event.kind.value.replace('_', ' ')} of {event.at.isoformat()}"


class _Fold:
    """Takes a ticket's events one by one, in the order of their time."""

    def __init__(
        self, now: datetime, opened_at: datetime, plan: str, impact: str, terms: Terms, promise: Promise
    ) -> None:
        self.notes: list[str] = []
        self._now = now
        self._plan, self._impact = plan, impact
        self._terms, self._promise, self._promised_for = terms, promise, impact
        self._clocks: list[RunningClock] = []
        self._running: dict[Metric, RunningClock] = {}
        self._is_waiting = self._is_resolved = self._is_merged = False
        self._start(Metric.FIRST_REPLY, opened_at)

    def take(self, event: SlaEvent) -> None:
        """Let one event happen."""
        kind = event.kind
        if self._is_merged:
            self._leave_out(event, "the ticket was merged into another one")
        elif kind in (SlaEventKind.IMPACT_CHANGED, SlaEventKind.JUDGED):
            self._agree(event)
            for clock in self._running.values():
                clock.promise_anew(self._terms, self._promised_for, self._promise, event.at)
            self._pause_as_promised(event.at)
        elif kind is SlaEventKind.REOPENED:
            self._reopen(event)
        elif kind is SlaEventKind.MERGED:
            self._close(event.at)
            self._is_merged = True
        elif self._is_resolved:
            self._leave_out(event, "the ticket was resolved")
        else:
            self._talk(kind, event.at)

    def _talk(self, kind: SlaEventKind, at: datetime) -> None:
        """What is said to the customer and by them, and the end of it."""
        if kind in (SlaEventKind.REPLIED, SlaEventKind.UPDATED):
            self._end_all(at, is_met=True)
            self._start(Metric.PERIODIC_UPDATE, at)
            self._pause_as_promised(at)
        elif kind is SlaEventKind.CUSTOMER_REPLIED:
            self._is_waiting = False
            self._pause_as_promised(at)
            # What they write before the first reply is answered by that one; later the oldest message counts.
            if Metric.FIRST_REPLY not in self._running and Metric.NEXT_REPLY not in self._running:
                self._start(Metric.NEXT_REPLY, at)
        elif kind is SlaEventKind.WAITING:
            self._is_waiting = True
            self._pause_as_promised(at)
        else:
            self._close(at)

    def _reopen(self, event: SlaEvent) -> None:
        """The customer has to hear anew that somebody works on it: as at the opening."""
        if not self._is_resolved:
            self._leave_out(event, "the ticket was not resolved")
            return
        self._is_resolved = False
        self._agree(event)
        self._start(Metric.FIRST_REPLY, event.at)

    def _leave_out(self, event: SlaEvent, why: str) -> None:
        if event.kind is not SlaEventKind.JUDGED:
            self.notes.append(f"{_name(event)}: {why}, so no clock changes.")

    def _agree(self, event: SlaEvent) -> None:
        """Take over an event's impact and terms; under terms that promise this plan nothing the old promise holds."""
        self._impact = event.impact or self._impact
        terms = event.terms or self._terms
        promise = terms.promise(self._plan, self._impact)
        if promise is None:
            words = f"the policy in force promises {self._plan} nothing for {self._impact}; the old promise holds."
            self.notes.append(f"{_name(event)}: {words}")
            return
        self._terms, self._promise, self._promised_for = terms, promise, self._impact

    def _start(self, metric: Metric, at: datetime) -> None:
        clock = RunningClock(metric, self._plan, at, self._terms, self._promised_for, self._promise)
        self._running[metric] = clock
        self._clocks.append(clock)

    def _pause_as_promised(self, at: datetime) -> None:
        clock = self._running.get(Metric.PERIODIC_UPDATE)
        if clock is None:
            return
        if self._is_waiting and self._terms.pauses(self._promised_for):
            clock.pause(at)
        else:
            clock.resume(at)

    def _end_all(self, at: datetime, *, is_met: bool) -> None:
        for clock in self._running.values():
            clock.end(at, is_met=is_met)
        self._running.clear()

    def _close(self, at: datetime) -> None:
        self._end_all(at, is_met=False)
        self._is_resolved, self._is_waiting = True, False

    def state(self) -> SlaState:
        """What has been taken in, as of now."""
        return SlaState(
            at=self._now,
            plan=self._plan,
            impact=self._impact,
            clocks=tuple(clock.ended or clock.shown(self._now) for clock in self._clocks),
            is_resolved=self._is_resolved,
            is_merged=self._is_merged,
            is_waiting=self._is_waiting,
            notes=tuple(self.notes),
        )
