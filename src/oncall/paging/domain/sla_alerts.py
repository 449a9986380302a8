"""Computes SLA alerts: a warning to the owner, a chase before a breach, and the report of a breach. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from oncall.paging.domain.escalation import wakes_people
from oncall.paging.domain.events import Event, EventKind
from oncall.paging.domain.pager_events import AlertMark, Breached
from oncall.paging.domain.people import DESK, first_responder
from oncall.paging.domain.situation import Situation
from oncall.paging.domain.ticket import TicketStatus
from oncall.paging.domain.ticket_state import TicketState
from oncall.paging.domain.verdict import Action
from oncall.support.clocks import SlaClock, SlaState
from oncall.support.policy import Metric, Policy
from oncall.support.wording import full_time

MARGIN = timedelta(minutes=5)
"""A chase starts early enough for its last step to fire this long before the breach, if time allows."""

METRIC_WORDS = {
    Metric.FIRST_REPLY: "first reply",
    Metric.NEXT_REPLY: "next reply",
    Metric.PERIODIC_UPDATE: "update",
}


ComingAlert = tuple[datetime, EventKind, SlaClock]
"""An alert that has not been given yet: when it is due, its kind, and its clock."""


@dataclass(frozen=True, slots=True)
class SlaAlert:
    """One due alert about `clock`. kind: WARNED, CHASED or BREACHED. at: when the alert became due.

    to: the person who gets the notice. None if there is nobody to notify, and for a chase, which pages through
    escalation steps.
    """

    kind: EventKind
    clock: SlaClock
    at: datetime
    to: str | None
    why: str


def mark_of(kind: EventKind, clock: SlaClock) -> AlertMark:
    """Return the mark that identifies an alert.

    A clock has only one breach, but one warning and one chase for each deadline.
    """
    return AlertMark(kind, clock.metric, clock.since, None if kind is EventKind.BREACHED else clock.due_at)


def coming_alerts(state: TicketState, clocks: SlaState, policy: Policy) -> list[ComingAlert]:
    """Return the SLA alerts of a ticket that were not given yet, those that are due and those that come later."""
    return list(_alerts(state, clocks, policy))


def due_alert(coming: Iterable[ComingAlert], state: TicketState, situation: Situation) -> SlaAlert | None:
    """Return the earliest SLA alert that is due in this situation; None if none is due. coming: see `coming_alerts`."""
    due = [each for each in coming if each[0] <= situation.now]
    if not due:
        return None
    # A person who is paged for this clock at the same instant needs no warning.
    chased = [clock for _, kind, clock in due if kind is EventKind.CHASED]
    due = [each for each in due if each[1] is not EventKind.WARNED or each[2] not in chased]
    at, kind, clock = min(due, key=lambda each: (each[0], _ORDER[each[1]]))
    return SlaAlert(kind, clock, at, _told(kind, state, situation), _why(kind, clock, state, situation.policy))


def next_alert_at(coming: Iterable[ComingAlert]) -> datetime | None:
    """Return when (policy time, aware UTC) the next SLA alert is due; None if `coming` is empty."""
    return min((at for at, _, _ in coming), default=None)


def chase_at(clock: SlaClock, policy: Policy, *, taken_at: datetime | None = None) -> datetime | None:
    """Return when the chase of an owned ticket starts: early enough for its last step to fire before the breach.

    The chase never starts in the first half of the time that is left after the warning or after `taken_at` (aware UTC),
    so that an engineer who takes a ticket late has time to answer. None if the clock has no due time or no warning.
    """
    if clock.due_at is None or clock.warn_at is None:
        return None
    chain = max(step.delay(clock.target.within) for step in policy.escalation.steps) + MARGIN
    start = max(clock.warn_at, taken_at or clock.warn_at)
    middle = start + (clock.due_at - start) / 2
    return max(clock.due_at - chain, middle.replace(microsecond=0))


_ORDER = {EventKind.BREACHED: 0, EventKind.CHASED: 1, EventKind.WARNED: 2}


def _alerts(state: TicketState, clocks: SlaState, policy: Policy) -> Iterator[ComingAlert]:
    """Yield the SLA alerts that were not given yet, clock by clock."""
    pages = wakes_people(state.impact, policy)
    for clock in clocks.clocks:
        if clock.breached_at is None and not clock.is_running:
            # Most clocks of a long log: they ended in time.
            continue
        is_told = _is_given(EventKind.BREACHED, clock, state)
        if clock.breached_at is not None and pages and _is_breached_with_owner(state, clock):
            yield clock.breached_at, EventKind.CHASED, clock
        if is_told:
            continue
        if clock.breached_at is not None:
            yield clock.breached_at, EventKind.BREACHED, clock
        elif clock.is_running and clock.due_at is not None:
            yield clock.due_at, EventKind.BREACHED, clock
            yield from _before_the_breach(state, clock, policy, pages)


def _before_the_breach(state: TicketState, clock: SlaClock, policy: Policy, pages: bool) -> Iterator[ComingAlert]:
    """Yield the warning and the chase of a running clock, unless they were given.

    A ticket without an owner gets neither while its escalation runs, because people are paged anyway. A ticket at the
    desk that pages nobody gets the warning. pages: True if the ticket's impact pages people outside business hours.
    """
    has_owner = _has_owner(state)
    if clock.warn_at is None or not (has_owner or (state.action is Action.DESK and not pages)):
        return
    is_chased = _is_given(EventKind.CHASED, clock, state)
    if not is_chased and not _is_given(EventKind.WARNED, clock, state):
        yield clock.warn_at, EventKind.WARNED, clock
    if has_owner and pages and not is_chased:
        at = chase_at(clock, policy, taken_at=state.taken_at)
        if at is not None:
            yield at, EventKind.CHASED, clock


def _is_given(kind: EventKind, clock: SlaClock, state: TicketState) -> bool:
    # Most tickets have had no alert.
    return bool(state.alerts) and mark_of(kind, clock) in state.alerts


def _has_owner(state: TicketState) -> bool:
    """Return True if the ticket has an owner and no chase runs."""
    return state.owner is not None and state.status is not TicketStatus.RESOLVED and not state.escalates


def _is_breached_with_owner(state: TicketState, clock: SlaClock) -> bool:
    """Return True if an owned ticket is in breach and this clock has had no chase.

    That happens, for instance, after a change of impact.
    """
    if not clock.is_running or clock.breached_at is None or state.taken_at is None or not _has_owner(state):
        return False
    of_this_clock = (EventKind.CHASED, clock.metric, clock.since)
    return clock.breached_at >= state.taken_at and not any(mark[:3] == of_this_clock for mark in state.alerts)


def _told(kind: EventKind, state: TicketState, situation: Situation) -> str | None:
    schedule, now = situation.schedule, situation.now
    if kind is EventKind.CHASED:
        return None
    if kind is EventKind.BREACHED:
        manager = schedule.manager_at(now)
        return manager.id if manager is not None else None
    if state.owner is not None and state.owner in schedule.people:
        return state.owner
    if not wakes_people(state.impact, situation.policy):
        return DESK
    return first_responder(schedule, schedule.responders(now))


def _why(kind: EventKind, clock: SlaClock, state: TicketState, policy: Policy) -> str:
    what = METRIC_WORDS[clock.metric]
    assert clock.due_at is not None
    due = full_time(clock.due_at, policy.zone)
    if kind is EventKind.BREACHED:
        return f"the {what} was due {due}, and nothing was sent by then"
    if kind is EventKind.CHASED:
        return f"the {what} is due {due}, and {state.owner or 'nobody'} has not sent it: the escalation starts again"
    return f"the {what} is due {due}: {policy.escalation.warn_share:.0%} of its time is used up"


def withdrawn_words(breach: Breached, event: Event, zone: ZoneInfo) -> str:
    """Return the sentence that explains why `event`, which was recorded late, shows that `breach` did not happen."""
    assert breach.due_at is not None, "a clock without a due time is not breached"
    what, due = METRIC_WORDS[breach.metric], breach.due_at
    kind = event.kind.value.replace("_", " ")
    return f"the {what} due {full_time(due, zone)} was kept: {event.by} recorded {kind} at {full_time(event.at, zone)}"
