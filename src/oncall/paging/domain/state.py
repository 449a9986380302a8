"""Computes the state of a ticket from its event log, event by event. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from oncall.paging.domain.escalation import Position
from oncall.paging.domain.events import (
    Acknowledged,
    Event,
    EventKind,
    ImpactChanged,
    Merged,
    Passed,
    Received,
    Reopened,
    Replied,
    Resolved,
    Unreadable,
    UnreadableLog,
    Updated,
    Waiting,
)
from oncall.paging.domain.pager_events import (
    Absorbed,
    Breached,
    Chased,
    Judged,
    StepFailed,
    StepFired,
    StepRerouted,
    StepSkipped,
    Warned,
    Withdrawn,
)
from oncall.paging.domain.step_changes import step_failed, step_fired, step_rerouted, step_skipped
from oncall.paging.domain.ticket import Ticket, TicketStatus
from oncall.paging.domain.ticket_state import Chase, TicketState
from oncall.paging.domain.verdict import Action
from oncall.support.changed_row import changed

NAMED = "named"
"""`StepFired.notify` of a page to a person to whom the ticket was passed by name."""
AFTER_THE_BREACH = timedelta(hours=1)
"""The time within which the steps of a chase fire if the breach has already happened."""


def fold(ticket: Ticket, events: Iterable[Event]) -> TicketState:
    """Return the state of a ticket after the events of its log, given in the order of the log."""
    return after_all(TicketState(plan=ticket.plan, impact=ticket.impact), events)


def after_all(state: TicketState, events: Iterable[Event]) -> TicketState:
    """Return the state after more events, given in the order of the log."""
    for event in events:
        state = after(state, event)
    return state


def after(state: TicketState, event: Event) -> TicketState:
    """Return the state after one more event. Raises UnreadableLog if the event matters and cannot be read."""
    change = _CHANGES.get(type(event))
    return change(state, event) if change is not None else state


def _judged(state: TicketState, event: Judged) -> TicketState:
    verdict = event.verdict
    if state.status is not TicketStatus.OPEN:
        # An engineer has the ticket: a later pass continues the escalation where it stopped.
        return changed(state, first_reply_due=verdict.first_reply_due)
    # A running escalation continues: new verdicts must not delay it again and again.
    goes_on = verdict.action is state.action and verdict.action is not Action.HOLD and state.position is not None
    begins = Position(0, 0, event.at, event.at)
    return changed(
        state if goes_on else _from_the_first_round(state),
        action=verdict.action,
        hold_until=verdict.hold_until,
        first_reply_due=verdict.first_reply_due,
        position=state.position if goes_on else None if verdict.action is Action.HOLD else begins,
    )


def _from_the_first_round(state: TicketState) -> TicketState:
    """Return the state without the values that depend on round numbers, because the rounds start at 0 again."""
    return changed(
        state,
        last_to=None,
        alive=(),
        passed=frozenset(),
        passed_from=frozenset(),
        pass_to=None,
        dead=frozenset(),
        called=frozenset(),
    )


def _received(state: TicketState, event: Received) -> TicketState:
    return changed(state, opened_at=event.at)


def _acknowledged(state: TicketState, event: Acknowledged) -> TicketState:
    is_taken_over = event.taken_from is not None and state.status is TicketStatus.ACKNOWLEDGED
    if state.status is not TicketStatus.OPEN and not is_taken_over:
        return state
    return _taken(state, event.by, event.at)


def _replied(state: TicketState, event: Replied | Updated) -> TicketState:
    """Make the author of a reply or update the owner of an open ticket. A chased ticket keeps its owner.

    A reply that a program reported takes a ticket only from the desk, never from people who are or will be paged.
    """
    is_of_before = state.opened_at is not None and event.at < state.opened_at and state.is_reopened
    if state.status is not TicketStatus.OPEN or is_of_before:
        return state
    is_at_desk = state.action is Action.DESK and not state.paged
    if not event.takes_ticket and state.owner is None and not is_at_desk:
        return state
    return _taken(state, state.owner or event.by, event.at)


def _waiting(state: TicketState, event: Waiting) -> TicketState:
    """End a chase: the ticket waits for the customer now."""
    return _back_to_owner(state) if state.is_chased else state


def _taken(state: TicketState, owner: str, at: datetime) -> TicketState:
    taken_at = state.taken_at if owner == state.owner else at
    return changed(state, status=TicketStatus.ACKNOWLEDGED, owner=owner, taken_at=taken_at or at, chase=None)


def _back_to_owner(state: TicketState) -> TicketState:
    return changed(state, status=TicketStatus.ACKNOWLEDGED, position=None, chase=None)


def held_by(state: TicketState, event: Passed) -> str | None:
    """Return the id of the person who had the ticket before it was passed on: its owner, or else the last person paged.

    None if the ticket has no owner and the person who passed it on was paged for it, too.
    """
    return state.owner or (state.last_to if event.by not in state.paged else None)


def _passed(state: TicketState, event: Passed) -> TicketState:
    if state.status is TicketStatus.RESOLVED:
        return state
    # A pass sends a held ticket, or one that stayed at the desk, to the engineers.
    action = Action.PAGE if state.position is None else state.action
    position = state.position or Position(0, 0, event.at, event.at)
    holder = held_by(state, event)
    passed_from = {(position.round, holder)} if holder is not None and holder != event.by else set()
    return changed(
        state,
        status=TicketStatus.OPEN,
        owner=None,
        taken_at=None,
        action=action,
        chase=None,
        # A round that starts early starts now, so that the next round keeps its distance.
        position=changed(position, due_at=event.at, round_began_at=min(position.round_began_at, event.at)),
        passed=state.passed | {(position.round, event.by)},
        passed_from=state.passed_from | passed_from,
        pass_to=event.to,
    )


def _resolved(state: TicketState, event: Resolved | Merged) -> TicketState:
    return changed(state, status=TicketStatus.RESOLVED, resolved_by=event.by, resolved_at=event.at)


def _alerted(state: TicketState, event: Warned | Chased | Breached) -> TicketState:
    return changed(state, alerts=state.alerts | {event.mark})


def _withdrawn(state: TicketState, event: Withdrawn) -> TicketState:
    """Remove a withdrawn breach from the alerts given, so that the pager can report the breach again."""
    return changed(state, alerts=state.alerts - {event.mark})


def _absorbed(state: TicketState, event: Absorbed) -> TicketState:
    """Add the alerts that were given on a duplicate, so that none is given twice."""
    due = event.first_reply_due or state.first_reply_due
    return changed(state, alerts=state.alerts | event.alerts, first_reply_due=due)


def _chased(state: TicketState, event: Chased) -> TicketState:
    """Start a chase: the ticket escalates again, in a round of its own."""
    assert event.due_at is not None, "a clock without a due time is not chased"
    state = _alerted(state, event)
    number = state.last_fired[0] + 1 if state.last_fired is not None else 1
    time_left = event.due_at - event.at
    return changed(
        state,
        status=TicketStatus.OPEN,
        action=Action.PAGE,
        position=Position(number, 0, event.at, event.at),
        chase=Chase(number, time_left if time_left > timedelta(0) else AFTER_THE_BREACH),
    )


def _merged(state: TicketState, event: Merged) -> TicketState:
    return changed(_resolved(state, event), merged_into=event.into)


def _reopened(state: TicketState, event: Reopened) -> TicketState:
    if event.was_open:
        return state
    return changed(
        _from_the_first_round(state),
        status=TicketStatus.OPEN,
        owner=None,
        taken_at=None,
        opened_at=event.at,
        is_reopened=True,
        resolved_by=None,
        action=None,
        position=None,
        last_fired=None,
        chase=None,
    )


def _impact_changed(state: TicketState, event: ImpactChanged) -> TicketState:
    """End the chase of the old target. If the new target is also close to its breach, another chase starts."""
    state = changed(state, impact=event.impact)
    if not state.is_chased:
        return state
    others = frozenset(mark for mark in state.alerts if mark.kind is not EventKind.CHASED)
    return changed(_back_to_owner(state), alerts=others)


_WITHOUT_EFFECT = frozenset(
    {
        EventKind.CUSTOMER_REPLIED,
        EventKind.NOTED,
        EventKind.STEP_RESENT,
        EventKind.PAGE_WAITS,
        EventKind.PAGE_BUNDLED,
        EventKind.HANDED_OVER,
    }
)
"""Kinds of event that do not change a ticket's state."""


def _unreadable(state: TicketState, event: Unreadable) -> TicketState:
    if event.kind not in _WITHOUT_EFFECT:
        raise UnreadableLog(f"{event.ticket}: an event of kind {event.kind.value} cannot be read")
    return state


# Each function takes the events of its own key, which a dict cannot say.
_CHANGES: dict[type[Event], Callable[[TicketState, Any], TicketState]] = {
    Received: _received,
    Judged: _judged,
    StepFired: step_fired,
    StepSkipped: step_skipped,
    StepFailed: step_failed,
    StepRerouted: step_rerouted,
    Acknowledged: _acknowledged,
    Replied: _replied,
    Updated: _replied,
    Waiting: _waiting,
    Passed: _passed,
    Resolved: _resolved,
    Merged: _merged,
    Warned: _alerted,
    Breached: _alerted,
    Withdrawn: _withdrawn,
    Absorbed: _absorbed,
    Chased: _chased,
    Reopened: _reopened,
    ImpactChanged: _impact_changed,
    Unreadable: _unreadable,
}
